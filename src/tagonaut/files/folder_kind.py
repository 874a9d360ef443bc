"""The kinds of folders that commands leave, and how one is told from anybody else's."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tagonaut.files.reading import open_regular, parse_json, read_bytes
from tagonaut.limits import HEADER_SHARE, MEMORY

# Nobody's work: what a kill of ours left, and what file managers leave.
_LITTER = (".tagonaut-*", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class FolderKind:
    """The folders that a command leaves, called ``name`` in messages.

    Each has the file ``mark``, which ``is_genuine`` tells from a file of another program that is
    called the same. ``files``: patterns of the names of all files that commands leave in it. Those
    ``own`` are replaced in the folder, and all others stay; None: it is replaced as a whole, if
    nothing else is in it.
    """

    name: str
    mark: str
    is_genuine: Callable[[Path], bool]
    files: Collection[str] = ()
    own: Collection[str] | None = None

    def is_marked(self, folder: Path) -> bool:
        """Whether a command left the folder."""
        file = folder / self.mark
        return file.is_file() and self.is_genuine(file)

    def foreign(self, folder: Path) -> list[str]:
        """The names in the folder that no command gave: other files, folders, and links."""
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if not _fits(entry.name, _LITTER)
                and not (entry.is_file(follow_symlinks=False) and _fits(entry.name, self.files))
            )


def _fits(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def json_with(*keys: str) -> Callable[[Path], bool]:
    """Whether a file is one JSON object with these keys."""

    def is_genuine(file: Path) -> bool:
        try:
            found = parse_json(read_bytes(file))
        except (OSError, ValueError):
            return False
        return isinstance(found, dict) and found.keys() >= set(keys)

    return is_genuine


def tensors_with(key: str) -> Callable[[Path], bool]:
    """Whether a file is one of safetensors whose metadata have this key."""

    def is_genuine(file: Path) -> bool:
        try:
            with open_regular(file) as opened:
                length = int.from_bytes(opened.read(8), "little")
                fits = length <= MEMORY.value // HEADER_SHARE
                header = parse_json(opened.read(length)) if fits else {}
        except (OSError, ValueError):
            return False
        words = header.get("__metadata__") if isinstance(header, dict) else None
        return isinstance(words, dict) and key in words

    return is_genuine
