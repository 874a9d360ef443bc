"""Opening the journal of an archive: locked and brought up to date, or read-only."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import clear_temporaries, make_folder, sync_file, sync_folder
from tagonaut.files.locks import locked, locked_folder
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging.journal.database import is_current
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.location import (
    OWN_FOLDER,
    STATE_VARIABLE,
    archive_id,
    give_id,
    id_file,
    is_kept,
    kept_journal,
    new_id,
    old_journal_of,
)
from tagonaut.tagging.journal.records import name_of
from tagonaut.tagging.journal.recovery import recover
from tagonaut.tagging.summary import shown

# The first bytes of an SQLite file.
_SQLITE = b"SQLite format 3\0"


def missing(root: Path, path: Path) -> TagonautError | None:
    """The error to raise if the journal of a tagged archive is missing; None if it is not."""
    identity = archive_id(root)
    if path.exists() or identity is None or path != kept_journal(identity):
        return None
    return TagonautError(
        f"{root} was tagged with a journal that is not here ({path}): name it with --journal, on"
        f" the machine that has it; to lose the knowledge of which tags are ours, and begin"
        f" another, remove {id_file(root)}"
    )


@contextmanager
def open_locked(
    root: Path, path: Path, report: Callable[[str], None] = lambda note: None
) -> Iterator[Journal]:
    """The journal to write to, locked and recovered; a missing one is created.

    The journal opened may differ from ``path``: another run may have registered the archive first,
    or the archive may be a copy. ``report`` gets notes for the user.
    """
    _check_own_folder(root)
    _check_journal(root, path)
    if lost := missing(root, path):
        raise lost
    try:
        make_folder(path.parent)
    except OSError as error:
        raise TagonautError(
            f"{path.parent}: cannot be made ({error.strerror}); {STATE_VARIABLE} or --journal"
            " names another place"
        ) from error
    made = not path.exists()
    if made:
        with suppress(OSError, PictureError):  # the first write that fails is the one to report
            make_folder(root)
    with ExitStack() as archive, ExitStack() as stack:
        # Two runs with two journals would remove each other's temporary files.
        archive.enter_context(locked_folder(root))
        journal = _locked(stack, path)
        clear_temporaries(root / OWN_FOLDER)
        if is_kept(path):
            journal = _of_this_archive(stack, root, journal, report, made=made)
        elif path == old_journal_of(root):
            report(f"the journal goes on in {path}, where it was begun")
        else:
            _tie(root, journal)
        if journal.unfinished():
            with ExifTool() as tool:
                recover(journal, root, tool)
            if left := {shown(name_of(write.path)) for write in journal.unfinished()}:
                report(
                    "a run was killed while it wrote to photos that cannot be read now: the next"
                    f" run looks again ({', '.join(sorted(left))})"
                )
        yield journal


def _check_own_folder(root: Path) -> None:
    if (root / OWN_FOLDER).is_symlink():
        raise TagonautError(
            f"{root / OWN_FOLDER} is a symbolic link, and nothing is written outside the folder"
            " that is tagged: remove it, or put there the folder that it leads to"
        )


def _locked(stack: ExitStack, path: Path) -> Journal:
    stack.enter_context(locked(path.with_suffix(".lock")))
    return stack.enter_context(Journal(path))


def _of_this_archive(
    stack: ExitStack, root: Path, journal: Journal, report: Callable[[str], None], *, made: bool
) -> Journal:
    identity = journal.path.stem
    # The journal is there before the id is: an archive that has an id has had a journal.
    try:
        found = archive_id(root) or give_id(root, identity)
    except TagonautError:
        if made:
            _discard(stack, journal)
        raise
    if found != identity:
        if not made:
            raise TagonautError(f"{journal.path} is the journal of another archive than {root}")
        _discard(stack, journal)
        return _locked(stack, kept_journal(found))
    before = journal.root()
    if before is not None and _is_another(Path(os.fsdecode(before)), root, identity):
        other = kept_journal(new_id())
        shutil.copyfile(journal.path, other)
        sync_file(other)
        sync_folder(other.parent)
        stack.pop_all().close()
        journal = _locked(stack, other)
        give_id(root, other.stem, instead=True)
        report(
            f"{root} is a copy of {os.fsdecode(before)}: it has a journal of its own from now on"
        )
    journal.note_archive(os.fsencode(root.resolve()), journal.path.stem)
    return journal


def _tie(root: Path, journal: Journal) -> None:
    """Bind a journal at a path of the user's to one archive; ``TagonautError`` for another's."""
    check_archive(root, journal, journal.path)
    identity = archive_id(root) or journal.identity() or new_id()
    try:
        identity = give_id(root, identity)
    except TagonautError:
        # Its folder alone identifies the archive then.
        identity = ""
    journal.note_archive(os.fsencode(root.resolve()), identity or None)


def check_archive(root: Path, journal: Journal, path: Path) -> None:
    """Raise ``TagonautError`` if a journal belongs to another archive than ``root``."""
    noted, known = journal.root(), journal.identity()
    if noted is None:
        return
    before, found = Path(os.fsdecode(noted)), archive_id(root)
    away = _is_elsewhere(before, root)
    if known is not None and found == known:
        if away and _is_another(before, root, known):
            raise TagonautError(
                f"{path} is the journal of {before}, and {root} is a copy of that: copy the"
                f" journal to {kept_journal(known)}, and leave --journal out"
            )
    elif away or (known is not None and found is not None):
        if known is None and found is None and not before.exists():
            return  # it was moved, and could never carry an id
        raise TagonautError(
            f"{path} is the journal of {before}, not of {root}: name another file with"
            " --journal, or leave it out"
        )


def _is_elsewhere(before: Path, root: Path) -> bool:
    with suppress(OSError):
        return not before.samefile(root)
    return before != root.resolve()


def _check_journal(root: Path, path: Path) -> None:
    """Raise ``TagonautError`` if the user names a file that is no journal; no lock is made then.

    To SQLite, an empty file is a database.
    """
    if not path.exists() or is_kept(path) or path == old_journal_of(root):
        return
    if not path.is_file():
        raise TagonautError(f"--journal {path} is not a file")
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise TagonautError(f"--journal {path}: cannot be read ({error.strerror})") from None
    if start not in {b"", _SQLITE}:
        raise TagonautError(f"--journal {path} is not a journal of Tagonaut")


def is_empty(path: Path) -> bool:
    """Whether a file is empty, or an SQLite file without tables of anybody's."""
    with suppress(OSError), path.open("rb") as file:
        start = file.read(72)
        return not start or (start.startswith(_SQLITE) and start[68:72] == bytes(4))
    return False


def _discard(stack: ExitStack, journal: Journal) -> None:
    stack.pop_all().close()
    for path in (journal.path, journal.path.with_suffix(".lock")):
        path.unlink(missing_ok=True)


def _is_another(before: Path, root: Path, identity: str) -> bool:
    """Whether the archive is still at ``before``, which is not ``root`` under another name."""
    with suppress(OSError, TagonautError):
        return archive_id(before) == identity and not before.samefile(root)
    return False


@contextmanager
def open_read_only(root: Path, path: Path) -> Iterator[Journal | None]:
    """The journal to read from, or None if there is none; nothing is written beside it."""
    if not path.exists():
        yield None
        return
    _check_journal(root, path)
    lies = path
    rest = path.with_name(path.name + "-journal")
    with ExitStack() as stack:
        if rest.exists() or not is_current(path):
            # SQLite has to write: a killed run has left a transaction open, or an earlier version
            # wrote the tables.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagonaut-")))
            path = Path(shutil.copy(path, folder))
            if rest.exists():
                shutil.copy(rest, folder)
            Journal(path).close()
        journal = stack.enter_context(Journal(path, read_only=True))
        if not is_kept(lies) and lies != old_journal_of(root):
            check_archive(root, journal, lies)
        yield journal
