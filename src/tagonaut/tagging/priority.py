"""The lowest priority for a long run, so that people can work on the machine meanwhile."""

import ctypes
import os
import platform
from contextlib import suppress

# linux/ioprio.h: the idle class gets the disk only when nobody else wants it.
_IDLE, _OF_PROCESS = 3 << 13, 1
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "riscv64": 30, "ppc64le": 273, "s390x": 282}


def lower_priority() -> None:
    """Give this process, and what it starts from now on, the last turn at processor and disk.

    The disk's priority is set where the system is Linux, and has an effect where its scheduler
    knows priorities.
    """
    os.nice(19)
    number = _IOPRIO_SET.get(platform.machine())
    if platform.system() == "Linux" and number is not None:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).syscall(number, _OF_PROCESS, 0, _IDLE)
