"""The photos of an archive that cannot be written, in its journal: they are not decoded again."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version

from tagonaut.files.atomic import Stamp
from tagonaut.tagging.journal.database import Database, typed


class Unwritable(Database):
    """The journal's table of photos that cannot be written."""

    def note_unwritable(self, path: bytes, found: Stamp, reason: str) -> None:
        """Note that a photo with this stamp cannot be written, and why."""
        with self._changing() as execute:
            execute(
                "INSERT OR REPLACE INTO unwritable (path, size, mtime_ns, reason, version)"
                " VALUES (?, ?, ?, ?, ?)",
                (path, *found, reason, _version()),
            )

    def unwritable(self, paths: Iterable[bytes]) -> dict[bytes, tuple[Stamp, str]]:
        """The stamps and reasons of those of these photos, up to some hundred, that are noted.

        An earlier version's notes do not count.
        """
        asked = list(paths)
        rows = self._rows(
            "SELECT path, size, mtime_ns, reason FROM unwritable"
            f" WHERE version = ? AND path IN ({','.join('?' * len(asked))})",
            *(_version(), *asked),
        )
        with self._parsing():
            return {
                typed(path, bytes): (Stamp(typed(size, int), typed(time, int)), typed(reason, str))
                for path, size, time, reason in rows
            }


@cache
def _version() -> str:
    return version("tagonaut")
