"""ExifTool behind one small door: a process that stays open, and names of our own making."""

import fcntl
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tagonaut.errors import MetadataError, TagonautError
from tagonaut.limits import MEMORY, SECONDS

# After each command that hung the next ones get half the time, and twice as much again only after
# a thousand that did not: a folder of a thousand such photos must not cost a day.
LEAST_SECONDS, FORGIVING = 5.0, 1000

MISSING = (
    "ExifTool is not installed, and photo metadata is read and written by it.\n"
    "  Debian, Ubuntu: apt-get install libimage-exiftool-perl\n"
    "  macOS:          brew install exiftool\n"
    "  others:         https://exiftool.org/install.html"
)

# ExifTool unpacks what a file claims to hold, and Perl then ends it at the limit of this shell.
_BOUNDED = 'ulimit -v "$0" 2>/dev/null; exec exiftool "$@"'
# Of the memory that one file may take: the answer about it, or a picture that is embedded in it.
_ANSWER_SHARE = 16
PREVIEW_SHARE = 4

_CONFIG = Path(__file__).with_name("exiftool.config")

# ExifTool polls for ever when the end of its standard input is closed, as happens when we are
# killed. This shell then sees the end of its own input, ends the group of processes that it leads,
# and clears the links away; in that order, for ExifTool makes a folder where the link to one is
# gone. The shell is there before ExifTool is: no instant is without a watch.
_WATCH = """
trap '' TERM
read -r _
kill -s TERM -- "-$$"
rm -f "$1"/*
rmdir "$1"
kill -s KILL -- "-$$"
"""


# The folders of links; the system's temporary folder has others of ours.
_PREFIX = "tagonaut-links-"
# A folder that is younger may not be locked yet.
_YOUNG_SECONDS = 60.0


class _HungError(MetadataError):
    """No answer in time."""


class ExifTool:
    """One ExifTool process, started at the first use and again after it died or hung.

    Safe to share between threads, one command at a time; threads that shall work at the same time
    need one each. Raises ``TagonautError`` where ExifTool is not installed.
    """

    def __init__(self, *, timeout: float | None = None) -> None:
        self.timeout = timeout or SECONDS.value
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._hung = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._held: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; a later use starts a new one."""
        with self._lock:
            self._end()
            if self._folder is not None:
                _remove(self._folder)
                self._folder = None
            if self._held is not None:
                os.close(self._held)
                self._held = None

    @contextmanager
    def names(self, paths: Sequence[Path]) -> Iterator[list[str]]:
        """Short names under which ExifTool sees these files or folders, for as long as it lasts.

        ExifTool reads its arguments one a line and gives some of them a meaning: a name that a
        person chose never stands among them. The names have no suffix, so that ExifTool goes by
        the content, and are more than a number: a file called 360 is a film to it.
        """
        links = [self._home() / f"link{next(self._numbers)}" for _ in paths]
        try:
            for link, path in zip(links, paths, strict=True):
                link.symlink_to(os.path.abspath(path))  # noqa: PTH100  (resolve() follows links)
            yield [link.name for link in links]
        finally:
            for link in links:
                link.unlink(missing_ok=True)

    @contextmanager
    def new_file(self) -> Iterator[Path]:
        """A path for a file of ours that ExifTool sees by its name, for as long as it lasts.

        Whatever ends this process, the file is cleared away with the links.
        """
        path = self._home() / f"file{next(self._numbers)}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def version(self) -> str:
        """Its version. Raises ``MetadataError`` as ``execute`` does."""
        output, _ = self.execute(["-ver"])
        return output.decode(errors="replace").strip()

    def execute(
        self,
        arguments: Sequence[str],
        *,
        timeout: float | None = None,
        share: int = _ANSWER_SHARE,
    ) -> tuple[bytes, str]:
        """ExifTool's standard output, and its warnings and errors, one per line.

        ``timeout`` in seconds; less where commands before hung too. Raises ``MetadataError`` if
        ExifTool hangs, dies, or answers with more bytes than a ``share`` of the memory for one
        file; the process is ended then.
        """
        for argument in arguments:
            if not argument or argument[0] in "# \t" or "\n" in argument or "\r" in argument:
                raise ValueError(f"not one line that ExifTool takes as it stands: {argument!r}")
        with self._lock:
            process = self._process or self._start()
            number = next(self._numbers)
            ready = b"{ready%d}\n" % number
            lines = [*arguments, "-echo4", f"{{ready{number}}}", f"-execute{number}", ""]
            asked = timeout or self.timeout
            allowed = max(min(asked, LEAST_SECONDS), asked / 2**self._hung)
            try:
                limit = time.monotonic() + allowed
                outputs = _converse(process, "\n".join(lines).encode(), ready, limit, share)
            except BaseException as error:
                self._hung = min(self._hung + isinstance(error, _HungError), 9.0)
                self._end()
                raise
            self._hung = max(0.0, self._hung - 1 / FORGIVING)
            return outputs[0], outputs[1].decode(errors="replace")

    def _home(self) -> Path:
        with self._lock:
            if self._folder is None:
                _clear_orphans()
                self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
                # Held until this process ends, however it ends: a folder without lock is an orphan.
                self._held = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
                with suppress(OSError):
                    fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._folder

    def _start(self) -> subprocess.Popen[bytes]:
        if shutil.which("exiftool") is None:
            raise TagonautError(MISSING)
        folder = self._home()
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "sh", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            # Our configuration, for the user's could redefine tags. A process group of its own:
            # Ctrl-C is for us to hear, not for ExifTool.
            self._process = subprocess.Popen(
                [
                    *("/bin/sh", "-c", _BOUNDED, str(MEMORY.value >> 10)),
                    *("-config", str(_CONFIG), "-stay_open", "True", "-@", "-"),
                ],
                cwd=folder,
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=self._watcher.pid,
            )
        except BaseException:
            self._end()
            raise
        return self._process

    def _end(self) -> None:
        if self._watcher is not None:
            # All of the group: what is called exiftool may be a script that has started it.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._watcher.pid, signal.SIGKILL)
        for process in (self._watcher, self._process):
            if process is not None:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout, process.stderr):
                    if pipe is not None:
                        _close(pipe)
        self._process = self._watcher = None


def _clear_orphans() -> None:
    """Remove folders of links whose ExifTool and its watch were killed together."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            state = folder.lstat()
            if state.st_uid != os.getuid() or time.time() - state.st_mtime < _YOUNG_SECONDS:
                continue
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)
            finally:
                os.close(handle)


def _remove(folder: Path) -> None:
    for link in folder.iterdir():
        link.unlink()
    folder.rmdir()


def _close(pipe: Any) -> None:
    with suppress(BrokenPipeError):
        pipe.close()


def _converse(
    process: subprocess.Popen[bytes], question: bytes, ready: bytes, limit: float, share: int
) -> tuple[bytes, bytes]:
    """Write the question and read until both outputs end with ``ready``; both without it.

    Raises ``MetadataError`` when the time ``limit`` has passed, and for more bytes than a ``share``
    of the memory for one file.
    """
    assert process.stdin and process.stdout and process.stderr
    os.set_blocking(process.stdin.fileno(), False)
    answers = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    waiting = set(answers)
    left = memoryview(question)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        for number in answers:
            selector.register(number, selectors.EVENT_READ)
        while waiting:
            events = selector.select(max(0.0, limit - time.monotonic()))
            if not events:
                raise _HungError(
                    "ExifTool did not answer in time and was ended"
                    f" (to give it more, set {SECONDS.variable})"
                )
            for key, _ in events:
                if key.fd in answers:
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        raise _ended(bytes(answers[process.stderr.fileno()]))
                    answers[key.fd] += data
                    size = sum(map(len, answers.values()))
                    MEMORY.check(size, "ExifTool's answer is", MetadataError, share=share)
                    if answers[key.fd].endswith(ready):
                        waiting.discard(key.fd)
                        selector.unregister(key.fd)
                elif left:
                    try:
                        left = left[os.write(key.fd, left) :]
                    except BrokenPipeError:
                        raise MetadataError("ExifTool ended without an answer") from None
                    if not left:
                        selector.unregister(process.stdin)
    first, second = (bytes(answer[: -len(ready)]) for answer in answers.values())
    return first, second


def _ended(errors: bytes) -> MetadataError:
    """Why ExifTool ended, by what it said last."""
    reason = " ".join(errors.decode(errors="replace").split())[:200]
    if "Out of memory" in reason:
        reason = f"because its memory was{MEMORY.over()}"
    return MetadataError(f"ExifTool ended without an answer {reason}".rstrip())
