"""Decision rules against one another, on pictures that neither they nor the network have seen.

    .venv/bin/python benchmarks/rules/run.py [--resamples 20] [--only rules,calibration]

UC Merced land use (Yang & Newsam 2010; labels: Chaudhuri et al. 2018), recipe fast on MobileNetV2's
ImageNet weights. A resample is a seed: it deals the pictures into five folds, of which each is
scored by a network fitted on others. Then each rule is tuned on one fold of these scores and judged
on the other four (337 pictures tune), and tuned on four and judged on the fifth (1,350 tune).
Once with the collection as it is, once with five of the ten rarest labels thinned to 10 to 20
positives (pictures with them are taken away, before anything is learned).

Prints, for each objective, the mean and the deviation over all tunings (five a resample), and the
difference from each label's plain optimum with its 95 % interval (paired by resample, Student's t;
the resamples share their pictures, so that it tells of other splits of this collection, not of
other collections). And, for each calibration fitted on four folds, how good its probabilities are
on the fifth.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

import tagonaut
from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import SplitTable, folds, held_out
from tagonaut.deciding import (
    CALIBRATION_KINDS,
    Calibration,
    DecisionRule,
    DecisionSettings,
    Objective,
    calibration_error,
    create_rule,
)
from tagonaut.interrupts import Stop
from tagonaut.learning.fit import fit
from tagonaut.learning.preparing import Preparing, prepare
from tagonaut.learning.recipes import load_recipe

SHARED = Path(__file__).parents[3] / "shared"
FOLDS = 5
RARE, THINNED = 10, 5
OBJECTIVES = ("macro_f1", "samples_f2", "exact_match")
RULES: dict[str, dict[str, Any]] = {
    "0.5": {"kind": "half"},
    "0.5, calibrated (beta)": {"kind": "half", "calibration": "beta"},
    "one global threshold": {"kind": "global"},
    "each label's optimum": {"kind": "optimum"},
    "shrunk optimum": {"kind": "shrunk"},
    "theory: F*/(1 + β²), calibrated (beta)": {"kind": "theory"},
    "expected F, calibrated (beta)": {"kind": "expected_f"},
    "learned thresholds": {"kind": "learned_thresholds"},
}
# Kinds that are tuned alike whatever the objective is.
WHATEVER = {"half", "learned_thresholds"}
PLAIN = "each label's optimum"
Found = dict[tuple[str, str, str], list[float]]


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--resamples", type=int, default=20)
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    parser.add_argument("--only", default="rules,calibration")
    chosen = parser.parse_args()
    if not chosen.collection.is_dir():
        sys.exit(f"{chosen.collection}: the collection is not there (--collection)")
    dataset = tagonaut.read(chosen.collection / "labels.csv", chosen.collection / "images")
    for title, thin in (("as it is", False), ("five labels thinned", True)):
        found: Found = defaultdict(list)
        reliability: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for seed in range(chosen.resamples):
            some = thinned(dataset, seed) if thin else dataset
            scores, numbers = out_of_fold(some, chosen.weights, seed)
            if "rules" in chosen.only:
                judge(some, scores, numbers, seed, found)
            if "calibration" in chosen.only:
                calibrate(some, scores, numbers, reliability)
            print(
                f"{title}: resample {seed + 1} of {chosen.resamples}", file=sys.stderr, flush=True
            )
        if "rules" in chosen.only:
            show(title, found)
        if "calibration" in chosen.only:
            show_reliability(title, reliability)


def thinned(dataset: Dataset, seed: int) -> Dataset:
    """The collection with 10 to 20 positives left of five of its rarest labels."""
    random = np.random.default_rng(seed)
    targets = dataset.targets == 1
    kept = np.ones(len(dataset), dtype=np.bool_)
    for label in random.permutation(np.argsort(targets.sum(axis=0))[:RARE])[:THINNED]:
        positives = np.flatnonzero(targets[:, label] & kept)
        surplus = len(positives) - int(random.integers(10, 21))
        kept[random.permutation(positives)[: max(0, surplus)]] = False
    return dataset.subset(kept)


def out_of_fold(
    dataset: Dataset, weights: Path, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """``scores[n, k]`` of networks that had not seen the picture, and each picture's fold."""
    recipe = load_recipe("fast", [f"seed={seed}"])
    prepared = prepare(dataset, recipe, Preparing(weights), stop=Stop())
    numbers = folds(dataset, FOLDS, seed=seed)
    scores = np.full(dataset.targets.shape, np.nan, dtype=np.float32)
    for fold in range(FOLDS):
        table = SplitTable.of(dataset, list(prepared.table.hashes), held_out(numbers, fold))
        fitted = fit(replace(prepared, table=table), prepared.recipe, stop=Stop(), parts=("test",))
        scores[numbers == fold] = fitted.scores[numbers == fold]
    return scores, numbers


def judge(
    dataset: Dataset,
    scores: NDArray[np.float32],
    numbers: NDArray[np.intp],
    seed: int,
    found: Found,
) -> None:
    """Add one resample's figures: each the mean over the five turns."""
    for size, turns in (("a fifth", turns_of(numbers, True)), ("four fifths", turns_of(numbers))):
        for tuning, judging in turns:
            for name, how in RULES.items():
                rule = None
                for objective in OBJECTIVES:
                    if rule is None or how["kind"] not in WHATEVER:
                        rule = tune(dataset, scores, tuning, objective, seed, how)
                    tags = rule.decide(rule.calibrate(scores[judging]))
                    value = Objective.of(objective).value(dataset.targets[judging], tags)
                    found[size, objective, name].append(value)


def tune(
    dataset: Dataset,
    scores: NDArray[np.float32],
    rows: NDArray[np.bool_],
    objective: str,
    seed: int,
    how: dict[str, Any],
) -> DecisionRule:
    """One rule, from the scores of some of the pictures."""
    return DecisionRule.tune(
        dataset.labels.names,
        dataset.targets[rows],
        scores[rows],
        DecisionSettings(
            objective,
            create_rule(how["kind"]),
            calibration=how.get("calibration", "auto"),
            seed=seed,
        ),
        ids=[dataset.ids[row] for row in np.flatnonzero(rows)],
        split="out-of-fold",
    )


def calibrate(
    dataset: Dataset,
    scores: NDArray[np.float32],
    numbers: NDArray[np.intp],
    reliability: dict[str, list[tuple[float, float, float]]],
) -> None:
    """Add one resample's log loss and calibration errors, out of fold."""
    targets = dataset.targets
    for kind in ("none", *CALIBRATION_KINDS):
        chances = scores.astype(np.float64)
        if kind != "none":
            for tuning, judging in turns_of(numbers):
                fitted = Calibration.fit(kind, targets[tuning], scores[tuning])
                chances[judging] = fitted.apply(scores[judging])
        right = np.where(targets == 1, chances, 1 - chances).clip(1e-15, 1)
        reliability[kind].append((
            float(-np.log(right).mean()),
            calibration_error(targets, chances, average="macro"),
            calibration_error(targets, chances, average="micro"),
        ))  # fmt: skip


def show_reliability(title: str, reliability: dict[str, list[tuple[float, float, float]]]) -> None:
    """A Markdown table of the calibrations."""
    print(f"\n{title}\n")
    print("| calibration | log loss | calibration error, mean of the labels | of all cells |")
    print("|---|---:|---:|---:|")
    for kind, rows in reliability.items():
        cells = " | ".join(f"{mean:.4f}" for mean in np.mean(rows, axis=0))
        print(f"| {kind} | {cells} |", flush=True)


def turns_of(
    numbers: NDArray[np.intp], few: bool = False
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Which pictures tune and which are judged."""
    for fold in range(FOLDS):
        here = numbers == fold
        yield (here, ~here) if few else (~here, here)


def show(title: str, found: Found) -> None:
    """Markdown tables, one a size of the tuning set."""
    for size in ("a fifth", "four fifths"):
        print(f"\n{title}, tuned on {size} of the pictures\n")
        heads = " | ".join(f"{name} | difference" for name in OBJECTIVES)
        print(f"| tuned for and judged by | {heads} |")
        print("|---|" + "---:|" * (2 * len(OBJECTIVES)))
        for name in RULES:
            cells = [cell for some in OBJECTIVES for cell in figures(found, size, some, name)]
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def figures(found: Found, size: str, objective: str, name: str) -> tuple[str, str]:
    """Mean ± deviation over the tunings, and the paired difference with its interval."""
    values, plain = (np.array(found[size, objective, some]) for some in (name, PLAIN))
    told = f"{values.mean():.4f} ± {values.std(ddof=1):.4f}"
    if name == PLAIN:
        return told, ""
    gains = (values - plain).reshape(-1, FOLDS).mean(axis=1)
    half = stats.t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
    return told, f"{gains.mean():+.4f} ± {half:.4f}"


if __name__ == "__main__":
    main()
