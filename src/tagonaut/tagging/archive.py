"""The journal of an archive, opened for a run: locked, and brought up to date."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.lock import locked
from tagonaut.tagging.recovering import recover
from tagonaut.tagging.replacing import make_folder
from tagonaut.tagging.walk import OWN_FOLDER


def journal_of(root: Path) -> Path:
    """Where the journal of an archive lies unless somebody says otherwise."""
    return root / OWN_FOLDER / "journal.sqlite"


@contextmanager
def opened(root: Path, path: Path) -> Iterator[Journal]:
    """The journal to write in, made if it is not there, locked, and brought up to date."""
    try:
        make_folder(path.parent)
    except OSError as error:
        raise TagonautError(f"{path.parent}: cannot be made ({error.strerror})") from error
    with locked(path.with_suffix(".lock")), Journal(path) as journal:
        if journal.unfinished():
            with ExifTool() as tool:
                recover(journal, root, tool)
        yield journal


@contextmanager
def looked_at(path: Path) -> Iterator[Journal | None]:
    """The journal to read in, if it is there; nothing is written where it lies."""
    if not path.exists():
        yield None
        return
    rest = path.with_name(path.name + "-journal")
    with ExitStack() as stack:
        if rest.exists():
            # A killed run has left a transaction open: SQLite has to write to close it.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagonaut-")))
            path = Path(shutil.copy(path, folder))
            shutil.copy(rest, folder)
            Journal(path).close()
        yield stack.enter_context(Journal(path, read_only=True))
