"""A seal on what this user writes beside the photos, where others may write too."""

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from tagonaut.files.reading import read_bytes
from tagonaut.tagging.journal.location import state_folder

_KEY_BYTES = 32


def seal(content: bytes) -> str:
    """A keyed digest that only this user, on this machine, can make; empty without a state folder.

    The key is kept beside the journals. Another machine, which has another key, does not know the
    seal, and has to check what it reads in another way.
    """
    try:
        key = _key(state_folder() / "ray.key")
    except OSError:
        return ""
    return hmac.new(key, content, "sha256").hexdigest()


def is_sealed(content: bytes, found: object) -> bool:
    """Whether this user has sealed these bytes."""
    expected = seal(content)
    return (
        bool(expected)
        and isinstance(found, str)
        and hmac.compare_digest(expected.encode(), found.encode("utf-8", "replace"))
    )


def _key(file: Path) -> bytes:
    with suppress(FileNotFoundError):
        return read_bytes(file, _KEY_BYTES)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}-{secrets.token_hex(8)}")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(secrets.token_bytes(_KEY_BYTES))
        # Another command may have been faster: its key counts.
        with suppress(FileExistsError):
            os.link(new, file)
    finally:
        new.unlink(missing_ok=True)
    return read_bytes(file, _KEY_BYTES)
