"""Heads, losses and batches against one another on frozen features, three seeds each.

    .venv/bin/python benchmarks/learning/run.py [--seeds 0,1,2] [--only heads,losses,batches]

UC Merced land use (Yang & Newsam 2010; labels: Chaudhuri et al. 2018), MobileNetV2's ImageNet
weights, frozen, pictures of 224 pixels. A seed is a split (60/20/20), an order and a start; the
variants of a seed share all three. Thresholds are tuned on validation for each label's F1. Prints
mean and standard deviation over the seeds, and of the differences from the first variant.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tagonaut
from tagonaut.deciding import (
    DecisionRule,
    DecisionSettings,
    create_rule,
    fbeta,
    mean_average_precision,
)
from tagonaut.interrupts import Stop
from tagonaut.learning.fit import fit
from tagonaut.learning.prepared import Prepared
from tagonaut.learning.preparing import Preparing, prepare
from tagonaut.learning.recipes import load_recipe

SHARED = Path(__file__).parents[3] / "shared"
# Maps are thirty times as many numbers as pooled features, and settle in fewer epochs.
MAPS = ["frozen.epochs=15", "frozen.batch_size=32", "frozen.weight_decay=0.05"]
VARIANTS: dict[str, dict[str, list[str]]] = {
    "heads": {
        "linear, on the backbone's own pooling": [],
        "linear, on the final map, averaged": ["head.pool=average", "frozen.standardise=false"],
        "mlp, 512 hidden": ["head.kind=mlp", "head.hidden=512", "frozen.weight_decay=0.05"],
        "residual block (amazon-resnet50)": ["head.kind=residual", *MAPS],
        "hourglass, coarsest scale": ["head.kind=hourglass", "head.stages=[-1]", *MAPS],
        "hourglass, 2 scales": ["head.kind=hourglass", "head.stages=[-2, -1]", *MAPS],
        "hourglass, 3 scales": ["head.kind=hourglass", "head.stages=[-3, -2, -1]", *MAPS],
    },
    "losses": {
        "binary cross-entropy": [],
        "binary cross-entropy, balanced": ["loss.label_weights=balanced"],
        "binary cross-entropy, smoothed 0.05": ["loss.label_smoothing=0.05"],
        "focal": ["loss.kind=focal"],
        "asymmetric": ["loss.kind=asymmetric"],
        "ranking (WARP)": ["loss.kind=warp"],
        "ranking (LSEP)": ["loss.kind=lsep", "loss.decision=none"],
        "ranking (LSEP), learned thresholds": ["loss.kind=lsep", "loss.decision=threshold"],
        "ranking (LSEP), learned counts": ["loss.kind=lsep", "loss.decision=count"],
    },
    "batches": {
        "uniform": [],
        "stratified": ["frozen.batches=stratified"],
        "upsampled": ["frozen.batches=upsampled"],
        "repeat-factor": ["frozen.batches=repeat-factor"],
    },
}
FIGURES = ("mAP", "macro-F1", "macro-F1 at 0.5", "samples-F2")


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default=",".join(VARIANTS))
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    chosen = parser.parse_args()
    if not chosen.collection.is_dir():
        sys.exit(f"{chosen.collection}: the collection is not there (--collection)")
    dataset = tagonaut.read(chosen.collection / "labels.csv", chosen.collection / "images")
    seeds = [int(seed) for seed in chosen.seeds.split(",")]
    how = Preparing(chosen.weights)
    prepared = [
        prepare(dataset, load_recipe("fast", [f"seed={seed}"]), how, stop=Stop()) for seed in seeds
    ]
    for group in chosen.only.split(","):
        print(f"\n| {group} | seconds | " + " | ".join(FIGURES) + " | mAP, difference |")
        print("|---|---:|" + "---:|" * (len(FIGURES) + 1), flush=True)
        first: list[float] = []
        for variant, changes in VARIANTS[group].items():
            found = [judge(one, changes) for one in prepared]
            figures = np.array([figures for figures, _ in found])
            first = first or list(figures[:, 0])
            cells = [spread(column) for column in figures.T]
            cells.append(spread(figures[:, 0] - first, signed=True))
            seconds = np.mean([seconds for _, seconds in found])
            print(f"| {variant} | {seconds:.0f} | " + " | ".join(cells) + " |", flush=True)


def judge(prepared: Prepared, changes: list[str]) -> tuple[list[float], float]:
    """The figures of one variant on the test pictures, and the seconds that its fit took."""
    base = prepared.recipe
    keys = [f"seed={base.seed}", f"backbone={base.backbone}", *changes]
    fitted = fit(prepared, load_recipe("fast", keys), stop=Stop())
    table, scores = prepared.table, fitted.scores
    validation, test = table.rows("validation"), table.rows("test")
    targets, known = table.targets[test], table.known[test]
    rule = DecisionRule.tune(
        table.labels.names, table.targets[validation], scores[validation],
        DecisionSettings("f1", create_rule("optimum")), known=table.known[validation],
        split="validation",
        ids=[table.ids[row] for row in validation],
    )  # fmt: skip
    tags, half = rule.decide(scores[test]), scores[test] >= 0.5
    figure: Callable[..., float] = fbeta
    return [
        mean_average_precision(targets, scores[test], known=known),
        figure(targets, tags, 1, known=known, average="macro"),
        figure(targets, half, 1, known=known, average="macro"),
        figure(targets, tags, 2, known=known, average="samples"),
    ], fitted.seconds


def spread(values: np.ndarray, *, signed: bool = False) -> str:
    """Mean and standard deviation."""
    deviation = values.std(ddof=1) if len(values) > 1 else 0
    return f"{values.mean():{'+' if signed else ''}.4f} ± {deviation:.4f}"


if __name__ == "__main__":
    main()
