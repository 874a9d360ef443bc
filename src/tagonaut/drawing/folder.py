"""The new folder that a collection is drawn into."""

from pathlib import Path

from tagonaut.errors import TagonautError


def new_folder(folder: Path, *below: Path) -> None:
    """Make ``folder`` and the folders ``below`` it; their parents too.

    ``TagonautError`` if it is a file, has something in it, or cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise TagonautError(f"{folder} is a file; name a new folder to draw into")
    if folder.exists() and any(folder.iterdir()):
        raise TagonautError(f"{folder} is not empty; name a new folder to draw into")
    for made in (folder, *below):
        try:
            made.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TagonautError(f"cannot make the folder {made}: {error.strerror}") from error
