"""Patterns that leave files and folders out of a walk, in the notation of gitignore.

https://git-scm.com/docs/gitignore. A file ``.tagonautignore`` holds for its folder and all below.
Whoever made the folder may have written it: its size, its patterns and their number have limits,
and a pattern takes time in proportion to the path that it is compared with.
"""

import codecs
import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from stat import S_ISREG
from typing import Literal

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from tagonaut.errors import PictureError, TagonautError

IGNORE_FILE = ".tagonautignore"

MOST_BYTES = 64 << 10
MOST_PATTERNS = 1000
"""In all files that hold for one folder."""
MOST_LENGTH = 500

# What disk stations, systems and programs leave among photos: previews, caches, waste bins and
# libraries whose inside is a program's own.
DEFAULT_PATTERNS = (
    # Synology, QNAP, other disk stations and their snapshots
    *("@eaDir", "@tmp", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", ".@__thumb"),
    *(".@upload_cache", ".wd_tv", ".snapshot", ".snapshots", ".zfs", ".SynologyWorkingDirectory"),
    # waste bins
    *(".Trash*", ".trash*", "$RECYCLE.BIN", "$Recycle.Bin", "RECYCLER", ".dtrash", ".globalTrash"),
    *("lost+found", ".pending-*"),
    # macOS
    *("._*", "__MACOSX", ".AppleDouble", ".Spotlight-V100", ".fseventsd", ".TemporaryItems"),
    ".DocumentRevisions-V100",
    *("*.photoslibrary", "*.photolibrary", "*.migratedphotolibrary", "*.aplibrary"),
    # previews and settings of programs
    *("[Tt]humbs", ".thumbnails", ".thumbs", ".thumb", ".xvpics", "_vti_cnf", ".picasaoriginals"),
    *(
        "*.lrdata",
        "*.lrcat-data",
        "*.cocatalog",
        ".photoprism",
        ".comments",
        "System Volume Information",
    ),
    # programs that synchronise
    *(".stversions", ".stfolder", ".sync", ".dropbox.cache", ".tmp.drivedownload"),
)

Verdict = Literal["excluded", "kept"] | None
"""``kept``: a pattern that begins with ``!`` takes it in again; None: no pattern is about it."""


class _Pattern(GitIgnoreSpecPattern):
    """A pattern whose comparison never tries the same characters again and again."""

    __slots__ = ()

    @staticmethod
    def _translate_segment_glob(pattern: str, range_error: Literal["literal", "raise"]) -> str:
        # As fnmatch does: a star takes the least that lets the text up to the next star follow,
        # and keeps it. Between slashes nothing else yields this text.
        star = "[^/]*"
        found = GitIgnoreSpecPattern._translate_segment_glob(pattern, range_error)
        first, *others = found.split(star)
        if not others:
            return first
        *between, last = others
        return first + "".join(f"(?>[^/]*?{text})" for text in between if text) + star + last

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
        regex, include = super().pattern_to_regex(pattern)
        if regex is not None:
            # Names may hold ends of lines.
            regex = "(?s)" + regex.replace("|$)", r"|\Z)")
            # To git, ``folder/**`` is about what lies in the folder, not about itself.
            regex += "." * (pattern.rstrip().endswith("/**") and regex.endswith("/"))
        return regex, include


class Patterns:
    """Some patterns in their order, of which the last that fits a path decides."""

    def __init__(self, lines: Iterable[str], where: str = "") -> None:
        """``where`` begins the message of the ``TagonautError`` for what is no pattern."""
        self.lines = tuple(line for line in lines if line.strip() and not line.startswith("#"))
        for line in self.lines:
            try:
                _Pattern(line)
            except (GitIgnorePatternError, re.error) as error:
                reason = str(error).partition("\n")[0]
                raise TagonautError(f"{where}{line!r:.80} is no pattern ({reason:.80})") from None
        self._spec = GitIgnoreSpec.from_lines(
            self.lines, pattern_factory=_Pattern, backend="simple"
        )

    def verdict(self, path: str) -> Verdict:
        """The verdict on a relative path; that of a folder ends with a slash."""
        found = self._spec.check_file(path).include
        return None if found is None else "excluded" if found else "kept"


# One comparison, on the name alone, for what is asked of every file.
_DEFAULT_NAME = re.compile("|".join(map(fnmatch.translate, DEFAULT_PATTERNS)))


@dataclass(frozen=True)
class Rules:
    """The patterns that hold in one folder of a walk.

    ``exclude`` and ``only`` are those of the command. ``files`` are those of the ignore files from
    the root to the folder, each with the path of its folder, which ends with a slash.
    """

    exclude: Patterns | None = None
    only: Patterns | None = None
    files: tuple[tuple[str, Patterns], ...] = ()

    @classmethod
    def of(cls, exclude: Sequence[str] = (), only: Sequence[str] = ()) -> "Rules":
        """Raise ``TagonautError`` for what is no pattern."""
        return cls(
            Patterns(exclude, "--exclude: ") if exclude else None,
            Patterns(only, "--only: ") if only else None,
        )

    def below(self, folder: str, lines: Sequence[str]) -> "Rules":
        """The rules in a folder that has an ignore file of these lines.

        Raises ``PictureError`` for a file beyond the limits.
        """
        patterns = _checked(lines)
        if sum(len(one.lines) for _, one in self.files) + len(patterns.lines) > MOST_PATTERNS:
            raise PictureError(
                f"its .tagonautignore and those above hold more than {MOST_PATTERNS:,} patterns"
            )
        return Rules(self.exclude, self.only, (*self.files, (folder, patterns)))

    def excludes(self, path: str) -> bool:
        """Whether a path is left out; the path of a folder ends with a slash.

        The command's patterns come before those of the files, those of the nearest file before
        those above it, and all before the default ones.
        """
        verdict = None if self.exclude is None else self.exclude.verdict(path)
        for folder, patterns in reversed(self.files):
            verdict = verdict or patterns.verdict(path.removeprefix(folder))
        if verdict is None:
            name = path.rstrip("/").rpartition("/")[2]
            verdict = "excluded" if _DEFAULT_NAME.match(name) else None
        return verdict == "excluded"

    def takes(self, path: str) -> bool:
        """Whether the command's own patterns take a file, whatever the folders' files say."""
        verdict = None if self.exclude is None else self.exclude.verdict(path)
        return verdict != "excluded" and self.chooses(path)

    def chooses(self, path: str) -> bool:
        """Whether ``only``, if there is any, takes a file."""
        return self.only is None or self.only.verdict(path) == "excluded"


def read_ignore_file(folder: str | os.PathLike[str]) -> list[str]:
    """The lines of a folder's ignore file. Raises ``PictureError`` if it cannot be used."""
    path = os.path.join(folder, IGNORE_FILE)  # noqa: PTH118
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags)
        with open(handle, "rb") as file:  # noqa: PTH123
            if not S_ISREG(os.fstat(handle).st_mode):
                raise PictureError("its .tagonautignore is not a plain file")
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PictureError(f"its .tagonautignore cannot be read ({error.strerror})") from None
    return lines_of(data)


def lines_of(data: bytes) -> list[str]:
    """The lines in the bytes of an ignore file. Raises ``PictureError`` for what is none."""
    if len(data) > MOST_BYTES:
        raise PictureError(f"its .tagonautignore is larger than {MOST_BYTES >> 10} KiB")
    if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        text = data.decode("utf-16", "replace")
    else:
        # As file names are read, so that any name can be written down.
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    if "\0" in text:
        raise PictureError("its .tagonautignore is not text")
    return [line.rstrip("\r") for line in text.split("\n")]


def _checked(lines: Sequence[str]) -> Patterns:
    for line in lines:
        if len(line) > MOST_LENGTH:
            raise PictureError(
                f"its .tagonautignore has a pattern of more than {MOST_LENGTH} characters"
            )
        # Two of them can take the square of the length of a path.
        if len(re.findall(r"(?:^|/)!?\*\*(?=/.)", line)) > 1:
            raise PictureError(f"its .tagonautignore has a pattern with ** twice: {line!r:.80}")
    try:
        return Patterns(lines, "its .tagonautignore: ")
    except TagonautError as error:
        raise PictureError(str(error)) from None
