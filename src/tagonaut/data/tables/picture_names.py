"""Which pictures a name can mean, whether or not it has folders and an extension."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from tagonaut.pixels.decode import SUFFIXES


class _Place(NamedTuple):
    """A name of a picture among those of one stem; they are sorted by their ``folders``."""

    folders: tuple[str, ...]
    """The innermost first."""
    row: int
    file: str
    """Its last part, without case; empty where it has no extension."""


class PictureNames:
    """Finds rows of pictures by what may be only a part of their names.

    Names meet where their stems are the same (case does not matter), and their extensions and
    folders as far as both have them. Finding takes as long as what is found is, also where a great
    many pictures of different folders have one stem.
    """

    def __init__(self, *names: Sequence[str]) -> None:
        self._exact: dict[str, dict[int, None]] = defaultdict(dict)
        self._by_stem: dict[str, list[_Place]] = defaultdict(list)
        for kind in names:
            for row, name in enumerate(kind):
                path = _path(name)
                self._exact[str(path)][row] = None
                self._by_stem[_stem(path)].append(_Place(_folders(path), row, _file(path)))
        for places in self._by_stem.values():
            places.sort()

    def find(self, name: str, *, any_extension: bool = False) -> list[int]:
        """The rows that the name can mean; those of just that name where there are any.

        With ``any_extension`` names meet too whose extensions are different.
        """
        wanted = _path(name)
        if exact := self._exact.get(str(wanted)):
            return list(exact)
        file = "" if any_extension else _file(wanted)
        met = self._meeting(wanted)
        return sorted({place.row for place in met if not file or place.file in ("", file)})

    def _meeting(self, wanted: PurePosixPath) -> list[_Place]:
        """The names of its stem that have its folders, as far as both have any."""
        places, folders = self._by_stem.get(_stem(wanted), []), _folders(wanted)
        if not folders:
            return places
        found: list[_Place] = []
        for depth in range(len(folders)):
            found += _between(places, folders[:depth], (*folders[:depth], ""))
        # No text stands between one and the same text with a zero after it.
        found += _between(places, folders, (*folders[:-1], f"{folders[-1]}\0"))
        return found


def stem(name: str) -> str:
    """The name without folders, the extension of a picture, and case."""
    return _stem(_path(name))


def _between(
    places: Sequence[_Place], first: tuple[str, ...], end: tuple[str, ...]
) -> Sequence[_Place]:
    """Those whose folders are sorted from ``first`` on and before ``end``."""
    start = bisect_left(places, first, key=_key)
    return places[start : bisect_left(places, end, lo=start, key=_key)]


def _key(place: _Place) -> tuple[str, ...]:
    return place.folders


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _folders(path: PurePosixPath) -> tuple[str, ...]:
    return path.parts[-2::-1]


def _file(path: PurePosixPath) -> str:
    return path.name.casefold() if _has_extension(path) else ""


def _stem(path: PurePosixPath) -> str:
    # "train.7" is a name without extension.
    return (path.stem if _has_extension(path) else path.name).casefold()


def _has_extension(path: PurePosixPath) -> bool:
    return path.suffix.lower() in SUFFIXES
