"""Opening the journal of an archive: locked and brought up to date, or read-only."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from stat import S_ISREG

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import clear_temporaries, make_folder, sync_file, sync_folder
from tagonaut.files.held import Root
from tagonaut.files.locks import locked, locked_folder
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging.journal.database import is_current, make_private
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
# The last bytes of an SQLite rollback journal that belongs to several databases.
_PARENT_NAMED = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"


def missing(root: Path, path: Path) -> TagonautError | None:
    """The error to raise if the journal of a tagged archive is missing; None if it is not.

    A file of no bytes is none: a disk that was full, or a failed copy, leaves one.
    """
    if path.exists() and path.stat().st_size:
        return None
    if unasked := _unasked(root, path):
        return unasked
    identity = archive_id(root)
    if identity is None or path != kept_journal(identity):
        return None
    return TagonautError(
        f"{root} was tagged with a journal that is not here ({path}): name it with --journal, on"
        f" the machine that has it; to lose the knowledge of which tags are ours, and begin"
        f" another, remove {id_file(root)}"
    )


def _unasked(root: Path, path: Path) -> TagonautError | None:
    """The error to raise if the only journal lies in the archive, as version 1 left them."""
    old = old_journal_of(root)
    if not is_kept(path) or not os.path.lexists(old):
        return None
    return TagonautError(
        f"{root} has a journal in it, {old}, and none that this machine keeps. Version 1 of"
        " Tagonaut left journals there, and a journal decides what is removed from photos: if you"
        f" tagged the folder, go on with --journal {old}; if it came from somebody else, remove"
        " that file"
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
    path = checked(root, path)
    if lost := missing(root, path):
        raise lost
    try:
        _make_state(path)
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
        journal = _locked(stack, path, root)
        with (
            suppress(OSError, PictureError),
            Root(root) as held,
            held.below(Path(OWN_FOLDER)) as own,
        ):
            clear_temporaries(own)
        if is_kept(path):
            journal = _of_this_archive(stack, root, journal, report, made=made)
        elif _is_old(root, path):
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


def _make_state(path: Path) -> None:
    """Create the folder of a journal; that of the journals which this machine keeps is private.

    Journals hold the names and keywords of photos that other users may not be able to read.
    """
    folder = path.parent
    if not is_kept(path):
        make_folder(folder)
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        sync_folder(folder.parent)
    with suppress(OSError):  # it may be a colleague's
        for one in (folder, path):
            if one.exists() and (mode := one.stat().st_mode) & 0o007:
                one.chmod(mode & 0o770)
    make_folder(folder)


def _check_own_folder(root: Path) -> None:
    if (root / OWN_FOLDER).is_symlink():
        raise TagonautError(
            f"{root / OWN_FOLDER} is a symbolic link, and nothing is written outside the folder"
            " that is tagged: remove it, or put there the folder that it leads to"
        )


def _is_old(root: Path, path: Path) -> bool:
    """Whether the user named the journal that version 1 kept in the archive itself."""
    with suppress(OSError):
        return path.samefile(old_journal_of(root))
    return False


def _locked(stack: ExitStack, path: Path, root: Path | None = None) -> Journal:
    """The journal at a path, which may be below ``root``: there others may swap it for a link."""
    lock = path.with_suffix(".lock")
    inside = None if root is None else _below(root, path)
    if root is None or inside is None:
        stack.enter_context(locked(lock))
        return stack.enter_context(Journal(path))
    try:
        folder = stack.enter_context(stack.enter_context(Root(root)).below(inside.parent))
    except (OSError, PictureError) as error:
        raise TagonautError(f"{path}: cannot be used ({error})") from None
    stack.enter_context(locked(folder.inside / lock.name, called=lock))
    make_private(folder.inside / path.name)
    return stack.enter_context(Journal(path, the_file=partial(_file, root, inside)))


def _below(root: Path, path: Path) -> Path | None:
    """The name below ``root`` of a journal that the user keeps there; None for another one."""
    absolute, above = path.absolute(), root.absolute()
    return absolute.relative_to(above) if absolute.is_relative_to(above) else None


def _file(root: Path, name: Path) -> os.stat_result:
    """The state of a file below ``root``, without following a link; raises ``OSError``."""
    try:
        with Root(root) as held, held.below(name.parent) as folder:
            return folder.stat(name.name)
    except PictureError as error:
        raise OSError(str(error)) from None


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
    noted = journal.root()
    before = None if noted is None else Path(os.fsdecode(noted))
    if before is not None and _is_elsewhere(before, root):
        # Whoever can read an archive's id can give it to a folder of theirs: the journal of an
        # archive that is away stays as it is, unless this folder is that archive under a new name.
        there = _is_another(before, root, identity)
        if there or journal.inode() != _inode(root):
            journal = _copied(stack, root, journal)
            report(
                f"{root} is a copy of {before}: it has a journal of its own from now on"
                if there
                else f"{root} has the id of an archive that was at {before}: it goes on with a copy"
                " of that journal from now on"
            )
    _note(journal, root, journal.path.stem)
    return journal


def _copied(stack: ExitStack, root: Path, journal: Journal) -> Journal:
    """A copy of a journal, under a new id that the archive gets."""
    other = kept_journal(new_id())
    shutil.copy(journal.path, other)
    sync_file(other)
    sync_folder(other.parent)
    stack.pop_all().close()
    journal = _locked(stack, other)
    # The table of scores is written into this folder: it tells nothing of photos elsewhere.
    journal.forget_scores(partial(_has_photo, root))
    give_id(root, other.stem, instead=True)
    return journal


def _has_photo(root: Path, path: bytes, sizes: set[int]) -> bool:
    try:
        return _file(root, name_of(path)).st_size in sizes
    except (OSError, PictureError):
        return False


def _note(journal: Journal, root: Path, identity: str | None) -> None:
    journal.note_archive(os.fsencode(root.resolve()), identity, _inode(root))


def _inode(root: Path) -> int | None:
    with suppress(FileNotFoundError):
        return root.stat().st_ino & 2**63 - 1  # as much as SQLite holds
    return None


def _tie(root: Path, journal: Journal) -> None:
    """Bind a journal at a path of the user's to one archive; ``TagonautError`` for another's."""
    check_archive(root, journal, journal.path)
    identity = archive_id(root) or journal.identity() or new_id()
    try:
        identity = give_id(root, identity)
    except TagonautError:
        # Its folder alone identifies the archive then.
        identity = ""
    _note(journal, root, identity or None)


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


def checked(root: Path, path: Path) -> Path:
    """The path of a journal, a link of the user's resolved, or a new journal's.

    Raises ``TagonautError`` for a file that is no journal, before SQLite or a lock touches it: to
    SQLite an empty file is a database, and files beside it can lead it astray.
    """
    if not is_kept(path) and path.is_symlink():
        if path.absolute().is_relative_to(root.absolute()):
            raise TagonautError(f"--journal {path} is a symbolic link in the folder of photos")
        path = path.resolve()
    named = "the journal" if is_kept(path) else "--journal"
    if not os.path.lexists(path):
        return path
    if not path.is_file():
        raise TagonautError(f"{named} {path} is not a file")
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise TagonautError(f"{named} {path}: cannot be read ({error.strerror})") from None
    if start not in {b"", _SQLITE} and not is_kept(path):
        raise TagonautError(f"--journal {path} is not a journal of Tagonaut")
    for suffix in ("-journal", "-wal", "-shm"):
        _check_beside(path, path.with_name(path.name + suffix))
    return path


def _check_beside(path: Path, file: Path) -> None:
    """Raise ``TagonautError`` for a file of SQLite's own that it did not leave for this journal.

    It would write through a link, and delete any file that such a file names as its parent.
    """
    if not os.path.lexists(file):
        return
    try:
        found = file.lstat()
        ours = S_ISREG(found.st_mode)
        if ours and found.st_size >= len(_PARENT_NAMED):
            with file.open("rb") as reader:
                reader.seek(-len(_PARENT_NAMED), os.SEEK_END)
                ours = reader.read() != _PARENT_NAMED
    except OSError as error:
        raise TagonautError(f"{file}: cannot be read ({error.strerror})") from None
    if not ours:
        raise TagonautError(f"{file} was not left by Tagonaut: {path} is not opened with it")


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
    path = checked(root, path)
    if not path.exists() or not path.stat().st_size:
        if lost := missing(root, path):
            raise lost
        yield None
        return
    lies = path
    rest = path.with_name(path.name + "-journal")
    with ExitStack() as stack:
        if rest.exists() or not is_current(path):
            # SQLite has to write: a killed run has left a transaction open, or an earlier version
            # wrote the tables.
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tagonaut-")))
            if path.stat().st_size > shutil.disk_usage(folder).free:
                raise TagonautError(f"{path} is too large to be copied to {folder}")
            path = Path(shutil.copy(path, folder))
            if rest.exists():
                shutil.copy(rest, folder)
            Journal(path).close()
        inside = _below(root, path)
        the_file = None if inside is None else partial(_file, root, inside)
        journal = stack.enter_context(Journal(path, read_only=True, the_file=the_file))
        if not is_kept(lies) and not _is_old(root, lies):
            check_archive(root, journal, lies)
        yield journal
