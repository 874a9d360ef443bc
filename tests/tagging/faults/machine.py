"""What this machine lets a test do: mounts, attributes, rights; each skips where it may not."""

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PR_CAPBSET_DROP = 24
# The file system is cut off from its disk at once, without a last write of its log.
FS_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = struct.pack("I", 2)
DAC_OVERRIDE, DAC_READ_SEARCH, LINUX_IMMUTABLE = 1, 2, 9


def _can(*command: str | Path) -> bool:
    return (
        shutil.which(str(command[0])) is not None
        and subprocess.run(command, check=False, capture_output=True).returncode == 0
    )


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system in memory of so many bytes ("300k")."""
    folder.mkdir()
    if not _can("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder):
        pytest.skip("a file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True, capture_output=True)


@contextmanager
def failing_disk(folder: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """An ext4 file system, and what cuts it off: every call fails, what was not synced is lost.

    Entered again, it is what the failure has left.
    """
    image = folder.with_suffix(".image")
    if not image.exists():
        with image.open("wb") as file:
            file.truncate(8 << 20)
        if not _can("mkfs.ext4", "-q", "-F", image):
            pytest.skip("no ext4 file system can be made here")
    folder.mkdir(exist_ok=True)
    # It shall not sync by itself, neither in time nor where a file is replaced.
    if not _can("mount", "-o", "loop,commit=300,noauto_da_alloc", image, folder):
        pytest.skip("a file system in a file cannot be mounted here")
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            yield folder, lambda: _cut_off(handle)
        finally:
            os.close(handle)
    finally:
        subprocess.run(["umount", folder], check=True)


def _cut_off(handle: int) -> None:
    with suppress(OSError):  # where it cannot be: the test has to look
        fcntl.ioctl(handle, FS_IOC_SHUTDOWN, NO_LOG_FLUSH)


@contextmanager
def immutable(path: Path) -> Iterator[None]:
    """``chattr +i``: not even root may write, rename or remove it."""
    if not _can("chattr", "+i", path):
        pytest.skip("files cannot be made immutable here")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def as_anybody() -> Callable[[], None] | None:
    """For ``preexec_fn``: root is refused what the rights of a file refuse to its owner."""
    if os.geteuid() != 0:
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def drop() -> None:
        for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "a capability cannot be dropped")

    try:
        subprocess.run(["true"], check=True, preexec_fn=drop)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("root cannot give up its rights here")
    return drop
