"""Run as a script: torchmetrics' figures for the arrays of an .npz file, as JSON.

In a process of its own, because importing torchmetrics imports torchvision, and that needs its
operators declared where torch is a CPU build without them; a process can declare them only once.
"""

import json
import sys
from typing import Any

import numpy as np
import torch

kept: list[torch.library.Library] = []


def declare_torchvision() -> None:
    # Kept, for the declarations go with the object.
    kept.append(torch.library.Library("torchvision", "DEF"))
    for name in ("nms", "qnms"):
        kept[0].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def main(path: str) -> None:
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        declare_torchvision()
    from torchmetrics.functional import classification as oracle

    arrays = np.load(path)
    targets = torch.tensor(np.where(arrays["known"], arrays["targets"].astype(np.int64), -1))
    tags = torch.tensor(arrays["tags"].astype(np.int64))
    scores = torch.tensor(arrays["scores"])
    setting: dict[str, Any] = {
        "num_labels": targets.shape[1],
        "ignore_index": -1,
        "validate_args": True,
    }
    figures = {"ap": oracle.multilabel_average_precision(scores, targets, average=None, **setting)}
    for average in ("none", "micro", "macro"):
        chosen = setting | {"average": average}
        figures[f"precision {average}"] = oracle.multilabel_precision(tags, targets, **chosen)
        figures[f"recall {average}"] = oracle.multilabel_recall(tags, targets, **chosen)
        figures[f"accuracy {average}"] = oracle.multilabel_accuracy(tags, targets, **chosen)
        for beta in (1.0, 2.0):
            figures[f"f{beta:g} {average}"] = oracle.multilabel_fbeta_score(
                tags, targets, beta=beta, **chosen
            )
    json.dump({name: figure.tolist() for name, figure in figures.items()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
