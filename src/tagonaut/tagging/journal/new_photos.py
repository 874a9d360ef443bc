"""Paths without any history, as far as a journal knows them: most photos of a first run."""

from collections.abc import Collection

# More than are under way at once.
_MOST = 10_000


class NewPhotos:
    """Paths that the tables of writes and facts do not have; threads may share it."""

    def __init__(self) -> None:
        self._paths: set[bytes] = set()

    def __contains__(self, path: bytes) -> bool:
        return path in self._paths

    def add(self, paths: Collection[bytes]) -> None:
        """Note paths without a history; earlier ones may be forgotten."""
        if len(self._paths) + len(paths) > _MOST:
            self._paths.clear()
        self._paths.update(paths)

    def discard(self, path: bytes) -> None:
        """Note that a path is about to have a history."""
        self._paths.discard(path)
