"""Lets torchvision, which timm imports, load beside a PyTorch that it was not built for.

torchvision registers fake kernels for ``nms`` and ``qnms`` at import without looking whether its
compiled library, which declares them, could be loaded; beside a CPU build of PyTorch it cannot, and
the import fails. Declaring the two schemas is enough: nothing here calls them. Import this module
before timm or Lightning.
"""

import importlib.util
from pathlib import Path

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


LIBRARY = _declare()
