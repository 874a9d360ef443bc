"""The device that computes, and its precision."""

import ctypes
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import torch

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


@cache
def device() -> torch.device:
    """The GPU where there is one, else the processor."""
    keep_memory()
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def half_precision() -> bool:
    """Whether the hardware has bfloat16; emulated, it is ten times slower than float32."""
    if device().type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # oneDNN emulates bfloat16 without these instructions.
    cpu: Any = torch.cpu
    return bool(
        getattr(cpu, "_is_avx512_bf16_supported", bool)()
        or getattr(cpu, "_is_amx_tile_supported", bool)()
    )


def precision() -> AbstractContextManager[Any]:
    """A context in which networks run in bfloat16 where that is fast."""
    return torch.autocast(device().type, torch.bfloat16) if half_precision() else nullcontext()


def to_device(module: torch.nn.Module) -> torch.nn.Module:
    """Move a network to ``device()``, its filters laid out channels last."""
    memory_format: Any = {"memory_format": torch.channels_last}
    return module.to(device()).to(**memory_format)


def keep_memory() -> None:
    """Make the C library keep freed memory instead of giving it back after each layer.

    A layer's output is tens of megabytes; if it is mapped again each time, the kernel zeroes its
    pages each time, which cost 40 % of a training step where this was measured. Only glibc has this
    setting.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_MAX, 0)
            mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
