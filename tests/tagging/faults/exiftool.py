"""Stands in for ExifTool, passes everything on to the real one, and fails at one command.

``TAGONAUT_FAULT`` says how, ``TAGONAUT_FAULT_AT`` at which of its commands that write (0 for the
first), and ``TAGONAUT_FAULT_ONCE`` is a file that tells that it has happened; ``TAGONAUT_EXIFTOOL``
is the real one.
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1

FAULTS = (
    *("hangs", "dies", "dies when it has written", "answers garbage", "answers nothing"),
    *("answers for another file", "writes half", "writes other pixels", "writes no keywords"),
    *("writes an empty file", "does not write", "writes one field alone", "writes a tag twice"),
)


def main() -> None:
    if "-stay_open" not in sys.argv:
        # Somebody's own command, not one of the run.
        os.execv(os.environ["TAGONAUT_EXIFTOOL"], ["exiftool", *sys.argv[1:]])
    real = subprocess.Popen(
        [os.environ["TAGONAUT_EXIFTOOL"], *sys.argv[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_die_with_us,  # noqa: PLW1509  (there are no threads yet)
    )
    assert real.stdin and real.stdout and real.stderr
    block: list[bytes] = []
    left = int(os.environ["TAGONAUT_FAULT_AT"])
    for line in sys.stdin.buffer:
        block.append(line)
        if not (ended := re.fullmatch(rb"-execute(\d+)\n", line)):
            continue
        fault = ""
        if b"-o\n" in block and _can_be_spoiled(block):
            fault = _fault(left)
            left -= 1
        target = Path(os.fsdecode(block[block.index(b"-o\n") + 1].strip())) if fault else Path()
        ready = b"{ready%s}\n" % ended[1]
        if fault == "hangs":
            time.sleep(1000)
        if fault == "dies":
            sys.exit(1)
        block = _spoiled(block, fault)
        if fault == "does not write":
            block = [b"-ver\n", b"-echo4\n", ready, line]
        real.stdin.write(b"".join(block))
        real.stdin.flush()
        answers = [_until(pipe, ready) for pipe in (real.stdout, real.stderr)]
        block = []
        if fault == "dies when it has written":
            sys.exit(1)
        _spoil(target, fault)
        if fault == "answers nothing":
            time.sleep(1000)
        if fault.startswith("answers"):
            left_over = (
                b"<?xml version='1.0'?>\n" if fault != "answers garbage" else b"\xff\0{" * 99
            )
            answers = [left_over, left_over]
        for answer, out in zip(answers, (sys.stdout.buffer, sys.stderr.buffer), strict=True):
            out.write(answer + ready)
            out.flush()


def _can_be_spoiled(block: list[bytes]) -> bool:
    """Whether the fault makes a difference: some photos have no words written one by one."""
    of_words = os.environ["TAGONAUT_FAULT"].startswith(("writes no", "writes one", "writes a tag"))
    return not of_words or any(b"Subject" in one for one in block)


def _spoiled(block: list[bytes], fault: str) -> list[bytes]:
    """A command of which something is left out or done twice."""
    if fault == "writes no keywords":
        return [one for one in block if b"Keywords" not in one and b"Subject" not in one]
    if fault == "writes one field alone":
        return [one for one in block if b"Subject" not in one]
    if fault == "writes a tag twice":
        return [one for one in block for _ in range(1 + (b"-XMP-dc:Subject" in one))]
    return block


def _die_with_us() -> None:
    """The real one polls for ever when nobody writes to it any more."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _fault(left: int) -> str:
    once = Path(os.environ["TAGONAUT_FAULT_ONCE"])
    if left > 0 or once.exists():
        return ""
    once.touch()
    return os.environ["TAGONAUT_FAULT"]


def _until(pipe, ready: bytes) -> bytes:
    answer = b""
    while not answer.endswith(ready):
        answer += pipe.readline()
    return answer.removesuffix(ready)


def _spoil(target: Path, fault: str) -> None:
    if fault == "writes half":
        os.truncate(target, target.stat().st_size // 2)
    if fault == "writes an empty file":
        os.truncate(target, 0)
    if fault == "writes other pixels":
        content = bytearray(target.read_bytes())
        content[_pixel(bytes(content))] ^= 1
        target.write_bytes(content)


def _pixel(content: bytes) -> int:
    """Where in a file something stands that is decoded to pixels."""
    if content.startswith(b"\x89PNG"):
        return content.index(b"IDAT") + 10
    if content.startswith(b"RIFF"):
        return content.index(b"VP8") + 20
    if content.startswith(b"GIF8"):
        # Behind the descriptor of an image at the upper left, and the sizes of its data.
        return content.index(b",\0\0\0\0") + 14
    return len(content) - 9


if __name__ == "__main__":
    main()
