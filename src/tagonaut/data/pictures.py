"""Picture files below a folder, found by the names that tables give them."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tagonaut.errors import DataError, TagonautError
from tagonaut.pixels.decode import SUFFIXES, is_picture


def find_pictures(folder: Path) -> Iterator[Path]:
    """Every picture file below ``folder``, in sorted order; links to folders are not followed."""
    if not folder.is_dir():
        raise TagonautError(f"{folder}: there is no such folder of pictures")
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if is_picture(path) and not name.startswith("."):
                yield path


class PictureIndex:
    """Finds the file that a table means by a name, with or without folder and extension."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in find_pictures(folder):
            self._by_name[path.name.casefold()].append(path)
            self._by_stem[path.stem.casefold()].append(path)

    def __len__(self) -> int:
        return sum(map(len, self._by_name.values()))

    def find(self, name: str) -> Path | None:
        """The file, ``None`` if there is none; ``DataError`` if there are several of that name."""
        wanted = PurePosixPath(name.replace("\\", "/"))
        if wanted.suffix.lower() in SUFFIXES:
            found = self._by_name.get(wanted.name.casefold(), [])
        else:
            found = self._by_stem.get(wanted.name.casefold(), [])
        if len(wanted.parts) > 1:
            found = [path for path in found if self._below(path, wanted)]
        exact = [path for path in found if wanted.name in {path.name, path.stem}]
        found = exact or found
        if len(found) > 1:
            listed = ", ".join(str(path) for path in found)
            raise DataError(f"{name!r} is the name of {len(found)} files: {listed}")
        return found[0] if found else None

    def _below(self, path: Path, wanted: PurePosixPath) -> bool:
        folders = path.relative_to(self.folder).parts[:-1]
        named = [part for part in wanted.parts[:-1] if part not in {".", "/"}]
        return len(named) <= len(folders) and list(folders[len(folders) - len(named) :]) == named
