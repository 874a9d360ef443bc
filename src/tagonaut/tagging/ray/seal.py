"""What this user writes beside the photos is told from what others write there."""

import hmac
import json
import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from tagonaut.files import atomic
from tagonaut.files.reading import read_bytes
from tagonaut.tagging.journal.location import state_folder

_KEY_BYTES = 32
_SEAL = b"\nsealed by tagonaut: "
_SEAL_BYTES = len(_SEAL) + 64


def note(place: str, content: bytes) -> None:
    """Keep in mind what this user has written to a place, instead of what was there before."""
    file = _note_of(place)
    with suppress(OSError):  # without a state folder, nothing is known to be ours
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(sha256(content).hexdigest(), encoding="ascii")


def is_noted(place: str, content: bytes) -> bool:
    """Whether that is what this user, on this machine, wrote last to a place."""
    try:
        return read_bytes(_note_of(place)) == sha256(content).hexdigest().encode()
    except OSError:
        return False


def _note_of(place: str) -> Path:
    name = sha256(place.encode("utf-8", "surrogateescape")).hexdigest()
    return state_folder() / "ray" / f"{name[:32]}.plan"


def key_of(place: str) -> bytes:
    """The key with which the actors of this user's runs seal what they write to a place.

    They get it from the command, and other machines know it only from there. Without a state
    folder it holds for one run.
    """
    try:
        key = _key(state_folder() / "ray.key")
    except OSError:
        return secrets.token_bytes(_KEY_BYTES)
    return hmac.digest(key, f"actors {place}".encode("utf-8", "surrogateescape"), "sha256")


def mark(key: bytes, *values: object) -> str:
    """A digest of some values, which nobody without the key can make."""
    return hmac.new(key, json.dumps(values).encode(), "sha256").hexdigest()


def seal_file(key: bytes, name: str, file: Path) -> None:
    """Append a seal to a file that is going to be called ``name``: SQLite reads over it."""
    sealed = mark(key, name, atomic.digest(file))
    with file.open("ab") as opened:
        opened.write(_SEAL + sealed.encode())


def unseal_file(key: bytes, name: str, file: Path) -> bool:
    """Take the seal off a file, if it has one; whether the actors of this user's runs wrote it."""
    with file.open("r+b") as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, size - _SEAL_BYTES))
        seal, _, found = opened.read().partition(_SEAL)
        if seal or not found:
            return False
        opened.truncate(size - _SEAL_BYTES)
    return hmac.compare_digest(found, mark(key, name, atomic.digest(file)).encode())


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
