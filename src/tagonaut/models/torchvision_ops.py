"""Imports timm, and torchvision, which timm needs: beside any PyTorch, and without its compiler.

torchvision registers fake kernels for ``nms`` and ``qnms`` at import without looking whether its
compiled library, which declares them, could be loaded; beside a CPU build of PyTorch it cannot, and
the import fails. Declaring the two schemas is enough: nothing here calls them.

Both import PyTorch's compiler, which takes longer than all else of a short command, for functions
that nothing here calls: they import it when they are called. Import this module before timm or
Lightning.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch


def _declare() -> torch.library.Library | None:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0])
    try:
        # Where it loads, this only does early what torchvision does itself.
        for compiled in [*folder.glob("_C*.so"), *folder.glob("_C*.pyd")]:
            torch.ops.load_library(compiled)
            return None
    except OSError:
        pass
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


class _Later(ModuleType):
    """Stands for ``torch._dynamo.utils`` while torchvision is imported."""

    @staticmethod
    def is_compile_supported(device: object) -> bool:
        return bool(importlib.import_module(_COMPILER).is_compile_supported(device))


_COMPILER = "torch._dynamo.utils"


def _import_without_compiler() -> None:
    if _COMPILER in sys.modules:
        return
    compiler: Any = torch.compiler
    disable = compiler.disable
    sys.modules[_COMPILER] = _Later(_COMPILER)
    # PyTorch's own, which imports the compiler at the first call of what it decorates.
    compiler.disable = getattr(torch, "_disable_dynamo", disable)
    try:
        importlib.import_module("timm")
    finally:
        compiler.disable = disable
        del sys.modules[_COMPILER]


LIBRARY = _declare()
_import_without_compiler()
