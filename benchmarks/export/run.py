"""Scores the aerial collection by a run and by its exports, and prints the table of the README.

    .venv/bin/python benchmarks/export/run.py [--recipe fast] [--set KEY=VALUE] [--run DIR]

UC Merced land use (Yang & Newsam 2010; labels: Chaudhuri et al. 2018), 17 labels. A run is trained
and exported in float and in int8. Its prepared test pictures are then scored over and over, the
ways in turn within a round, so that what else the machine does meets all alike; each round's rates
are set against PyTorch's of the same round, and the medians over the rounds stand in the table.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

import tagonaut
from tagonaut.deciding import DecisionRule, evaluate_rule
from tagonaut.learning.recipes import load_recipe
from tagonaut.models.export import ExportedNetwork, StoredExport
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.runs.folder import RunFolder, baseline_tags
from tagonaut.tagger import Tagger
from tagonaut.workflows.export import export
from tagonaut.workflows.train import train

SHARED = Path(__file__).parents[3] / "shared"
BATCH = 32

Way = Callable[[np.ndarray], np.ndarray]


def ways(run: Path, folder: Path) -> dict[str, tuple[Way, DecisionRule]]:
    """What scores prepared pictures ``[n, s, s, c]``, PyTorch first; not calibrated.

    With the rule that decides by these scores.
    """
    tagger = Tagger.load(run)
    rule = tagger.rule
    tagger.rule = replace(rule, calibration=None)
    found: dict[str, tuple[Way, DecisionRule]] = {
        "PyTorch, ours": (lambda pictures: tagger.score_pixels(list(pictures)), rule)
    }
    for name, int8, precision in (
        ("OpenVINO float32", False, "f32"),
        ("OpenVINO as exported", False, None),
        ("OpenVINO int8", True, None),
    ):
        out = folder / ("int8" if int8 else "float")
        if not out.exists():
            export(run, "openvino", int8=int8, out=out)
        network = ExportedNetwork.load(out, StoredExport.read(out), precision)
        found[name] = network.scores, Tagger.load(out).rule
    return found


def seconds(way: Way, pictures: np.ndarray) -> float:
    """For all of the pictures, a batch at a time."""
    start = time.perf_counter()
    for at in range(0, len(pictures), BATCH):
        way(pictures[at : at + BATCH])
    return time.perf_counter() - start


def main() -> None:
    """Parse, train, export, score, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--run", type=Path, help="a run that is there already")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    chosen = parser.parse_args()
    if not chosen.collection.is_dir():
        sys.exit(f"{chosen.collection}: the collection is not there (--collection)")
    with tempfile.TemporaryDirectory() as folder:
        run = chosen.run
        if run is None:
            run = Path(folder, "run")
            recipe = load_recipe(chosen.recipe, chosen.set)
            images = chosen.collection / "images"
            dataset = tagonaut.read(chosen.collection / "labels.csv", images)
            train(dataset, recipe, out=run, weights=chosen.weights)
        print_table(run, ways(run, Path(folder)), chosen.rounds)


def print_table(run: Path, found: dict[str, tuple[Way, DecisionRule]], rounds: int) -> None:
    """Rates, ratios and figures of each way; F1 and F2 by the run's rule, then by the way's own."""
    tagger = Tagger.load(run)
    table = RunFolder(run).table(tagger)
    rows = table.rows("test")
    paths = [Path(table.paths[row]) for row in rows]
    pictures = np.stack(list(prepared(paths, tagger.preprocessing)))
    taken: dict[str, list[float]] = {name: [] for name in found}
    for way, _ in found.values():
        seconds(way, pictures[:BATCH])
    for _ in range(rounds):
        for name, (way, _) in found.items():
            taken[name].append(seconds(way, pictures))
    first = next(iter(found))
    print(
        "| | pictures/s | times PyTorch (least to most) | mAP | change | macro-F1, run's rule"
        " | macro-F1 | samples-F2, run's rule | samples-F2 |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    base = 0.0
    for name, (way, rule) in found.items():
        scores = np.concatenate(
            [way(pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)]
        ).astype(np.float32)
        before, told = (
            evaluate_rule(
                some,
                [table.ids[row] for row in rows],
                table.targets[rows],
                scores,
                majority=baseline_tags(table),
                known=table.known[rows],
            )
            for some in (tagger.rule, rule)
        )
        base = base or told["map"]
        rate = len(pictures) / statistics.median(taken[name])
        ratios = [one / other for one, other in zip(taken[first], taken[name], strict=True)]
        print(
            f"| {name} | {rate:.0f} | {statistics.median(ratios):.2f}"
            f" ({min(ratios):.2f} to {max(ratios):.2f}) | {100 * told['map']:.2f} %"
            f" | {100 * (told['map'] - base):+.2f} | {100 * before['macro_f1']:.2f} %"
            f" | {100 * told['macro_f1']:.2f} % | {100 * before['samples_f2']:.2f} %"
            f" | {100 * told['samples_f2']:.2f} % |"
        )
    print(f"{rounds} rounds of {len(pictures):,} test pictures, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
