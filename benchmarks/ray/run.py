"""Tags the same photos with the local engine and on Ray, and works out what 100 million would take.

    .venv/bin/python -m benchmarks.ray.run [--photos 200] [--actors 1,2]

The five astronaut photos of TERC's project (12 to 16 megapixels, NASA), copied to a number, are
tagged by a MobileNetV2 (224 px, frozen, weights from the ONNX model zoo): once by the local engine,
once for each number of actors on a Ray cluster of this machine. The time counts from where the
models are loaded; what the cluster and its actors need to start stands beside it. The processor
seconds of all processes, the start left out, say something on a busy machine too. Partitions are
smaller than the 1,000 photos of a large archive, and what each costs at its ends weighs the more.
The plan below the table is arithmetic on the best rate of a core, on the bytes that the run left,
and on prices: by default Amazon's on-demand list prices in us-east-1 (c5.4xlarge, 0.68 $ for 16
virtual cores; g5.xlarge, 1.006 $ for a GPU; S3, 0.005 $ for 1,000 PUT or LIST, 0.0004 $ for 1,000
other requests).
"""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import tagonaut
from benchmarks.ray.processor import ProcessorSeconds
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tagonaut.tagging.options import ClusterOptions, TagOptions
from tagonaut.tagging.ray import plan
from tagonaut.tagging.ray.cluster import LOCAL, connected
from tagonaut.tagging.ray.engine import tag_distributed
from tagonaut.tagging.ray.job import Job
from tagonaut.tagging.ray.shipped import Shipped
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.tag import tag_folder
from tagonaut.workflows.train import train

SHARED = Path(__file__).parents[3] / "shared"
# The chips that the frozen head is fitted on: enough for a run folder, and nobody asks how good.
CHIPS = 120
# Of an object store, for a photo: its size and time before and after it is brought, and again
# before it is put; and for a partition: its manifest, marks, journal and results.
LOOKS, PUTS_A_PARTITION, READS_A_PARTITION = 3, 5, 16


@dataclass(frozen=True)
class Timed:
    """Loads a tagger on a worker; leaves word of when it was there, with its processor seconds."""

    load: Shipped
    folder: Path

    def __call__(self, unpacked: Path) -> Tagger:
        tagger = self.load(unpacked)
        used = sum(os.times()[:4])
        (self.folder / secrets.token_hex(4)).write_text(f"{time.time()!r} {used!r}")
        return tagger


@dataclass(frozen=True)
class Measured:
    """One way: seconds until it was at work, and at work; processor seconds at work."""

    name: str
    cores: int
    start: float
    work: float
    photos: int
    processor: float

    @property
    def rate(self) -> float:
        return self.photos / self.work


def trained(out: Path, chosen: argparse.Namespace) -> Path:
    """A run folder."""
    recipe = load_recipe("fast", ["frozen.epochs=2"])
    images = chosen.chips / "images"
    dataset = tagonaut.read(chosen.chips / "labels.csv", images)
    train(dataset.subset(range(CHIPS)), recipe, out=out, weights=chosen.weights)
    return out


def copied(originals: Path, folder: Path, count: int) -> Path:
    """So many copies of the photos, in folders of 100."""
    found = sorted(originals.glob("*.jpg"))
    for number in range(count):
        target = folder / f"{number // 100:03}" / f"{number:06}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found[number % len(found)], target)
    return folder


def here(run: Path, photos: Path, out: Path, count: int) -> Measured:
    """The local engine."""
    begun = time.time()
    tagger = Tagger.load(run)
    loaded = time.time()
    with ProcessorSeconds() as used:
        summary = tag_folder(tagger, photos, TagOptions(to=out, journal=out.with_suffix(".sqlite")))
    assert summary.written + summary.copied == count, summary
    cores = os.cpu_count() or 1
    work = time.time() - loaded
    return Measured("local engine", cores, loaded - begun, work, count, used.seconds)


def on_ray(run: Path, photos: Path, out: Path, count: int, actors: int) -> Measured:
    """A cluster of this machine."""
    store, tagger = Store.of(str(out)), Tagger.load(run)
    options = TagOptions(to=out)
    job = Job(Store.of(str(photos)), store, tagger.run_id, secrets.token_hex(8), options)
    words = out.with_suffix(".words")
    words.mkdir()
    begun = time.time()
    load = Timed(Shipped.ship(run, tagger.run_id, store), words)
    with connected(LOCAL, actors), ProcessorSeconds() as used:
        summary = tag_distributed(job, load, ClusterOptions(actors=actors))
        ended = time.time()
    assert summary.written + summary.copied == count, summary
    found = [tuple(map(float, word.read_text().split())) for word in words.iterdir()]
    loaded = max(when for when, _ in found)
    processor = used.seconds - sum(before for _, before in found)
    cores = max(1, (os.cpu_count() or 1) // actors) * actors
    name = f"Ray, {actors} actor{'s' if actors > 1 else ''}"
    return Measured(name, cores, loaded - begun, ended - loaded, count, processor)


def bytes_below(folder: Path) -> int:
    """Of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Parse, copy, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--actors", default="1,2", help="numbers, with commas between")
    parser.add_argument("--partition", type=int, default=100, help="photos in each")
    parser.add_argument("--run", type=Path, help="a run that is there already")
    parser.add_argument("--originals", type=Path, default=SHARED / "data" / "iss" / "photos")
    parser.add_argument("--chips", type=Path, default=SHARED / "data" / "aerial")
    name = "mobilenetv2_100.imagenet.safetensors"
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / name)
    parser.add_argument("--planned", type=int, default=100_000_000)
    parser.add_argument("--days", type=float, default=7, help="that the plan may take")
    parser.add_argument("--core-hour", type=float, default=0.68 / 16, help="dollars")
    parser.add_argument("--gpu-hour", type=float, default=1.006, help="dollars")
    parser.add_argument("--gpu-rate", type=float, help="photos/s of a GPU, if you know it")
    parser.add_argument("--put", type=float, default=0.005 / 1000, help="dollars a PUT or LIST")
    parser.add_argument("--read", type=float, default=0.0004 / 1000, help="dollars a GET or HEAD")
    chosen = parser.parse_args()
    for needed in (chosen.originals, chosen.chips):
        if not needed.is_dir():
            sys.exit(f"{needed}: not there (--originals, --chips)")
    plan.FIRST_PHOTOS = chosen.partition
    with tempfile.TemporaryDirectory(prefix="tagonaut-benchmark-") as place:
        folder = Path(place)
        run = chosen.run or trained(folder / "run", chosen)
        photos = copied(chosen.originals, folder / "photos", chosen.photos)
        found = [here(run, photos, folder / "local", chosen.photos)]
        for actors in map(int, chosen.actors.split(",")):
            out = folder / f"ray-{actors}"
            found.append(on_ray(run, photos, out, chosen.photos, actors))
        print_table(found)
        print_plan(chosen, found, photos, out)


def print_table(found: list[Measured]) -> None:
    """Rates of each way."""
    first = found[0]
    print(
        "| | cores | start, s | at work, s | photos/s | photos/s a core | of the local engine's"
        " | processor, ms a photo | of the local engine's |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for one in found:
        print(
            f"| {one.name} | {one.cores} | {one.start:.1f} | {one.work:.1f} | {one.rate:.2f}"
            f" | {one.rate / one.cores:.2f} | {100 * one.rate / first.rate:.0f} %"
            f" | {1000 * one.processor / one.photos:.1f}"
            f" | {100 * one.processor / first.processor:.0f} % |"
        )


def print_plan(chosen: argparse.Namespace, found: list[Measured], photos: Path, out: Path) -> None:
    """What it takes to tag very many."""
    count, planned = chosen.photos, chosen.planned
    million = planned / 1e6
    best = max((one for one in found[1:]), key=lambda one: one.rate / one.cores)
    rate = best.rate / best.cores
    own = out / ".tagonaut" / "ray"
    size = bytes_below(photos) / count
    each = int(min(plan.MOST_PHOTOS, plan.MOST_BYTES // size))
    partitions = planned / each
    hours = planned / rate / 3600
    puts = planned + PUTS_A_PARTITION * partitions
    lists = planned / 1000 + partitions
    reads = planned * (1 + LOOKS) + READS_A_PARTITION * partitions
    requests = (puts + lists) * chosen.put + reads * chosen.read
    rows = [
        ("photos, of so many bytes", f"{planned:,} of {size / 1e6:.1f} MB"),
        ("photos/s a core, measured", f"{rate:.2f} ({best.name})"),
        ("core-hours", f"{hours:,.0f}"),
        (f"cores to do it in {chosen.days:g} days", f"{hours / 24 / chosen.days:,.0f}"),
        ("processors, a million photos", f"{hours / million * chosen.core_hour:,.2f} $"),
        ("requests, a million photos", f"{requests / million:,.2f} $"),
        ("both, for all", f"{hours * chosen.core_hour + requests:,.0f} $"),
        ("partitions, of so many photos", f"{partitions:,.0f} of {each:,}"),
        ("plan", f"{planned * bytes_below(own / 'plan') / count / 1e9:.1f} GB"),
        ("journals", f"{planned * bytes_below(own / 'journals') / count / 1e9:.0f} GB"),
        ("results", f"{planned * bytes_below(out / 'scores.parquet') / count / 1e9:.1f} GB"),
        ("read, and written", f"{planned * size / 1e12:,.0f} TB, each"),
        ("disk an actor works on", f"{3 * 2 * each * size / 1e9:.0f} GB at most"),
    ]
    if chosen.gpu_rate:
        gpu = planned / chosen.gpu_rate / 3600
        rows.append(("GPU-hours at the rate given", f"{gpu:,.0f}"))
        rows.append(("GPUs, a million photos", f"{gpu / million * chosen.gpu_hour:,.2f} $"))
    print(f"\n| a plan for {planned:,} | |\n|---|---:|")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
