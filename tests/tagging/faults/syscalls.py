"""What a run asked of its file system, in order, recorded by strace."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

TRACED = (
    *("open", "openat", "creat", "close", "write", "pwrite64", "writev", "lseek", "read"),
    *("ftruncate", "truncate", "fallocate", "sendfile", "copy_file_range"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chdir", "clone", "clone3", "vfork"),
    *("fsync", "fdatasync", "msync"),
)

_LINE = re.compile(rb"(\d+) +(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))", re.DOTALL)
_ENDED = re.compile(rb"\) += (-?\d+)")
_TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(rb"(?:(\d+)|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True)
class Call:
    """A system call that succeeded; ``started`` and ``ended`` are places in the recording.

    ``strings`` are its quoted arguments, ``files`` its open files (number, -1 for the working
    folder, and path), ``rest`` the text of all arguments.
    """

    process: int
    name: str
    strings: tuple[bytes, ...]
    files: tuple[tuple[int, bytes], ...]
    rest: bytes
    result: int
    started: int
    ended: int


def record(command: Sequence[str], log: Path, env: dict[str, str]) -> list[Call]:
    """Run a command to its end under strace; the test is skipped where there is none."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    options = ["-f", "-y", "-qq", "-xx", "-s", "10000000", "-o", str(log)]
    traced = ["strace", *options, "-e", "trace=" + ",".join(TRACED), "-e", "signal=none", *command]
    done = subprocess.run(traced, check=False, capture_output=True, env=env)
    if b"ptrace" in done.stderr or not log.exists():
        pytest.skip("processes may not be traced here")
    assert done.returncode == 0, done.stderr[-2000:]
    return list(_calls(log.read_bytes().splitlines()))


def _calls(lines: Sequence[bytes]) -> Iterator[Call]:
    waiting: dict[int, tuple[int, str, bytes]] = {}
    for place, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        process = int(found[1])
        if found[2] is not None:
            if process not in waiting:
                continue
            started, name, arguments = waiting.pop(process)
            arguments += found[3]
        else:
            started, name, arguments = place, found[4].decode(), found[5]
            if arguments.endswith(b"<unfinished ...>"):
                waiting[process] = place, name, arguments.removesuffix(b"<unfinished ...>")
                continue
        ended = _ENDED.search(arguments)
        if ended is not None and int(ended[1]) >= 0:
            text = arguments[: ended.start()]
            files = _FILE.findall(arguments)
            yield Call(
                process,
                name,
                tuple(_bytes(one) for one in _TEXT.findall(text)),
                tuple((int(number or -1), _bytes(path)) for number, path in files),
                text,
                int(ended[1]),
                started,
                place,
            )


def _bytes(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode())
