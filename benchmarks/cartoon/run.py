"""Two characters in drawn frames, as the Tom and Jerry study reports it: initial, tuned, augmented.

    .venv/bin/python benchmarks/cartoon/run.py [--pictures 800] [--recipes cartoon-alexnet,...]

Draws a film with `tagonaut draw`, scenes kept together in a split, and distorted frames of later
scenes beside. Each network is trained as its recipe has it but without augmentation (initial), with
the learning rate that `tagonaut tune` finds (tuned), and with that and the recipe's augmentation
(augmented). Frames of 80 pixels (160 for the last) and few epochs, for two cores. Inception v3's
weights cannot be had here: MobileNetV2's stand in its place where they are at hand.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared"
STILL = ["augment.flip=none", "augment.rotate=0", "augment.shift=0", "augment.zoom=0"]
MOVED = ["augment.flip=horizontal", "augment.rotate=20", "augment.shift=0.2", "augment.zoom=0.2"]
SMALL = {
    "cartoon-alexnet": ["size=80", "network.epochs=15", "network.batch_size=16"],
    "cartoon-zfnet": ["size=80", "network.epochs=15", "network.batch_size=16"],
    "cartoon-inception": ["size=160", "network.epochs=8"],
}
TRIALS = ["tune.trials=4", "tune.changes=['network.epochs=5']"]


def main() -> None:
    """Parse, draw, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--recipes", default=",".join(SMALL))
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        film = folder / "film"
        tagonaut("draw", film, "--kind", "cartoon", "--pictures", chosen.pictures,
                 "--challenge", 110, "--size", 192)  # fmt: skip
        print("| recipe | row | train, exact | test, exact | test, binary accuracy |"
              " correct of the test's | correct of the challenge's |")  # fmt: skip
        print("|---|---|---:|---:|---:|---:|---:|", flush=True)
        for recipe in chosen.recipes.split(","):
            weights = ["--weights", chosen.weights] if recipe == "cartoon-inception" else []
            if weights and not chosen.weights.is_file():
                sys.exit(f"{chosen.weights}: the weights are not there (--weights)")
            rows(recipe, film, folder / recipe, weights)


def rows(recipe: str, film: Path, out: Path, weights: list) -> None:
    """Train a recipe three times and print the three rows."""
    data = [film / "labels.csv", "--images", film / "images", "--group-by", "scene",
            "--labels", "fox,owl", *weights]  # fmt: skip
    still = changes([*SMALL[recipe], *STILL])
    tagonaut("tune", *data, "--recipe", recipe, *still, *changes(TRIALS), "--out", out / "tune")
    best = out / "tune" / "best.toml"
    for row, settings in (
        ("initial", ["--recipe", recipe, *still]),
        ("tuned", ["--recipe", best]),
        ("augmented", ["--recipe", best, *changes(MOVED)]),
    ):
        run = tagonaut("train", *data, *settings, "--out", out / row)
        test, train = run["test"]["tuned"], run["train"]["tuned"]
        compared = tagonaut("compare", out / row, "--out", out / f"{row}-compared")
        correct = compared["runs"][0]["correct"]["tuned"]
        challenge = film / "challenge.csv"
        hard = tagonaut("evaluate", out / row, challenge, "--images", film / "challenge",
                        "--only", challenge)["only"]["all"]  # fmt: skip
        print(
            f"| {recipe} | {row} | {train['exact_match']:.3f} | {test['exact_match']:.3f} |"
            f" {test['binary_accuracy']:.4f} | {correct['points']:g} / {correct['pictures']} |"
            f" {hard['correct']:g} / {hard['pictures']} |",
            flush=True,
        )


def changes(keys: list[str]) -> list[str]:
    """As options."""
    return [text for key in keys for text in ("--set", key)]


def tagonaut(*arguments: object) -> dict:
    """What the command printed as JSON."""
    command = [sys.executable, "-m", "tagonaut", *map(str, arguments), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode > 1:
        sys.exit(f"{' '.join(command)}: status {done.returncode}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
