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
    figures = {}
    for average in ("none", "micro"):
        chosen = setting | {"average": average}
        figures[f"ap {average}"] = oracle.multilabel_average_precision(scores, targets, **chosen)
        figures[f"auroc {average}"] = oracle.multilabel_auroc(scores, targets, **chosen)
    for average in ("none", "micro", "macro", "weighted"):
        chosen = setting | {"average": average}
        figures[f"jaccard {average}"] = oracle.multilabel_jaccard_index(tags, targets, **chosen)
        figures[f"precision {average}"] = oracle.multilabel_precision(tags, targets, **chosen)
        figures[f"recall {average}"] = oracle.multilabel_recall(tags, targets, **chosen)
        figures[f"accuracy {average}"] = oracle.multilabel_accuracy(tags, targets, **chosen)
        for beta in (1.0, 2.0):
            figures[f"f{beta:g} {average}"] = oracle.multilabel_fbeta_score(
                tags, targets, beta=beta, **chosen
            )
    setting["average"] = "micro"
    figures["hamming"] = oracle.multilabel_hamming_distance(tags, targets, **setting)

    # Its metrics of a picture's ranking know neither unknown cells nor ties.
    untied, everything = torch.tensor(arrays["untied"]), torch.tensor(arrays["targets"]).long()
    for name in ("coverage_error", "ranking_loss", "ranking_average_precision"):
        measure = getattr(oracle, f"multilabel_{name}")
        figures[name] = measure(untied, everything, num_labels=targets.shape[1])
    columns = zip(untied.T, targets.T, strict=True)
    figures["calibration"] = torch.stack(
        [
            oracle.binary_calibration_error(score, target, n_bins=15, norm="l1", ignore_index=-1)
            for score, target in columns
        ]
    )
    json.dump({name: figure.tolist() for name, figure in figures.items()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
