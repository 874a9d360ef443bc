"""The path of an archive's journal: on this machine, under an id that the archive carries."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import platformdirs

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import make_folder, sync_file, sync_folder, take_place, temporary

STATE_VARIABLE = "TAGONAUT_STATE"
OWN_FOLDER = ".tagonaut"
_ID_FILE = "archive"


def state_folder() -> Path:
    """``TAGONAUT_STATE``, or ``tagonaut`` in the user's folder for program state."""
    if folder := os.environ.get(STATE_VARIABLE):
        return Path(folder)
    return platformdirs.user_state_path("tagonaut", appauthor=False)


def journal_of(root: Path) -> Path:
    """The default path of an archive's journal, whether it exists or not.

    A journal that an earlier version put into the archive itself stays there.
    """
    old = old_journal_of(root)
    return old if old.exists() else kept_journal(archive_id(root) or new_id())


def old_journal_of(root: Path) -> Path:
    """The path of a journal in the archive itself."""
    return root / OWN_FOLDER / "journal.sqlite"


def kept_journal(identity: str) -> Path:
    """The path at which this machine keeps the journal of the archive with that id."""
    return state_folder() / "journals" / f"{identity}.sqlite"


def is_kept(path: Path) -> bool:
    """Whether this machine keeps a journal under its archive's id."""
    return path == kept_journal(path.stem)


def new_id() -> str:
    """An id that no archive has."""
    return secrets.token_hex(16)


def id_file(root: Path) -> Path:
    """The file that holds an archive's id."""
    return root / OWN_FOLDER / _ID_FILE


def archive_id(root: Path) -> str | None:
    """The id of an archive; None if it has none. Raises ``TagonautError`` for an invalid one."""
    try:
        text = id_file(root).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise TagonautError(f"{id_file(root)}: the archive's id cannot be read ({error})") from None
    if not text.isalnum() or len(text) != 32:
        raise TagonautError(f"{id_file(root)}: it does not hold an archive's id")
    return text


def give_id(root: Path, identity: str, *, instead: bool = False) -> str:
    """Give an archive an id, durably, and return its id: another run may have been faster.

    ``instead`` replaces an id that it has. Raises ``TagonautError`` if it cannot be written.
    """
    file = id_file(root)
    try:
        make_folder(file.parent)
        with temporary(file.parent) as new:
            new.write_text(identity + "\n", encoding="ascii")
            sync_file(new)
            if instead:
                take_place(new, file)
            else:
                with suppress(FileExistsError):
                    _put_first(new, file)
    except (OSError, PictureError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TagonautError(
            f"{file}: the archive's id cannot be written ({reason});"
            " with --journal FILE none is needed"
        ) from error
    return archive_id(root) or identity


def _put_first(new: Path, file: Path) -> None:
    try:
        file.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links: a moment's chance that another run is overwritten
        if file.exists():
            raise FileExistsError from None
        new.replace(file)
    sync_folder(file.parent)
