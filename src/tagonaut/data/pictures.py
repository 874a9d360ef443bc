"""Finds picture files: below a folder, and by the names that tables have for them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tagonaut.data.ignoring import IGNORE_FILE, Rules, read_ignore_file
from tagonaut.data.passed_over import EXCLUDED, EXCLUDED_FOLDERS, PassedOver
from tagonaut.data.picture_names import PictureNames
from tagonaut.data.text import read_text
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.pixels.decode import is_picture


def find_pictures(folder: Path, passed: PassedOver | None = None) -> Iterator[Path]:
    """Every picture file below ``folder``, in sorted order; links to folders are not followed.

    The default patterns and the ignore files in the folders hold (see ``data.ignoring``); what they
    exclude is counted in ``passed``. Raises ``TagonautError`` for a folder that is not there, and
    an ignore file that cannot be used.
    """
    if not folder.is_dir():
        raise TagonautError(f"{folder}: folder not found")
    passed = passed or PassedOver()
    rules_of = {os.fspath(folder): Rules()}
    for parent, folders, files in os.walk(folder):
        relative = Path(parent).relative_to(folder).as_posix()
        above = "" if relative == "." else f"{relative}/"
        rules = rules_of.pop(parent)
        if IGNORE_FILE in files:
            try:
                rules = rules.below(above, read_ignore_file(parent))
            except PictureError as error:
                raise TagonautError(f"{parent}: {error}") from None
        kept = []
        for name in sorted(name for name in folders if not name.startswith(".")):
            if rules.excludes(f"{above}{name}/"):
                passed.add(EXCLUDED_FOLDERS, name)
            else:
                kept.append(name)
        folders[:] = kept
        rules_of.update((os.path.join(parent, name), rules) for name in folders)  # noqa: PTH118
        for name in sorted(files):
            path = Path(parent, name)
            if is_picture(path) and not name.startswith("."):
                if rules.excludes(above + name):
                    passed.add_file(EXCLUDED, name)
                else:
                    yield path


@dataclass(frozen=True)
class GivenPictures:
    """n picture files and a name for each, which no other has; ``notes``: a line each."""

    names: tuple[str, ...]
    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def given_pictures(given: Sequence[Path]) -> GivenPictures:
    """The picture files in a list of files and folders.

    Their names are relative paths: to the folder if one is given, else to the deepest folder that
    holds all that is given, so that ``one/1.jpg`` and ``two/1.jpg`` differ. A picture that is given
    twice, also as part of a folder, is taken once, and a note says so. Raises ``TagonautError``
    for a path that is not there.
    """
    paths: dict[str, Path] = {}
    repeated = 0
    passed = PassedOver()
    for place in given:
        if not place.is_dir() and not place.exists():
            raise TagonautError(f"{place}: file or folder not found")
        for path in find_pictures(place, passed) if place.is_dir() else [place]:
            absolute = os.path.abspath(path)  # noqa: PTH100
            repeated += absolute in paths
            paths.setdefault(absolute, path)
    folders = [os.path.abspath(place if place.is_dir() else place.parent) for place in given]  # noqa: PTH100
    root = Path(os.path.commonpath(folders))
    names = tuple(Path(path).relative_to(root).as_posix() for path in paths)
    note = f"{repeated:,} pictures are given more than once, and are read once"
    notes = (*((note,) if repeated else ()), *passed.lines())
    return GivenPictures(names, tuple(paths.values()), notes)


class PictureIndex:
    """Finds the file that a table means by a name, with or without folder and extension."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)
        # Absolute: a name may begin with folders above the one in which the pictures are.
        self._names = PictureNames([str(path.absolute()) for path in self.paths])

    @classmethod
    def of(cls, place: Path) -> Self:
        """The pictures below a folder, or those of a text file with one path per line."""
        return cls(find_pictures(place) if place.is_dir() else _listed(place))

    def find(self, name: str) -> list[Path]:
        """The files that the name can mean: several only if it does not say which."""
        return [self.paths[row] for row in self._names.find(name)]


def _listed(file: Path) -> list[Path]:
    if not file.is_file():
        raise TagonautError(f"{file}: folder, or list of pictures, not found")
    lines = [line.strip() for line in read_text(file).splitlines()]
    paths = [file.parent / line for line in lines if line]
    if not any(is_picture(path) for path in paths):
        raise DataError(f"{file}: no line is the path of a picture file")
    return paths
