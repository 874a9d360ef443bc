"""The files of an archive that cannot be written, in its journal: they are not decoded again."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version

from tagonaut.files.atomic import Stamp
from tagonaut.tagging.journal.database import Database, typed


class Unwritable(Database):
    """The journal's table of photos and sidecars that cannot be written."""

    def note_unwritable(
        self, path: bytes, found: Stamp, reason: str, *, exiftool: str, run: str = ""
    ) -> None:
        """Note that a file with this stamp cannot be written, and why.

        ``exiftool`` is the version that said so. ``run``: only what this run writes cannot be.
        """
        with self._changing() as execute:
            execute(
                "INSERT OR REPLACE INTO unwritable (path, size, mtime_ns, reason, version)"
                " VALUES (?, ?, ?, ?, ?)",
                (path, *found, reason, _by(exiftool, run)),
            )

    def unwritable(
        self, paths: Iterable[bytes], run: str, exiftool: Callable[[], str]
    ) -> dict[bytes, tuple[Stamp, str]]:
        """The stamps and reasons of those of these files, up to some hundred, that are noted.

        Notes by other versions and for other runs do not count. ``exiftool`` gives the version; it
        is called only where there are notes.
        """
        asked = list(paths)
        rows = self._rows(
            "SELECT path, size, mtime_ns, reason, version FROM unwritable"
            f" WHERE path IN ({','.join('?' * len(asked))})",
            *asked,
        )
        if not rows:
            return {}
        version = exiftool()
        valid = {_by(version, ""), _by(version, run)}
        with self._parsing():
            return {
                typed(path, bytes): (Stamp(typed(size, int), typed(time, int)), typed(reason, str))
                for path, size, time, reason, by in rows
                if by in valid
            }


def _by(exiftool: str, run: str) -> str:
    return f"{_version()} {exiftool} {run}".rstrip()


@cache
def _version() -> str:
    return version("tagonaut")
