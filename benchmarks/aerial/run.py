"""Trains on the aerial collection with real weights and prints the table of the README.

    .venv/bin/python benchmarks/aerial/run.py [--recipes fast,best]

UC Merced land use (Yang & Newsam 2010; labels: Chaudhuri et al. 2018), 17 labels. Each recipe runs
as a command of its own, with an empty cache and again with a full one (fine-tuning once only).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared"
COLUMNS = ("map", "macro_f1", "samples_f2", "exact_match")


def train(
    recipe: str, collection: Path, weights: Path, cache: Path, out: Path
) -> tuple[float, dict]:
    """Seconds of one ``tagonaut train``, and the JSON that it printed."""
    command = [
        sys.executable, "-m", "tagonaut", "train", collection / "labels.csv",
        "--images", collection / "images", "--recipe", recipe, "--weights", weights,
        "--out", out, "--json",
    ]  # fmt: skip
    start = time.monotonic()
    done = subprocess.run(
        list(map(str, command)),
        env={**os.environ, "TAGONAUT_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.monotonic() - start, json.loads(done.stdout)


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipes", default="fast,best")
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    chosen = parser.parse_args()
    if not chosen.collection.is_dir():
        sys.exit(f"{chosen.collection}: the collection is not there (--collection)")
    print("| recipe | cache | seconds | mAP | macro-F1 | samples-F2 | exact match |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for recipe in chosen.recipes.split(","):
        with tempfile.TemporaryDirectory() as folder:
            for state in ("empty", "full") if recipe == "fast" else ("empty",):
                out = Path(folder, "run")
                seconds, run = train(
                    recipe, chosen.collection, chosen.weights, Path(folder, "cache"), out
                )
                figures = [f"{run['test']['tuned'][column]:.4f}" for column in COLUMNS]
                print(f"| {recipe} | {state} | {seconds:.0f} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
