"""The journal of an archive, opened for a run: locked, and brought up to date."""

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
    journal_of,
    kept_journal,
    new_id,
    old_journal_of,
)
from tagonaut.tagging.journal.records import name_of
from tagonaut.tagging.journal.recovery import recover
from tagonaut.tagging.summary import shown

__all__ = ["journal_of", "missing", "open_locked", "open_read_only"]


def missing(root: Path, path: Path) -> TagonautError | None:
    """What to tell where the journal of an archive that was tagged is not there."""
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
    root: Path, path: Path, tell: Callable[[str], None] = lambda note: None
) -> Iterator[Journal]:
    """The journal to write in, made if it is not there, locked, and brought up to date.

    It may lie elsewhere than at ``path`` if this machine keeps it by the archive's id: where
    another run was faster to give the archive one, and where the archive is a copy of another.
    """
    _check_own_folder(root)
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
        with suppress(OSError, PictureError):  # what cannot be written is told where it has to be
            make_folder(root)
    with ExitStack() as archive, ExitStack() as stack:
        # Two runs with two journals would clear each other's files away.
        archive.enter_context(locked_folder(root))
        journal = _locked(stack, path)
        clear_temporaries(root / OWN_FOLDER)
        if is_kept(path):
            journal = _of_this_archive(stack, root, journal, tell, made=made)
        elif path == old_journal_of(root):
            tell(f"the journal goes on in {path}, where it was begun")
        else:
            _tie(root, journal)
        if journal.unfinished():
            with ExifTool() as tool:
                recover(journal, root, tool)
            if left := {shown(name_of(write.path)) for write in journal.unfinished()}:
                tell(
                    "a run was cut off, and how it ended cannot be looked at now: the next run"
                    f" looks again ({', '.join(sorted(left))})"
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
    stack: ExitStack, root: Path, journal: Journal, tell: Callable[[str], None], *, made: bool
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
        tell(f"{root} is a copy of {os.fsdecode(before)}: it has a journal of its own from now on")
    journal.note_archive(os.fsencode(root.resolve()), journal.path.stem)
    return journal


def _tie(root: Path, journal: Journal) -> None:
    """A journal that somebody named belongs to one archive; raise ``TagonautError`` for another."""
    check_archive(root, journal, journal.path)
    identity = archive_id(root) or journal.identity() or new_id()
    try:
        identity = give_id(root, identity)
    except TagonautError:
        # It goes by its place alone, then.
        identity = ""
    journal.note_archive(os.fsencode(root.resolve()), identity or None)


def check_archive(root: Path, journal: Journal, path: Path) -> None:
    """Raise ``TagonautError`` if a journal is known to be that of another archive than ``root``."""
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


def is_empty(path: Path) -> bool:
    """Whether there is an empty file, or SQLite file of nobody's, and no journal yet."""
    with suppress(OSError), path.open("rb") as file:
        start = file.read(72)
        return not start or (start.startswith(b"SQLite format 3\0") and start[68:72] == bytes(4))
    return False


def _discard(stack: ExitStack, journal: Journal) -> None:
    stack.pop_all().close()
    for path in (journal.path, journal.path.with_suffix(".lock")):
        path.unlink(missing_ok=True)


def _is_another(before: Path, root: Path, identity: str) -> bool:
    """Whether the archive of before is still there, and not this folder under another name."""
    with suppress(OSError, TagonautError):
        return archive_id(before) == identity and not before.samefile(root)
    return False


@contextmanager
def open_read_only(root: Path, path: Path) -> Iterator[Journal | None]:
    """The journal to read in, if it is there; nothing is written where it lies."""
    if not path.exists():
        yield None
        return
    lies = path
    rest = path.with_name(path.name + "-journal")
    with ExitStack() as stack:
        if rest.exists() or not is_current(path):
            # A killed run has left a transaction open, or an earlier version the tables: SQLite has
            # to write.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagonaut-")))
            path = Path(shutil.copy(path, folder))
            if rest.exists():
                shutil.copy(rest, folder)
            Journal(path).close()
        journal = stack.enter_context(Journal(path, read_only=True))
        if not is_kept(lies) and lies != old_journal_of(root):
            check_archive(root, journal, lies)
        yield journal
