"""Tagging side by side with other toolkits, and with what each stage alone could do.

    .venv/bin/python benchmarks/tagging/run.py [--photos 200] [--chips 20000] [--rounds 3]

Real photos of 12 to 16 megapixels, copied to 200, and drawn chips of 256 pixels, on two cores. One
backbone, MobileNetV2, 17 labels: by the way of the published systems, one at a time; by Hugging
Face, fastai and Keras, each as its documentation says, scores alone; by Tagonaut, scores alone and
two tags a picture written, scored by PyTorch and by its exports. Each way is a process of its own,
started, loaded and warmed up before it is timed, and gets as many pictures as it does in
``--seconds``; the ways take turns within a round, and medians over the rounds are printed.

The toolkits' environments and the drawn chips are made once, below ``--kept``.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from pictures import chips, originals
from rounds import Bench
from tables import print_table
from ways import Way, all_ways

import tagonaut
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows.export import export
from tagonaut.workflows.train import train

SHARED = Path(__file__).parents[3] / "shared"
WEIGHTS = SHARED / "weights" / "mobilenetv2_100.imagenet.safetensors"
# More chips than these are copies of them.
DRAWN = 2000


def main() -> None:
    """Parse, train, measure, print."""
    chosen = parse()
    if not chosen.real.is_dir() or not chosen.weights.is_file():
        sys.exit(f"{chosen.real} or {chosen.weights} is not there (--real, --weights)")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: chosen.cores])
    # Whatever pack of pixels or journal Tagonaut would keep for the next time is not to be found.
    with tempfile.TemporaryDirectory(prefix="tagging-", dir=chosen.work) as folder:
        work = Path(folder)
        os.environ |= {"TAGONAUT_CACHE": f"{work}/cache", "TAGONAUT_STATE": f"{work}/state"}
        runs = made_runs(chosen, work)
        if chosen.photos:
            measure(chosen, runs, work, large=True)
        if chosen.chips:
            measure(chosen, runs, work, large=False)


def parse() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=200, help="at the most; 0: no photos")
    parser.add_argument("--chips", type=int, default=20000, help="at the most; 0: no chips")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20, help="of a way in a round, about")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--only", default="", help="rows whose names hold one of these, a|b")
    parser.add_argument("--run", type=Path, help="a run folder that is there already")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--real", type=Path, default=SHARED / "data" / "iss" / "photos")
    parser.add_argument("--collection", type=Path, default=SHARED / "data" / "aerial")
    kept = Path.home() / ".cache" / "tagonaut-benchmarks"
    parser.add_argument("--kept", type=Path, default=kept, help="environments and chips")
    parser.add_argument("--work", type=Path, help="where the copies lie [default: temporary]")
    return parser.parse_args()


def made_runs(chosen: argparse.Namespace, work: Path) -> dict[str, Path]:
    """A run and its exports, by what scores them."""
    run = chosen.run
    if run is None:
        run = work / "run"
        images = chosen.collection / "images"
        dataset = tagonaut.read(chosen.collection / "labels.csv", images)
        train(dataset, load_recipe("fast", []), out=run, weights=chosen.weights)
    runs = {"PyTorch": run, "OpenVINO": work / "openvino", "OpenVINO int8": work / "int8"}
    export(run, "openvino", out=runs["OpenVINO"])
    export(run, "openvino", int8=True, out=runs["OpenVINO int8"])
    return runs


def measure(chosen: argparse.Namespace, runs: dict[str, Path], work: Path, *, large: bool) -> None:
    """The table of the photos, or of the chips."""
    kept = chosen.kept
    kept.mkdir(parents=True, exist_ok=True)
    most = chosen.photos if large else chosen.chips
    pictures = originals(chosen.real) if large else chips(kept, min(most, DRAWN))
    warm = 2 * len(pictures) if large else 64
    bench = Bench(
        pictures, most, min(warm, most), chosen.seconds, chosen.rounds, kept.absolute(), work
    )
    ways = wanted(all_ways(chosen.weights.absolute(), runs, large=large), chosen.only)
    found = bench.measure(ways)
    title = f"{'Real photos, 12 to 16 megapixels' if large else 'Drawn chips of 256 pixels'}"
    print_table(
        f"{title}; {chosen.cores} cores, {chosen.rounds} rounds",
        ways,
        found,
        chosen.cores,
        aim=4 if large else 1.5,
    )


def wanted(ways: list[Way], only: str) -> list[Way]:
    """Those whose names hold one of the words."""
    return [way for way in ways if any(word in way.name for word in only.split("|"))]


if __name__ == "__main__":
    main()
