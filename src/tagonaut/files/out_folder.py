"""The folder that a command leaves."""

import shutil
import tempfile
from itertools import count
from pathlib import Path

from tagonaut.errors import TagonautError


def out_folder(
    out: Path | None, default: str, what: str, *, marked_by: str | None = None, first: str = ""
) -> Path:
    """Where it may go: ``out``, else the first free of ``default`` + ``first``, ``default-2``, …

    A folder that such a command left, which holds the file ``marked_by``, may be written anew; any
    other that is not empty is a ``TagonautError``, as is a place that cannot be written. ``what``
    it would be, for the message.
    """
    if out is None:
        names = (Path(f"{default}-{n}" if n > 1 else f"{default}{first}") for n in count(1))
        out = next(path for path in names if not path.exists())
    ours = marked_by is not None and (out / marked_by).is_file()
    if out.exists() and not ours and not (out.is_dir() and not any(out.iterdir())):
        raise TagonautError(f"{out} is there already and is no {what}: choose another --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out.parent).close()
    except OSError as error:
        raise TagonautError(f"{out}: cannot be written ({error.strerror})") from None
    return out


def take_place(made: Path, folder: Path) -> None:
    """Move a complete folder to its place; one that is there goes."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.replace(old)
        shutil.rmtree(old, ignore_errors=True)
    made.replace(folder)
