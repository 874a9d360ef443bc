"""A tagging run that is killed again and again, and loses nothing.

    .venv/bin/python -m benchmarks.soak.run [--kills 200] [--photos 500] [--seed 0] [--real DIR]

Drawn photos of an archive, and the real ones of DIR where it is there, are tagged in place by a
tagger that looks at their mean colour. The run gets SIGKILL at random moments, alone or with its
ExifTool processes; after each kill every photo and the journal are looked at. Then it may finish.
At the end everything is taken back, with a tenth as many kills. Exit status 1 if anything at all
was lost, torn, tagged twice or left behind.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tagonaut.drawing.orbit.collection import draw_orbit
from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import Keywords, read_many
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.pipeline import tag_folder
from tagonaut.tagging.undo import untag_folder
from tests.tagging.faults.archive import agrees
from tests.tagging.folders import leftovers
from tests.tagging.scorer import ByColour

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "iss" / "photos"
FAULTS = (
    *("photos lost", "photos torn", "photos tagged twice", "photos left behind"),
    *("journal wrong", "runs that failed"),
)
# Seconds of work after which a run is killed at the latest, to begin with.
LONGEST = 1.5


@dataclass
class Soak:
    """An archive below ``place``, what it was, and what was found wrong with it."""

    place: Path
    before: dict[str, bytes] = field(default_factory=dict)
    fields: dict[str, Keywords] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=dict)
    known: dict[tuple[str, str], bool] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def photos(self) -> Path:
        return self.place / "photos"

    @property
    def journal(self) -> Path:
        return self.place / "journal.sqlite"

    def look(self, tool: ExifTool) -> None:
        """Keep what the photos are, say, and shall get."""
        tagger = ByColour()
        paths = sorted(path for path in self.photos.rglob("*") if is_picture(path))
        for path, found in read_many(tool, paths):
            assert isinstance(found, Keywords), found
            name = str(path.relative_to(self.photos))
            self.before[name], self.fields[name] = path.read_bytes(), found
            (decided,) = tagger.decide(tagger.score([tagger.prepare(path)]))
            names = zip(tagger.labels.names, decided, strict=True)
            self.tags[name] = {tag for tag, chosen in names if chosen}

    def check(self, tool: ExifTool) -> int:
        """How many photos have tags of ours; whatever is wrong with one is counted."""
        changed, news = [], []
        for name, content in self.before.items():
            path = self.photos / name
            now = path.read_bytes() if path.exists() else b""
            if not now:
                self._count("photos lost", name)
            elif now != content:
                changed.append((name, sha256(now).hexdigest()))
                if changed[-1] not in self.known:
                    news.append(name)
        for path, found in read_many(tool, [self.photos / name for name in news]):
            name = str(path.relative_to(self.photos))
            undone = isinstance(found, Keywords) and _undone(found, self.fields[name])
            self.known[name, sha256(path.read_bytes()).hexdigest()] = not undone
            self._check_photo(name, path, found)
        if self.journal.exists():
            try:
                agrees(self.journal, self.photos, self.before)
            except AssertionError as error:
                self._count("journal wrong", str(error))
        return sum(self.known[one] for one in changed)

    def _check_photo(self, name: str, path: Path, found: Keywords | TagonautError) -> None:
        original = self.place / "original"
        original.write_bytes(self.before[name])
        try:
            check_pixels(original, path)
        except TagonautError as error:
            return self._count("photos torn", f"{name}: {error}")
        if isinstance(found, TagonautError):
            return self._count("photos torn", f"{name}: {found}")
        if _undone(found, self.fields[name]):
            return None
        old = self.fields[name]
        for now, was in ((found.iptc, old.iptc), (found.subject, old.subject)):
            words, wanted = Counter(now or ()), Counter(old.iptc or ()) | Counter(old.subject or ())
            wanted |= Counter(self.tags[name])
            if words - wanted:
                self._count("photos tagged twice", f"{name}: {dict(words - wanted)} too many")
            if wanted - words or tuple(now or ())[: len(was or ())] != tuple(was or ()):
                self._count("photos torn", f"{name}: {now} from {was}")
        return None

    def kill(self, mode: str, seconds: float, *, everything: bool) -> int:
        """The exit status of a run, killed after so many seconds of work, all of it or itself."""
        process = self._start(mode)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            if everything:
                # Stopped, it starts no further one.
                process.send_signal(signal.SIGSTOP)
                for one in _below(process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(one, signal.SIGKILL)
            process.kill()
        return process.wait()

    def finish(self, mode: str) -> None:
        if self._start(mode).wait() != 0:
            self._count("runs that failed", mode)

    def complete(self, mode: str) -> None:
        """After a run that ended well no photo is left behind."""
        for name, content in self.before.items():
            now = (self.photos / name).read_bytes()
            tagged = now != content and self.known[name, sha256(now).hexdigest()]
            if tagged != (mode == "tag"):
                self._count("photos left behind", f"{name} by {mode}")

    def _start(self, mode: str) -> subprocess.Popen[bytes]:
        temporary = self.place / "tmp"
        temporary.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.soak.run",
                "--run",
                mode,
                "--folder",
                str(self.place),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        assert process.stdout
        process.stdout.readline()
        return process

    def _count(self, fault: str, told: str) -> None:
        self.faults[fault] += 1
        print(f"  WRONG: {fault}: {told}", flush=True)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--photos", type=int, default=500, help="how many are drawn")
    parser.add_argument("--size", type=int, default=256, help="pixels of a drawn photo's width")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=Path, default=REAL, help="a folder of real photos")
    parser.add_argument("--folder", type=Path, help="work here, and leave it; else a temporary one")
    parser.add_argument("--run", choices=["tag", "untag"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return run(options.run, options.folder)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak = Soak((options.folder or Path(folder)).absolute())
        make(soak, options)
        return report(soak, options)


def run(mode: str, place: Path) -> int:
    """What is killed."""
    photos, journal = place / "photos", place / "journal.sqlite"
    print("at work", flush=True)
    if mode == "tag":
        return tag_folder(ByColour(), photos, in_place=True, journal=journal).failed
    return untag_folder(photos, journal=journal).failed


def make(soak: Soak, options: argparse.Namespace) -> None:
    """Draw the photos, and copy the real ones."""
    soak.place.mkdir(parents=True, exist_ok=True)
    draw_orbit(soak.photos / "drawn", options.photos, options.seed, options.size)
    if options.real.is_dir():
        shutil.copytree(options.real, soak.photos / "real")


def report(soak: Soak, options: argparse.Namespace) -> int:
    """Kill, finish, look, and print what was found."""
    begun = time.monotonic()
    with ExifTool() as tool:
        soak.look(tool)
        real = sum(name.startswith("real") for name in soak.before)
        print(f"{len(soak.before):,} photos, {real} of them real; seed {options.seed}")
        kills = killed(soak, tool, options, "tag", options.kills)
        soak.finish("tag")
        print(f"then it may finish: {soak.check(tool):,} of {len(soak.before):,} photos tagged")
        soak.complete("tag")
        kills += killed(soak, tool, options, "untag", options.kills // 10)
        soak.finish("untag")
        print(f"and take back: {soak.check(tool):,} of {len(soak.before):,} photos tagged")
        soak.complete("untag")
    time.sleep(1)
    for fault in FAULTS:
        print(f"{soak.faults[fault]:6,} {fault}")
    rest = {
        "temporaries left among the photos": len(leftovers(soak.photos)),
        "processes left": len(_working_below(soak.place)),
    }
    for what, number in rest.items():
        print(f"{number:6,} {what}")
    # Where the shell that watches ExifTool is killed with it, nobody clears its links away.
    links = len(list((soak.place / "tmp").iterdir()))
    print(f"{links:6,} folders of links left in the system's temporary folder")
    print(f"{kills:,} kills in {time.monotonic() - begun:,.0f} s")
    return bool(soak.faults.total() or sum(rest.values()))


def killed(soak: Soak, tool: ExifTool, options: argparse.Namespace, mode: str, wanted: int) -> int:
    """Kill that many runs; one that comes to its end before is taken back, and begun again."""
    dice = random.Random(f"{options.seed} {mode}")
    kills, total, last, longest = 0, len(soak.before), 0, LONGEST
    while kills < wanted:
        seconds, everything = dice.uniform(0, longest), dice.random() < 0.5
        status = soak.kill(mode, seconds, everything=everything)
        tagged = soak.check(tool)
        far = tagged if mode == "tag" else total - tagged
        what = "killed" if status < 0 else f"ended with {status}"
        kills += status < 0
        print(
            f"{mode} {kills:3}: {what} after {seconds:.2f} s"
            f"{', ExifTool too' if everything else ''}: {far:,} of {total:,} photos done",
            flush=True,
        )
        if status > 0:
            soak.faults["runs that failed"] += 1
        # However fast the machine is, a run shall do some photos, and not all.
        if seconds > longest / 2:
            longest *= 1.15 if far - last < total / 50 else 0.9
        last = far
        if status >= 0:
            last = 0
            soak.complete(mode)
            soak.finish("untag" if mode == "tag" else "tag")
    return kills


def _undone(found: Keywords, old: Keywords) -> bool:
    return (found.iptc, found.subject) == (old.iptc, old.subject)


def _below(process: int) -> list[int]:
    """All processes that a process has started, and those that they have."""
    above: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        above.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = list(above.get(process, ()))
    for one in found:
        found += above.get(one, ())
    return found


def _working_below(place: Path) -> list[int]:
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(place):
                found.append(int(link.parent.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
