"""How much nearer a batch's label shares come to the whole's by stratified dealing.

    .venv/bin/python benchmarks/batches/run.py [--size 16,32,64]

And whether the gradient's variance falls: of a linear head's binary cross-entropy, at its start
(zero weights, the labels' shares as biases) and after it was fitted. Features: of Planet's table,
most of whose pictures are not here, noise in which each label shows; of the aerial collection, the
colours of its pictures at 8 × 8. The variances of aerial are good to some 3 %, Planet's to 0.3 %.
"""

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tagonaut.learning.fitting.batches import epoch_batches

SHARED = Path(__file__).parents[3] / "shared" / "data"
EPOCHS = 3


def table(path: Path) -> tuple[list[str], list[str], np.ndarray]:
    """Picture names, labels and ``targets[n, k]`` of a CSV with the columns image_name, tags."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [(row["image_name"], set(row["tags"].split())) for row in csv.DictReader(file)]
    labels = sorted(set().union(*(tags for _, tags in rows)))
    targets = np.array([[label in tags for label in labels] for _, tags in rows], dtype=np.uint8)
    return [name for name, _ in rows], labels, targets


def colours(folder: Path, names: list[str]) -> np.ndarray:
    """``features[n, 192]``, standardised."""
    found = []
    for name in names:
        with Image.open(folder / f"{name}.jpg") as picture:
            picture.draft("RGB", (32, 32))
            found.append(np.asarray(picture.convert("RGB").resize((8, 8))).ravel())
    return standardised(np.array(found, dtype=float))


def telling(targets: np.ndarray, rng: np.random.Generator, width: int = 64) -> np.ndarray:
    """``features[n, width]``: a direction for each label, and noise."""
    directions = rng.normal(size=(targets.shape[1], width))
    return standardised(targets @ directions + 2 * rng.normal(size=(len(targets), width)))


def standardised(features: np.ndarray) -> np.ndarray:
    """``features[n, d]`` of mean 0 and deviation 1."""
    return (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-9)


def deviations(batches: list[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """``[k]``: the mean over batches of |share in the batch - share in the whole|."""
    share = targets.mean(axis=0)
    return np.mean([np.abs(targets[rows].mean(axis=0) - share) for rows in batches], axis=0)


def least(batches: list[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """``[k]``: what no dealing of whole pictures can go below, each label taken by itself."""
    sizes = np.array([len(rows) for rows in batches])
    found = []
    for total in targets.sum(axis=0):
        ideal = sizes * total / sizes.sum()
        fraction = ideal - np.floor(ideal)
        down, up = fraction / sizes, (1 - fraction) / sizes
        more = int(total - np.floor(ideal).sum())
        found.append((down.sum() + np.sort(up - down)[:more].sum()) / len(sizes))
    return np.array(found)


def gradients(
    batches: list[np.ndarray], inputs: np.ndarray, targets: np.ndarray, head: np.ndarray
) -> np.ndarray:
    """``[batches, d * k]`` of the mean binary cross-entropy of ``inputs[n, d] @ head[d, k]``."""
    wrong = 1 / (1 + np.exp(-inputs @ head)) - targets
    return np.stack([(inputs[rows].T @ wrong[rows]).ravel() / wrong[rows].size for rows in batches])


def fitted(inputs: np.ndarray, targets: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The head after some steps down the gradient of all pictures."""
    head, moved = start.copy(), np.zeros_like(start)
    for _ in range(150):
        wrong = 1 / (1 + np.exp(-inputs @ head)) - targets
        moved = 0.9 * moved - 0.1 * (inputs.T @ wrong) / len(inputs)
        head += moved
    return head


def main() -> None:
    """Deal, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", default="16,32,64")
    arguments = parser.parse_args()
    paths = {"planet": SHARED / "amazon/train_v2.csv", "aerial": SHARED / "aerial/labels.csv"}
    for path in paths.values():
        if not path.is_file():
            sys.exit(f"{path}: the table is not there")
    print(
        "| table | batch | dealing | seconds an epoch | mean deviation, % | worst label, %"
        " | gradient variance: start | fitted |"
    )
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    for name, path in paths.items():
        rng = np.random.default_rng(0)
        names, labels, targets = table(path)
        known = np.ones(targets.shape, dtype=bool)
        if name == "planet":
            features = telling(targets, rng)
        else:
            features = colours(path.parent / "images", names)
        inputs = np.hstack([features, np.ones((len(features), 1))])
        share = targets.mean(axis=0)
        start = np.zeros((inputs.shape[1], len(labels)))
        start[-1] = np.log(share / (1 - share))
        heads = (start, fitted(inputs, targets, start))
        for size in map(int, arguments.size.split(",")):
            plain: list[float] = []
            for kind in ("uniform", "stratified"):
                began = time.monotonic()
                epochs = [epoch_batches(kind, targets, known, size, rng) for _ in range(EPOCHS)]
                seconds = (time.monotonic() - began) / EPOCHS
                batches = [rows for epoch in epochs for rows in epoch]
                away = deviations(batches, targets)
                variance = [
                    gradients(batches, inputs, targets, head).var(axis=0).sum() for head in heads
                ]
                plain = plain or variance
                ratio = [f"{100 * v / u:.0f} %" for v, u in zip(variance, plain, strict=True)]
                print(
                    f"| {name} | {size} | {kind} | {seconds:.2f} | {100 * away.mean():.2f}"
                    f" | {100 * away.max():.2f} ({labels[away.argmax()]}) | {' | '.join(ratio)} |",
                    flush=True,
                )
            away = least(epochs[0], targets)
            print(
                f"| {name} | {size} | least possible | | {100 * away.mean():.2f}"
                f" | {100 * away.max():.2f} ({labels[away.argmax()]}) | | |"
            )


if __name__ == "__main__":
    main()
