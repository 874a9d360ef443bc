"""The program of a decoder process: reads one picture after the other, under limits.

It ends when the process that started it does, and in the middle of a picture when that has taken
its share of the processor.
"""

import json
import math
import os
import resource
import signal
import socket
import sys
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from tagonaut.errors import TagonautError
from tagonaut.files.held import path_of
from tagonaut.limits import MEMORY, SECONDS
from tagonaut.pixels.decoder.messages import HEAD, READY, Answer, length, pack_answer
from tagonaut.pixels.decoder.readers import READERS

# Of what libraries reserve beside the picture, such as stacks of threads.
_SPARE_BYTES = 512 << 20
# More of it that stays after a picture would be missing for later ones.
_KEPT_SHARE = 2


def main() -> None:
    """Answer the questions that come by standard input, a socket."""
    # A service that is stopped sends this to all of its processes; the one that asks decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    here = _address_space()
    _limit(resource.RLIMIT_AS, here + MEMORY.value + _SPARE_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    channel = socket.socket(fileno=0)
    # Libraries in C remark on damaged files there.
    os.dup2(1, 2)
    with suppress(BrokenPipeError, ConnectionResetError):
        channel.sendall(READY)
        while question := _receive(channel):
            _limit_processor()
            _send(channel, _answer(*question), here)


def _send(channel: socket.socket, answer: Answer, here: int) -> None:
    """Send an answer, the last one if much more memory than ``here`` bytes stays in use."""
    held = 0 if answer.pixels is None else answer.pixels.nbytes
    kept = _address_space() - held - here
    answer = replace(answer, last=answer.last or kept > _SPARE_BYTES // _KEPT_SHARE)
    try:
        document, pixels = pack_answer(answer)
    except ValueError as error:
        document, pixels = pack_answer(Answer(error=f"its decoder has {error}"))
    channel.sendall(document)
    channel.sendall(pixels)


def _receive(channel: socket.socket) -> tuple[bytes, int] | None:
    """A question and the open file that it is about; None at the end of all."""
    head, files, _, _ = socket.recv_fds(channel, HEAD.size, 1)
    if not head:
        return None
    text = b""
    left = length(head)
    while left > len(text):
        text += channel.recv(left - len(text)) or sys.exit()
    return text, files[0]


def _answer(question: bytes, file: int) -> Answer:
    read, name, arguments = json.loads(question)
    try:
        path = path_of(file, Path(os.fsdecode(bytes.fromhex(name))))
        found = READERS[read](path, *arguments)
    except TagonautError as error:
        return Answer(error=str(error))
    except MemoryError:
        return Answer(error=f"the memory for decoding it is{MEMORY.over()}", last=True)
    finally:
        os.close(file)
    return Answer(pixels=found) if isinstance(found, np.ndarray) else Answer(found)


def _limit_processor() -> None:
    """Allow one picture's time from here on: no one else ends a process whose parent is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + SECONDS.value + 1)


def _limit(kind: int, most: int) -> None:
    # Some systems refuse some of them; the time is limited in any case.
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _address_space() -> int:
    """The bytes that this process has reserved; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


if __name__ == "__main__":
    main()
