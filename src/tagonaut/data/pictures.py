"""Picture files below a folder, found by the names that tables give them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Self

from tagonaut.data.text import read_text
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

    def __init__(self, paths: Iterable[Path]) -> None:
        # One path, or a list of those of one stem: a list for each would take more room than all
        # the paths.
        self._by_stem: dict[str, Path | list[Path]] = {}
        for path in paths:
            stem = path.stem.casefold()
            before = self._by_stem.setdefault(stem, path)
            if isinstance(before, list):
                before.append(path)
            elif before is not path:
                self._by_stem[stem] = [before, path]

    @classmethod
    def of(cls, place: Path) -> Self:
        """The pictures below a folder, or those of a text file with a path a line."""
        return cls(find_pictures(place) if place.is_dir() else _listed(place))

    def all(self) -> Iterator[Path]:
        """Every picture."""
        for found in self._by_stem.values():
            yield from found if isinstance(found, list) else [found]

    def find(self, name: str) -> Sequence[Path]:
        """The files that the name can mean: several only if it does not say which."""
        wanted = PurePosixPath(name.replace("\\", "/"))
        named = wanted.suffix.lower() in SUFFIXES
        kept = self._by_stem.get((wanted.stem if named else wanted.name).casefold(), [])
        found = kept if isinstance(kept, list) else [kept]
        if named:
            found = [path for path in found if path.name.casefold() == wanted.name.casefold()]
        if len(wanted.parts) > 1:
            found = [path for path in found if _below(path, wanted)]
        exact = [path for path in found if wanted.name in {path.name, path.stem}]
        return exact or found


def _listed(file: Path) -> list[Path]:
    if not file.is_file():
        raise TagonautError(f"{file}: there is no such folder or list of pictures")
    lines = [line.strip() for line in read_text(file).splitlines()]
    paths = [file.parent / line for line in lines if line]
    if not any(is_picture(path) for path in paths):
        raise DataError(f"{file}: no line is the path of a picture")
    return paths


def _below(path: Path, wanted: PurePosixPath) -> bool:
    folders = path.absolute().parts[:-1]
    named = tuple(part for part in wanted.parts[:-1] if part not in {".", "/"})
    return folders[len(folders) - len(named) :] == named
