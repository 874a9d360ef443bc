"""A small archive whose every photo is, after any fault, untouched or completely tagged."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_many
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import edit, leftovers
from tests.tagging.scorer import ByColour, colour, expected

COLOURS = (("red",), ("red", "green"), ("green", "blue"))
# Some are larger than a page of a file system, so that they can be cut off in the middle.
SIZES = (24, 150)


@cache
def drawn(number: int) -> tuple[bytes, tuple[str, ...]]:
    """A photo, and all the keywords that it has when it is tagged."""
    colours = COLOURS[number % len(COLOURS)]
    old = ("old",) if number % 4 == 0 else ()
    with tempfile.TemporaryDirectory() as folder:
        path = colour(Path(folder) / "x.jpg", *colours, size=SIZES[number // 2 % len(SIZES)])
        if old:
            edit(path, "-IPTC:Keywords=old", "-XMP-dc:Subject=old")
        return path.read_bytes(), (*old, *expected(*colours))


class Archive:
    """Photos in two sub-folders of ``root``, each fourth with a person's keywords on it."""

    def __init__(self, root: Path, count: int = 8) -> None:
        self.root = root
        self.before: dict[str, bytes] = {}
        self.tags: dict[str, tuple[str, ...]] = {}
        for number in range(count):
            name = f"sub{number % 2}/{number:02}.jpg"
            self.before[name], self.tags[name] = drawn(number % 12)
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(self.before[name])

    def complete(
        self, tool: ExifTool, root: Path | None = None, *, but: Iterable[str] = ()
    ) -> set[str]:
        """The names of the photos below ``root`` that are tagged; every other is as it was.

        ``but`` are photos that the test itself has changed. A photo that is not there counts as
        untouched where ``root`` is a folder of copies.
        """
        root = root or self.root
        names = [name for name in self.before if name not in but]
        there = [name for name in names if root == self.root or (root / name).exists()]
        changed = [name for name in there if (root / name).read_bytes() != self.before[name]]
        found = read_many(tool, [root / name for name in changed])
        with tempfile.TemporaryDirectory() as folder:
            for name, (path, keywords) in zip(changed, found, strict=True):
                assert not isinstance(keywords, Exception), (name, keywords)
                assert keywords.iptc == keywords.subject == self.tags[name], name
                original = Path(folder) / "original"
                original.write_bytes(self.before[name])
                check_pixels(original, path)
        return set(changed)

    def is_finished(
        self, tool: ExifTool, journal: Path, root: Path | None = None, *, but: Iterable[str] = ()
    ) -> None:
        """All photos are tagged, the journal says so, and nothing is left lying about."""
        root = root or self.root
        assert self.complete(tool, root, but=but) == self.before.keys() - set(but)
        agrees(journal, root, self.before)
        assert leftovers(root) == []

    def finish(self, tool: ExifTool, **named: object) -> Summary:
        """The next run, without a fault: it does what is left, and the one after it nothing."""
        named = named or {"in_place": True}
        summary = tag_folder(ByColour(), self.root, TagOptions(**named))
        assert summary.failures == []
        self.is_finished(tool, summary.journal, named.get("to"))
        again = tag_folder(ByColour(), self.root, TagOptions(**named))
        assert (again.written, again.failed) == (0, 0)
        return summary


def agrees(journal: Path, root: Path, before: dict[str, bytes]) -> None:
    """What the journal says of each photo is what is there.

    A photo that is not as it was has a write, under way or done, that left just these bytes, be it
    one that takes tags back. The journal never says done of a write that is not there.
    """
    with tempfile.TemporaryDirectory() as folder:
        # A killed run may have left a transaction open: look at a copy.
        for file in journal.parent.glob(journal.name + "*"):
            shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / journal.name)) as database:
            # A run that was cut off while it made the journal has written nothing else.
            tables = database.execute("SELECT name FROM sqlite_master").fetchall()
            rows = database.execute(
                "SELECT path, state, digest_after, run FROM writes ORDER BY number"
                if tables
                else "SELECT 1 WHERE 0"
            ).fetchall()
            (sound,) = database.execute("PRAGMA integrity_check").fetchone()
    assert sound == "ok"
    of: dict[str, list[tuple[str, str, str | None]]] = {}
    for path, *write in rows:
        of.setdefault(path.decode(), []).append(tuple(write))
    for name, content in before.items():
        writes = of.get(name, [])
        in_force = [after for state, after, run in writes if state == "done" and run is not None]
        under_way = {after for state, after, _ in writes if state == "writing"}
        there = (root / name).exists()
        now = (root / name).read_bytes() if there else b""
        digest = sha256(now).hexdigest() if there else ""
        told = not in_force or in_force[-1] == digest or digest in under_way
        assert told, f"{name} is not as journalled"
        if now not in {content, b""}:
            known = {*under_way, *(after for state, after, _ in writes if state == "done")}
            assert digest in known, f"{name} was written without the journal"
