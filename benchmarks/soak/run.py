"""A tagging run that is killed again and again, and loses nothing.

    .venv/bin/python -m benchmarks.soak.run [--form in-place|to|sidecar|sidecar-dir|all]
        [--kills 200] [--photos 500] [--seed 0] [--real DIR] [--option keep_time=true]

Drawn photos of an archive, JPEG and every fifth in another format, and the real ones of DIR where
it is there, are tagged by a tagger that looks at their mean colour: in place, into copies, into
sidecars beside them or elsewhere, or one after the other (``all``). ``--option`` gives the runs
further options of ``TagOptions``, as JSON.
The run gets SIGKILL at random moments, alone or with its ExifTool processes; after each kill every
photo and the journal are looked at. Then it may finish. At the end everything is taken back, with a
tenth as many kills. The report, a Markdown table, goes to standard output, what happens meanwhile
to standard error. Exit status 1 if anything at all was lost, torn, tagged twice or left behind.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from tagonaut_samples.orbit.collection import draw_orbit

from benchmarks.soak.archive import FAULTS, FORMS, WITH_IPTC, Form, Soaked
from benchmarks.soak.killing import ended, start, working_below
from tagonaut.metadata.exiftool import ExifTool
from tests.tagging.folders import leftovers

REAL = Path(__file__).parents[3] / "shared" / "data" / "iss" / "photos"
# Seconds of work after which a run is killed at the latest, to begin with.
LONGEST = 1.5


@dataclass
class Kills:
    """How many runs were killed, with ExifTool or without, and how many came to their end first."""

    alone: int = 0
    everything: int = 0
    ended: int = 0

    @property
    def total(self) -> int:
        return self.alone + self.everything


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--form", choices=[*FORMS, "all"], default="in-place")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--photos", type=int, default=500, help="how many are drawn")
    parser.add_argument("--size", type=int, default=256, help="pixels of a drawn photo's width")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=Path, default=REAL, help="a folder of real photos")
    parser.add_argument("--folder", type=Path, help="work here, and leave it; else a temporary one")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument("--run", choices=["tag", "untag"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print("at work", flush=True)
        named = further(options.option)
        return Soaked(options.folder, options.form, tell, named).work(options.run).failed
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        place = (options.folder or Path(folder)).absolute()
        forms = FORMS if options.form == "all" else (options.form,)
        columns = [column(place / form, form, options) for form in forms]
    print(f"seed {options.seed}\n")
    print_table(columns)
    return bool(sum(int(rows[name]) for rows in columns for name in WRONG))


WRONG = (
    *FAULTS,
    "temporaries left among the photos",
    "processes left",
    "link folders left for good",
)
# Every fifth photo is of one of these instead of a JPEG, in turn.
OTHER_FORMATS = (".tif", ".png", ".webp")


def further(given: list[str]) -> dict[str, Any]:
    """The options of ``TagOptions`` that were given as ``name=JSON``."""
    return {name: json.loads(value) for name, _, value in (one.partition("=") for one in given)}


def column(place: Path, form: Form, options: argparse.Namespace) -> dict[str, str]:
    """Kill, finish and look, in one form; what was found, by row of the table."""
    place.mkdir(parents=True, exist_ok=True)
    soaked = Soaked(place, form, tell, further(options.option))
    draw_orbit(soaked.photos / "drawn", options.photos, options.seed, options.size)
    convert_some(soaked.photos / "drawn")
    if options.real.is_dir():
        # Contents alone: photos that may not be written would get sidecars.
        shutil.copytree(options.real, soaked.photos / "real", copy_function=shutil.copyfile)
    begun = time.monotonic()
    rows = {"": form}
    with ExifTool() as tool:
        soaked.look(tool)
        real = sum(name.startswith("real") for name in soaked.before)
        rows["photos, real ones among them"] = f"{len(soaked.before):,}, {real}"
        for mode, wanted in (("tag", options.kills), ("untag", options.kills // 10)):
            kills = killed(soaked, tool, mode, wanted, options.seed)
            rows[f"{mode}: kills, alone + with ExifTool"] = f"{kills.alone} + {kills.everything}"
            rows[f"{mode}: runs done before their kill"] = str(kills.ended)
            finish(soaked, mode)
            tagged = soaked.check(tool)
            rows[f"then, a last {mode}: photos with tags of ours"] = f"{tagged:,}"
            soaked.complete(mode)
    # Where the shell that watches ExifTool is killed with it, a later ExifTool clears its links.
    rows["link folders left by kills"] = str(len(list(soaked.temporary.iterdir())))
    for folder in soaked.temporary.iterdir():
        os.utime(folder, (0, 0))
    finish(soaked, "tag")
    time.sleep(1)
    rows |= {fault: str(soaked.faults[fault]) for fault in FAULTS}
    rows["temporaries left among the photos"] = str(len(leftovers(soaked.place)))
    rows["processes left"] = str(len(working_below(soaked.place)))
    rows["link folders left for good"] = str(len(list(soaked.temporary.iterdir())))
    shutil.rmtree(soaked.temporary)
    rows["seconds"] = f"{time.monotonic() - begun:,.0f}"
    return rows


def convert_some(folder: Path) -> None:
    """Replace every fifth photo by one in another format, with the same keywords."""
    found = sorted(folder.rglob("*.jpg"))[::5]
    for number, path in enumerate(found):
        with Image.open(path) as picture:
            picture.save(path.with_suffix(OTHER_FORMATS[number % len(OTHER_FORMATS)]))
    for suffix in OTHER_FORMATS:
        fields = ["-XMP-dc:Subject", *(["-IPTC:Keywords"] if suffix in WITH_IPTC else [])]
        command = ["exiftool", "-q", "-q", "-r", "-overwrite_original", "-ext", suffix[1:]]
        copied = ["-TagsFromFile", "%d%f.jpg", *fields]
        subprocess.run([*command, *copied, str(folder)], check=True)
    for path in found:
        path.unlink()


def print_table(columns: list[dict[str, str]]) -> None:
    """A row a figure, a column a form, in Markdown."""
    for number, name in enumerate(columns[0]):
        print(f"| {' | '.join([name, *(rows[name] for rows in columns)])} |")
        if not number:
            print(f"|---|{'---:|' * len(columns)}")


def killed(soaked: Soaked, tool: ExifTool, mode: str, wanted: int, seed: int) -> Kills:
    """Kill that many runs; one that comes to its end before is taken back, and begun again."""
    dice = random.Random(f"{seed} {mode}")
    kills, total, last, longest = Kills(), len(soaked.before), 0, LONGEST
    while kills.total < wanted:
        seconds, everything = dice.uniform(0, longest), dice.random() < 0.5
        status = ended(run(soaked, mode), seconds, everything=everything)
        tagged = soaked.check(tool)
        far = tagged if mode == "tag" else total - tagged
        if status >= 0:
            kills.ended += 1
        elif everything:
            kills.everything += 1
        else:
            kills.alone += 1
        what = "killed" if status < 0 else f"ended with {status}"
        tell(
            f"{soaked.form} {mode} {kills.total:3}: {what} after {seconds:.2f} s"
            f"{', ExifTool too' if everything else ''}: {far:,} of {total:,} photos done"
        )
        if status > 0:
            soaked.count("runs that failed", f"{mode}, status {status}")
        # However fast the machine is, a run shall do some photos, and not all.
        if seconds > longest / 2:
            longest *= 1.15 if far - last < total / 50 else 0.9
        last = far
        if status >= 0:
            last = 0
            soaked.complete(mode)
            finish(soaked, "untag" if mode == "tag" else "tag")
    return kills


def finish(soaked: Soaked, mode: str) -> None:
    """A run that nobody kills."""
    status = run(soaked, mode).wait()
    if status != 0:
        soaked.count("runs that failed", f"{mode}, status {status}")


def run(soaked: Soaked, mode: str) -> subprocess.Popen[bytes]:
    """A run that has set to work."""
    arguments = ["--run", mode, "--form", soaked.form, "--folder", str(soaked.place)]
    for name, value in soaked.options.items():
        arguments += ["--option", f"{name}={json.dumps(value)}"]
    return start(arguments, soaked.temporary)


def tell(line: str) -> None:
    """Tell what happens meanwhile."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
