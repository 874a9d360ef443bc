"""Hashes the content of files."""

import hashlib
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.limits import check_plain_file

# hashlib.file_digest's own buffer of 256 kB takes longer to get than a chip takes to read.
AT_ONCE = 65_536


def content_hash(path: Path) -> tuple[bytes, int]:
    """The SHA-256 of a file and its size in bytes; raises ``PictureError``."""
    digest, size = hashlib.sha256(), 0
    try:
        check_plain_file(path)
        with path.open("rb", buffering=0) as file:
            while some := file.read(AT_ONCE):
                digest.update(some)
                size += len(some)
    except FileNotFoundError:
        raise PictureError("the file is not there") from None
    except OSError as error:
        raise PictureError(f"cannot be read ({error.strerror})") from None
    return digest.digest(), size
