"""How many of the labels that were flipped on purpose an audit finds among its first.

    .venv/bin/python benchmarks/audit/run.py [--share 0.03] [--seeds 3]

UC Merced land use (Yang & Newsam 2010; labels: Chaudhuri et al. 2018), 17 labels. Of all cells 3 %
are flipped at random, the recipe fast is fitted on what is then there, and every cell is ranked.
The collection has errors of its own, which count as false alarms here: no way reaches 100 %.

With frozen MobileNetV2, the means of three seeds (half a minute on two cores), in per cent of the
flipped cells; the last column is of as many first ones as were flipped:

    ranked by                                first 5 %   wrong   missing   as many
    audit                                         88.3    92.9      70.4      76.9
    |score - given|                               87.8    91.3      74.0      74.6
    cleanlab, self confidence                     87.8    91.3      74.0      74.6
    cleanlab, normalized margin                   87.8    91.3      74.0      74.6
    cleanlab, confidence weighted entropy         87.8    91.3      74.0      74.6
    cleanlab, self confidence, adjusted           75.0    73.9      79.5      41.0
    at random                                      5.3     5.3       5.3       3.2

    flagged: 973 cells; 66.3 % of them were flipped, which is 75.0 % of the flipped
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.readers import read
from tagonaut.workflows.audit import Audited, audit

SHARED = Path(__file__).parents[3] / "shared"
FIRST = 0.05


def flipped(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, NDArray[np.bool_]]:
    """The data set with that share of its cells flipped, and which they are."""
    cells = np.flatnonzero(dataset.known)
    chosen = np.random.default_rng(seed).choice(cells, round(share * len(cells)), replace=False)
    flips = np.zeros(dataset.targets.shape, dtype=bool)
    flips.flat[chosen] = True
    return replace(dataset, targets=dataset.targets ^ flips), flips


def doubts(audited: Audited) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Ways to rank the cells: each one's name, and figures that are higher for likelier errors."""
    from cleanlab.rank import get_label_quality_scores

    given, scores = audited.dataset.targets, audited.scores
    yield "audit", -audited.quality.ranks
    yield "|score - given|", np.abs(scores - given)
    for method, adjusted in (
        ("self_confidence", False),
        ("normalized_margin", False),
        ("confidence_weighted_entropy", False),
        ("self_confidence", True),
    ):
        columns = [
            1
            - get_label_quality_scores(
                given[:, k].astype(int),
                np.column_stack([1 - scores[:, k], scores[:, k]]).astype(np.float64),
                method=method,
                adjust_pred_probs=adjusted,
            )
            for k in range(given.shape[1])
        ]
        name = method.replace("_", " ") + (", adjusted" if adjusted else "")
        yield f"cleanlab, {name}", np.column_stack(columns)
    yield "at random", np.random.default_rng(0).random(given.shape)


def found(doubt: NDArray[np.floating], flips: NDArray[np.bool_], given: NDArray[np.uint8]) -> list:
    """Of the flipped cells, wrong tags and missing tags the share among the first; and precision.

    The last is the share of flipped cells among as many first ones as were flipped.
    """
    order = np.argsort(-doubt, axis=None, kind="stable")
    first = np.zeros(flips.size, dtype=bool)
    first[order[: round(FIRST * flips.size)]] = True
    first = first.reshape(flips.shape)
    kinds = (flips, flips & (given == 1), flips & (given == 0))
    return [
        *((first & kind).sum() / kind.sum() for kind in kinds),
        flips.flat[order[: flips.sum()]].mean(),
    ]


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=0.03)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    chosen = parser.parse_args()
    for path in (chosen.collection, chosen.weights):
        if not path.exists():
            print(f"skipped: {path} is not there (--collection, --weights)")
            return
    clean = read(chosen.collection / "labels.csv", chosen.collection / "images")
    rows: dict[str, list[list[float]]] = {}
    flags = []
    for seed in range(chosen.seeds):
        data, flips = flipped(clean, chosen.share, seed)
        with tempfile.TemporaryDirectory() as folder:
            audited = audit(data, "fast", weights=chosen.weights, out=Path(folder, "audit"))
        # In the order of the pictures that were judged.
        at = {name: row for row, name in enumerate(data.ids)}
        flips = flips[[at[name] for name in audited.dataset.ids]]
        for way, doubt in doubts(audited):
            rows.setdefault(way, []).append(found(doubt, flips, audited.dataset.targets))
        flagged = audited.quality.flagged
        right = (flagged & flips).sum()
        flags.append([flagged.sum(), 100 * right / flagged.sum(), 100 * right / flips.sum()])
        sys.stderr.write(f"seed {seed} done\n")
    print("| ranked by | first 5 % | wrong tags | missing tags | as many as flipped |")
    print("|---|---:|---:|---:|---:|")
    for way, figures in rows.items():
        means = " | ".join(f"{100 * figure:.1f}" for figure in np.mean(figures, axis=0))
        print(f"| {way} | {means} |")
    count, precision, recall = np.mean(flags, axis=0)
    print(
        f"\nflagged: {count:,.0f} cells; {precision:.1f} % of them were flipped, which is"
        f" {recall:.1f} % of the flipped"
    )


if __name__ == "__main__":
    main()
