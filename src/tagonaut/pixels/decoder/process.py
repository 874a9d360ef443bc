"""One decoder process, as seen by the process that asks it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tagonaut.errors import PictureError, TagonautError
from tagonaut.limits import MEMORY, PARTS, PIXELS, SECONDS
from tagonaut.pixels.decoder.messages import HEAD, READY, Answer, length, pack, unpack_answer

_PROGRAM = "tagonaut.pixels.decoder.child"
# A machine that is very busy takes some seconds; one that takes longer cannot start any.
_START_SECONDS = 120.0
# While this process is stopped (Ctrl-Z) the clock goes on: each wait counts no more than this.
_WAIT_SECONDS = 1.0


def limits_now() -> tuple[int, ...]:
    """The limits that a decoder gets when it starts, as they are now."""
    return tuple(limit.value for limit in (PIXELS, MEMORY, SECONDS, PARTS))


class Decoder:
    """A decoder process; one thread asks it at a time. It ends when this process does.

    Raises ``TagonautError`` where processes cannot be started.
    """

    def __init__(self) -> None:
        self.limits = limits_now()
        self._ready = False
        self._channel, theirs = socket.socketpair()
        try:
            # Not from the folder that we are in, which may hold modules of other people. A process
            # group of its own: Ctrl-C is for us to hear.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _PROGRAM],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                process_group=0,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    # A thread for each core would take address space that is counted.
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._channel.close()
            raise _not_started(str(error)) from None
        finally:
            theirs.close()

    @property
    def usable(self) -> bool:
        """Whether the process is still there, with the limits of now."""
        return self._process.poll() is None and self.limits == limits_now()

    def ask(self, read: str, arguments: Sequence[Any], file: int, path: Path) -> Answer:
        """The answer about the picture in an open ``file``; ``path`` is its name.

        Raises ``PictureError`` if the process does not answer in time, or ends. After any exception
        it must be ended.
        """
        try:
            if not self._ready:
                self._await_start()
            question = pack([read, os.fsencode(path.absolute()).hex(), list(arguments)])
            self._channel.settimeout(_START_SECONDS)
            sent = socket.send_fds(self._channel, [question], [file])
            self._channel.sendall(question[sent:])
            return self._answer()
        except TimeoutError:
            raise PictureError(f"the time for decoding it is{SECONDS.over()}") from None
        except (EOFError, ConnectionError):
            raise PictureError(self._reason()) from None
        except ValueError as error:
            raise PictureError(f"its decoder gave no answer that can be read ({error})") from None

    def end(self) -> None:
        """End the process now, whatever it does."""
        self._process.kill()
        self._process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Close what this process holds of it, which ends an idle one."""
        self._channel.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _answer(self) -> Answer:
        left = float(SECONDS.value)
        head = bytearray(HEAD.size)
        left = self._receive(memoryview(head), left)
        text = bytearray(length(bytes(head)))
        left = self._receive(memoryview(text), left)
        answer = unpack_answer(bytes(text), MEMORY.value)
        if answer.pixels is not None:
            self._receive(answer.pixels.data.cast("B"), left)
        return answer

    def _receive(self, room: memoryview, left: float) -> float:
        """Fill ``room``; the seconds that are left then.

        Raises ``TimeoutError`` if none are, and ``EOFError`` if the process has ended.
        """
        while room:
            if left <= 0:
                raise TimeoutError
            self._channel.settimeout(min(left, _WAIT_SECONDS))
            begun = time.monotonic()
            received: int | None = None
            with suppress(TimeoutError):
                received = self._channel.recv_into(room)
            left -= min(time.monotonic() - begun, _WAIT_SECONDS)
            if received == 0:
                raise EOFError
            room = room[received or 0 :]
        return left

    def _await_start(self) -> None:
        first = bytearray(len(READY))
        try:
            self._receive(memoryview(first), _START_SECONDS)
        except (EOFError, ConnectionError):
            raise _not_started(self._last_words()) from None
        except TimeoutError:
            raise _not_started(f"not ready after {_START_SECONDS:.0f} seconds") from None
        if first != READY:
            raise _not_started("it began with something else")
        self._ready = True
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _last_words(self) -> str:
        """The last line that the process wrote before it ended."""
        errors = self._process.stderr.read(1 << 16) if self._process.stderr else b""
        lines = errors.decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it ended at once")

    def _reason(self) -> str:
        """The probable reason for which the process has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_START_SECONDS)
        if self._process.returncode == -signal.SIGXCPU:
            return f"the time for decoding it is{SECONDS.over()}"
        return f"its decoder ended without a picture; its memory may be{MEMORY.over()}"


def _not_started(reason: str) -> TagonautError:
    return TagonautError(
        f"pictures cannot be decoded: no process can be started for it ({reason.strip():.300})"
    )
