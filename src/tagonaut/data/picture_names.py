"""Finds the pictures that a name can mean, whether or not it has folders and an extension."""

import os
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tagonaut.data.text import printable
from tagonaut.pixels.decode import SUFFIXES

_SHOWN = 3


class _Place(NamedTuple):
    """One name of a picture. The names of one stem are sorted by their ``folders``."""

    folders: tuple[str, ...]
    """The innermost first."""
    row: int
    kind: int


class _Name(NamedTuple):
    """A name taken apart. ``suffix`` is empty unless it is one of a picture."""

    folder: str
    stem: str
    suffix: str


class PictureNames:
    """Finds rows of pictures by names that may lack folders, the extension, or the right case.

    A name can mean a picture if their stems are the same (case does not matter), and their
    extensions and folders as far as both have them. This is the one rule by which tables,
    corrections, lists and splits meet pictures. A search takes time in proportion to its results,
    even if a great many pictures in different folders have one stem.
    """

    def __init__(self, names: Sequence[str], files: Sequence[str] = ()) -> None:
        """``names`` of n pictures, and the paths of their ``files`` if known."""
        self._kinds = [names, files] if files else [names]
        # A number for a stem of one name: places and lists would take more room than the names.
        self._by_stem: dict[str, int | list[_Place]] = {}
        for number in range(len(names) + len(files)):
            self._put(_take_apart(self._name(number)).stem.casefold(), number)
        for places in self._by_stem.values():
            if isinstance(places, list):
                places.sort()

    def _name(self, number: int) -> str:
        """A name by its number: the names of the first kind, then those of the next."""
        kind, row = divmod(number, len(self._kinds[0]))
        return self._kinds[kind][row]

    def _place(self, number: int) -> _Place:
        kind, row = divmod(number, len(self._kinds[0]))
        return _Place(_folders(_take_apart(self._kinds[kind][row]).folder), row, kind)

    def _put(self, stem: str, number: int) -> None:
        before = self._by_stem.setdefault(stem, number)
        if isinstance(before, list):
            before.append(self._place(number))
        elif before != number:
            self._by_stem[stem] = [self._place(before), self._place(number)]

    def find(self, name: str, *, any_extension: bool = False) -> list[int]:
        """The rows that the name can mean, ascending: several only if it does not say which.

        The nearest spelling wins: the very same text, else the same but for bytes that are no
        text, else the same folders and case, else the same case. With ``any_extension`` a name
        also means pictures of other extensions.
        """
        wanted = _take_apart(name)
        folders = _folders(wanted.folder)
        ranks: dict[int, int] = {}
        for place in self._meeting(wanted, folders):
            other = self._kinds[place.kind][place.row]
            if not any_extension and not _extensions_meet(wanted, _take_apart(other)):
                continue
            if place.row not in ranks and self._denied(place.row, name, folders):
                continue
            alike = _closeness(name, other, folders == place.folders, any_extension)
            ranks[place.row] = max(alike, ranks.get(place.row, 0))
        best = max(ranks.values(), default=0)
        return sorted(row for row, rank in ranks.items() if rank == best)

    def _meeting(self, wanted: _Name, folders: tuple[str, ...]) -> Sequence[_Place]:
        """The names of its stem that have its folders, as far as both have any."""
        known = self._by_stem.get(wanted.stem.casefold(), [])
        places = known if isinstance(known, list) else [self._place(known)]
        if not folders:
            return places
        found: list[_Place] = []
        for depth in range(len(folders)):
            found += _between(places, folders[:depth], (*folders[:depth], ""))
        # No text stands between one and the same text with a zero after it.
        found += _between(places, folders, (*folders[:-1], f"{folders[-1]}\0"))
        return found

    def _denied(self, row: int, name: str, folders: tuple[str, ...]) -> bool:
        """Whether the picture's file is of the same stem, but in another folder.

        The id ``1`` alone could be meant by ``b/1.jpg``, but not if its file is ``a/1.jpg``.
        """
        if len(self._kinds) == 1 or not folders or name in (kind[row] for kind in self._kinds):
            return False
        file = self._kinds[1][row]
        inside = _folders(_take_apart(file).folder)[:1]
        # A picture that is missing has only the path where it would be. Path.is_file would raise
        # for a name that is too long for a file, which a table may hold.
        there = os.path.isfile(file)  # noqa: PTH113
        return there and stem(file) == stem(name) and inside != folders[:1]


def stem(name: str) -> str:
    """The name without folders, the extension of a picture, and case."""
    return _take_apart(name).stem.casefold()


def ambiguity(name: str, candidates: Sequence[str], kind: str = "pictures") -> str:
    """A fault in words: ``'x' is the name of 2 pictures: a/x.jpg, b/x.jpg``."""
    shown = ", ".join(candidates[:_SHOWN]) + (", …" if len(candidates) > _SHOWN else "")
    return f"{name!r} is the name of {len(candidates)} {kind}: {shown}"


def _closeness(name: str, other: str, same_folders: bool, any_extension: bool) -> int:
    """The similarity of two spellings, from 0: each step is true wherever the next one is."""
    one, two = _take_apart(name), _take_apart(other)
    case = one.stem == two.stem and (
        any_extension or one.suffix == two.suffix or "" in {one.suffix, two.suffix}
    )
    text = printable(name).strip() == printable(other).strip()
    return case + (case and same_folders) + text + (name == other)


def _extensions_meet(one: _Name, other: _Name) -> bool:
    return "" in {one.suffix, other.suffix} or one.suffix.lower() == other.suffix.lower()


def _between(
    places: Sequence[_Place], first: tuple[str, ...], end: tuple[str, ...]
) -> Sequence[_Place]:
    """The places whose folders are sorted from ``first`` on and before ``end``."""
    start = bisect_left(places, first, key=_key)
    return places[start : bisect_left(places, end, lo=start, key=_key)]


def _key(place: _Place) -> tuple[str, ...]:
    return place.folders


def _take_apart(name: str) -> _Name:
    folder, _, file = printable(name).strip().replace("\\", "/").rpartition("/")
    before, _, suffix = file.rpartition(".")
    # "train.7" is a name without extension.
    if before and f".{suffix.lower()}" in SUFFIXES:
        return _Name(folder, before, suffix)
    return _Name(folder, file, "")


@lru_cache(maxsize=4096)
def _folders(folder: str) -> tuple[str, ...]:
    return tuple(part for part in reversed(folder.split("/")) if part not in {"", "."})
