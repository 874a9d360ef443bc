"""The path of an archive's journal: on this machine, under an id that the archive carries."""

import os
import secrets
from pathlib import Path

import platformdirs

from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.atomic import sync_file
from tagonaut.files.held import HeldFolder, PrivateFile, Root, private_file

STATE_VARIABLE = "TAGONAUT_STATE"
OWN_FOLDER = ".tagonaut"
_ID_FILE = "archive"
_ID_LENGTH = 32


def state_folder() -> Path:
    """``TAGONAUT_STATE``, or ``tagonaut`` in the user's folder for program state."""
    if folder := os.environ.get(STATE_VARIABLE):
        return Path(folder)
    return platformdirs.user_state_path("tagonaut", appauthor=False)


def journal_of(root: Path) -> Path:
    """The default path of an archive's journal, whether it exists or not."""
    return kept_journal(archive_id(root) or new_id())


def old_journal_of(root: Path) -> Path:
    """The path at which version 1 kept a journal, in the archive itself.

    Whoever made the folder may have made that journal too: it is opened only if the user names it.
    """
    return root / OWN_FOLDER / "journal.sqlite"


def is_archive(folder: Path) -> bool:
    """Whether a folder was tagged, or tagged into, as a whole."""
    # Unlike pathlib's, this is false and no error for a folder that we may not read.
    return any(os.path.exists(path) for path in (id_file(folder), old_journal_of(folder)))  # noqa: PTH110


def kept_journal(identity: str) -> Path:
    """The path at which this machine keeps the journal of the archive with that id."""
    return state_folder() / "journals" / f"{identity}.sqlite"


def is_kept(path: Path) -> bool:
    """Whether this machine keeps a journal under its archive's id."""
    return path == kept_journal(path.stem)


def new_id() -> str:
    """An id that no archive has."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether a text can be an archive's id."""
    return len(text) == _ID_LENGTH and text.isascii() and text.isalnum()


def id_file(root: Path) -> Path:
    """The file that holds an archive's id."""
    return root / OWN_FOLDER / _ID_FILE


def archive_id(root: Path) -> str | None:
    """The id of an archive; None if it has none. Raises ``TagonautError`` for an invalid one."""
    path = id_file(root)
    try:
        with (
            Root(root) as held,
            held.file(Path(OWN_FOLDER, _ID_FILE)) as file,
            file.open("rb") as reader,
        ):
            data = reader.read(4 * _ID_LENGTH)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PictureError as error:
        raise TagonautError(f"{path}: the archive's id cannot be read ({error})") from None
    except OSError as error:
        reason = error.strerror or error
        raise TagonautError(f"{path}: the archive's id cannot be read ({reason})") from None
    text = data.strip().decode("latin-1")
    if not is_id(text):
        raise TagonautError(
            f"{path}: it does not hold an archive's id: bring it back from a backup, or remove it"
            " and lose the knowledge of which tags are ours"
        )
    return text


def give_id(root: Path, identity: str, *, instead: bool = False) -> str:
    """Give an archive an id, durably, and return its id: another run may have been faster.

    ``instead`` replaces an id that it has. Raises ``TagonautError`` if it cannot be written; then
    the archive has no id of ours.
    """
    path = id_file(root)
    try:
        with (
            HeldFolder.open(root) as held,
            held.below(Path(OWN_FOLDER), make=True) as own,
            private_file(own) as new,
        ):
            new.path.write_text(identity + "\n", encoding="ascii")
            sync_file(new.path)
            if instead or _put_first(new):
                if instead:
                    new.put(_ID_FILE)
                return identity
    except (OSError, PictureError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TagonautError(
            f"{path}: the archive's id cannot be written ({reason});"
            " with --journal FILE none is needed"
        ) from error
    return archive_id(root) or identity


def _put_first(new: PrivateFile) -> bool:
    """Put an id in its place unless there is one; whether it was put."""
    try:
        new.put_new(_ID_FILE)
    except FileExistsError:
        return False
    return True
