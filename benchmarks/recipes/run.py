"""Trains the sources' recipes on the aerial collection, and writes what they gave.

    .venv/bin/python benchmarks/recipes/run.py [--recipes amazon-cnn,fast] [--write]

UC Merced land use (Yang & Newsam 2010; labels: Chaudhuri et al. 2018), 1,687 pictures, 17 labels,
split 60/20/20, seed 0. Two cores have to do: fewer epochs and smaller pictures, as the table says,
and wherever a recipe starts from ImageNet's weights, MobileNetV2's in place of its backbone's. The
published backbones themselves run for a few steps from a random start, to see that they run: what
they are worth is not measured. ``--write`` puts the figures where ``tagonaut recipes`` shows them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import tomli_w

from tagonaut.learning.recipes import load_recipe
from tagonaut.learning.recipes.measured import shipped_measurements

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
SHIPPED = ROOT / "src" / "tagonaut" / "recipes" / "measured" / "aerial.toml"
DOCS = ROOT / "docs" / "reproduction.md"
SECTION = "## All recipes on one collection"
TRANSFER = "--weights mobilenetv2_100"

# What is changed to fit two cores: epochs enough for each to settle, pictures small enough.
FINE = ["size=128", "network.epochs=8", "network.learning_rate=0.0005"]
SMALL = ["network.epochs=12", "network.batch_size=32"]
CHANGES: dict[str, list[str]] = {
    "amazon-forest": [],
    "amazon-cnn": SMALL,
    "amazon-cnn-batchnorm": SMALL,
    "amazon-cnn-softmax-clouds": SMALL,
    "amazon-cnn-upsampled": SMALL,
    "amazon-cnn-grayscale": ["network.epochs=4", "network.batch_size=32"],
    "amazon-cnn-2000": SMALL,
    "cartoon-alexnet": ["size=96", *SMALL],
    "cartoon-zfnet": ["size=96", *SMALL],
    "scratch": [],
    "amazon-mobilenetv2": [TRANSFER],
    "iss-resnet50": [TRANSFER],
    "cartoon-inception": [TRANSFER, "network.epochs=6"],
    "amazon-vgg16": [TRANSFER, *FINE[1:]],
    "amazon-resnet50": [TRANSFER, *FINE],
    "amazon-hourglass": [TRANSFER, *FINE],
    "fast": [TRANSFER],
    "best": [TRANSFER],
}
PUBLISHED = {
    "iss-resnet50": ["frozen.epochs=2"],
    "amazon-resnet50": ["network.epochs=1"],
    "amazon-hourglass": ["network.epochs=1"],
    "amazon-vgg16": ["network.epochs=1"],
    "cartoon-inception": ["network.epochs=1"],
}
FIGURES = ("map", "macro_f1", "samples_f2", "exact_match")


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipes", default=",".join(CHANGES))
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights")
    parser.add_argument("--runs", type=Path, help="keep the runs here, for tagonaut compare")
    parser.add_argument("--write", action="store_true", help=f"into {SHIPPED}")
    parser.add_argument("--published", action="store_true", help="a few steps of each backbone")
    chosen = parser.parse_args()
    if not chosen.collection.is_dir():
        sys.exit(f"{chosen.collection}: the collection is not there (--collection)")
    if chosen.published:
        return published(chosen)
    print(
        "| recipe | changed | seconds | mAP | macro-F1 | at 0.5 | baseline | samples-F2 | exact |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in chosen.recipes.split(","):
        run = train(name, CHANGES[name], chosen)
        tuned, half = run["test"]["tuned"], run["test"]["at_0.5"]
        figures = [tuned["map"], tuned["macro_f1"], half["macro_f1"], tuned["baseline_macro_f1"],
                   tuned["samples_f2"], tuned["exact_match"]]  # fmt: skip
        changed = ", ".join(f"`{change}`" for change in CHANGES[name]) or "nothing"
        cells = " | ".join(f"{figure:.3f}" for figure in figures)
        row = f"| {name} | {changed} | {run['seconds']:.0f} | {cells} |"
        print(row, flush=True)
        if chosen.write:
            write(name, run)
            document(name, row)


def train(name: str, changes: list[str], chosen: argparse.Namespace) -> dict:
    """What ``tagonaut train --json`` printed."""
    settings = [text for change in changes if change != TRANSFER for text in ("--set", change)]
    if TRANSFER in changes:
        settings += ["--weights", chosen.weights / "mobilenetv2_100.imagenet.safetensors"]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "tagonaut", "train", chosen.collection / "labels.csv",
            "--images", chosen.collection / "images", "--recipe", name,
            "--out", (chosen.runs or Path(folder)) / name, *settings, "--json",
        ]  # fmt: skip
        done = subprocess.run(
            list(map(str, command)), env=os.environ, stdout=subprocess.PIPE, check=False
        )
    if done.returncode:
        sys.exit(f"{name}: status {done.returncode}")
    return json.loads(done.stdout)


def write(name: str, run: dict) -> None:
    """One recipe's figures into the table that comes with the package."""
    table = shipped_measurements().model_dump(mode="json")
    tuned = run["test"]["tuned"]
    table["recipes"][name] = {
        "map": round(tuned["map"], 4),
        "macro_f1": round(tuned["macro_f1"], 4),
        "samples_f2": round(tuned["samples_f2"], 4),
        "seconds": round(run["seconds"]),
        "changes": CHANGES[name],
    }
    comment = [line for line in SHIPPED.read_text().splitlines() if line.startswith("#")]
    text = "\n".join(comment) + "\n\n" + tomli_w.dumps(table)
    SHIPPED.write_text(text, encoding="utf-8")


def document(name: str, row: str) -> None:
    """One recipe's row into the documented table."""
    before, heading, after = DOCS.read_text(encoding="utf-8").partition(SECTION)
    section, following, rest = after.partition("\n## ")
    lines = [row if line.startswith(f"| {name} |") else line for line in section.split("\n")]
    DOCS.write_text(before + heading + "\n".join(lines) + following + rest, encoding="utf-8")


def published(chosen: argparse.Namespace) -> None:
    """A few steps of each published backbone from a random start: do they run, and how fast?"""
    print("| recipe | backbone | parameters | pictures | seconds of fitting |")
    print("|---|---|---:|---:|---:|", flush=True)
    for name, changes in PUBLISHED.items():
        run = train(name, ["start=random", "pictures=64", *changes], chosen)
        backbone = load_recipe(name).backbone
        print(f"| {name} | {backbone} | {run['parameters']:,} | 64 | {run['seconds']:.0f} |",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
