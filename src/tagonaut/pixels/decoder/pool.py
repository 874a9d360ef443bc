"""The decoder processes of this process: as many as threads ask at once."""

import atexit
import os
import threading
from io import BufferedReader
from pathlib import Path
from typing import Any

from tagonaut.errors import PictureError
from tagonaut.files.reading import open_regular
from tagonaut.limits import check_plain_file
from tagonaut.pixels.decoder.messages import Answer
from tagonaut.pixels.decoder.process import Decoder


def ask(read: str, path: Path, *arguments: Any) -> Answer:
    """Have a decoder process read a picture; ``read`` names one of its ``READERS``.

    Raises ``PictureError``, also where it takes too much time or memory, and ``TagonautError``
    where no process can be started.
    """
    with _open(path) as file:
        decoder = _POOL.borrow()
        try:
            answer = decoder.ask(read, arguments, file.fileno(), path)
        except BaseException:
            _POOL.end(decoder)
            raise
    if answer.last:
        _POOL.end(decoder)
    else:
        _POOL.give_back(decoder)
    if answer.error is not None:
        raise PictureError(answer.error)
    return answer


def start() -> None:
    """Start the process for the first picture, if there is none, without waiting for it."""
    _POOL.give_back(_POOL.borrow())


def _open(path: Path) -> BufferedReader:
    # The process gets the open file: another process may not see what this one calls /dev/stdin,
    # and nothing can be put in the file's place any more.
    try:
        check_plain_file(path)
        return open_regular(path, follow=True)
    except FileNotFoundError:
        raise PictureError("the file is not there") from None
    except OSError as error:
        raise PictureError(f"cannot be read ({error.strerror or error})") from error


class _Pool:
    """``free`` decoders, and those that threads have ``borrowed``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[Decoder] = []
        self._borrowed: set[Decoder] = set()

    def borrow(self) -> Decoder:
        """A decoder for one thread, which has to end it or give it back."""
        decoder = self._usable() or Decoder()
        with self._lock:
            self._borrowed.add(decoder)
        return decoder

    def _usable(self) -> Decoder | None:
        while True:
            with self._lock:
                if not self._free:
                    return None
                decoder = self._free.pop()
            if decoder.usable:
                return decoder
            decoder.end()

    def give_back(self, decoder: Decoder) -> None:
        """Keep a decoder for the next thread."""
        with self._lock:
            self._borrowed.discard(decoder)
            self._free.append(decoder)

    def end(self, decoder: Decoder) -> None:
        """End a decoder; the next picture gets another one."""
        decoder.end()
        with self._lock:
            self._borrowed.discard(decoder)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            there = [*self._free, *self._borrowed]
            self._free.clear()
        for decoder in there:
            decoder.end()

    def forget(self) -> None:
        """Leave all of them to the process that this one was forked from."""
        for decoder in (*self._free, *self._borrowed):
            decoder.let_go()
        # Another thread of that process may have held the lock.
        self._lock, self._free, self._borrowed = threading.Lock(), [], set()


_POOL = _Pool()
atexit.register(_POOL.close)
os.register_at_fork(after_in_child=_POOL.forget)
