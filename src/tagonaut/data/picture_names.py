"""Which pictures a name can mean, whether or not it has folders and an extension."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from tagonaut.pixels.decode import SUFFIXES


class PictureNames:
    """Finds rows of pictures by what may be only a part of their names."""

    def __init__(self, *names: Sequence[str]) -> None:
        self._by_stem: dict[str, list[tuple[int, PurePosixPath]]] = defaultdict(list)
        for kind in names:
            for row, name in enumerate(kind):
                path = _path(name)
                self._by_stem[_stem(path)].append((row, path))

    def find(self, name: str) -> list[int]:
        """The rows that the name can mean; those of just that name where there are any."""
        wanted = _path(name)
        found = [
            (row, path)
            for row, path in self._by_stem.get(_stem(wanted), [])
            if _meets(wanted, path)
        ]
        exact = [(row, path) for row, path in found if path == wanted]
        return list(Counter(row for row, _ in exact or found))


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _stem(path: PurePosixPath) -> str:
    # "train.7" is a name without extension.
    return (path.stem if _has_extension(path) else path.name).casefold()


def _has_extension(path: PurePosixPath) -> bool:
    return path.suffix.lower() in SUFFIXES


def _meets(wanted: PurePosixPath, path: PurePosixPath) -> bool:
    if _has_extension(wanted) and _has_extension(path):
        same = wanted.name.casefold() == path.name.casefold()
    else:
        same = True
    folders = min(len(wanted.parts), len(path.parts)) - 1
    return same and wanted.parts[-1 - folders : -1] == path.parts[-1 - folders : -1]
