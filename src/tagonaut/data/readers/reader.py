"""The one shape of all readers of labelled sources."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.reading import Reading, Unlabelled
from tagonaut.data.tables import SUFFIXES
from tagonaut.errors import TagonautError


def find_folder(source: Path) -> Path | None:
    """The source itself if it is a folder."""
    return source if source.is_dir() else None


def find_file(source: Path) -> Path | None:
    """The source itself if it is a file, or the one table in a folder; None if it holds none.

    Raises ``TagonautError`` for several tables.
    """
    if not source.is_dir():
        return source
    tables = sorted(
        path for path in source.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES
    )
    if len(tables) > 1:
        listed = ", ".join(table.name for table in tables)
        raise TagonautError(
            f"{source} has {len(tables)} tables in it ({listed}): give the one to read"
        )
    return tables[0] if tables else None


def beside(source: Path) -> Path:
    """The folder, or the file's: with COCO's ``annotations/FILE`` the folder above that."""
    if source.is_dir():
        return source
    nested = source.parent.name.lower() == "annotations"
    return source.absolute().parent.parent if nested else source.parent


@dataclass(frozen=True)
class Reader:
    """Recognises and reads the sources of one format.

    ``find`` gives the path to read: the source itself, or one inside it; None if there is none.
    ``recognise`` looks into that path, and ``read`` reads it. ``pictures``: the folder of its
    pictures unless ``images`` names another, which is possible where ``takes_images``.
    ``unlabelled``: the default of ``Reading``.
    """

    recognise: Callable[[Path], bool]
    read: Callable[[Path, Reading], Labelled]
    find: Callable[[Path], Path | None] = find_folder
    pictures: Callable[[Path], Path] = beside
    takes_images: bool = False
    unlabelled: Unlabelled = "negative"
