"""What two other programs read in photos that were tagged, and what a second run costs.

    .venv/bin/python -m benchmarks.readers.run [--photos 200] [--real DIR] [--folder DIR]

Copies of the real photos in DIR, most of them with further keywords that somebody wrote before us
in one field or several, are tagged by the command, then read by ExifTool and by Exiv2, field by
field. Then the command is run again, and has to leave every file as it is. The report, in
Markdown, goes to standard output. Exit status 1 if the readers disagree, a keyword of somebody's
is lost, moved or repeated, a tag is missing in a field, or the second run changed anything.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from benchmarks.hostile.trained import SOURCES, train
from benchmarks.readers.fields import FIELDS, Words, by_exiftool, by_exiv2
from tagonaut.tagger import Tagger
from tagonaut.tagging.choice import Choice, read_map
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder

REAL = Path(__file__).parents[3] / "shared" / "data" / "iss" / "photos"
REPEATS = 5
OUTCOMES = ("tagged", "nothing_to_do", "failed")
# What the drawn run's three labels are called: below another, with awkward characters, in Chinese.
NAMES = {"red": "Zeit|Abendröte", "green": "Küste & Meer", "blue": "夜景"}
FLAT = ("IPTC Keywords", "dc:subject")
TAGS = {name.rpartition("|")[2] for name in NAMES.values()}

UTF8 = ("-charset", "iptc=UTF8", "-IPTC:CodedCharacterSet=UTF8")
HIERARCHY = ("-XMP-lr:HierarchicalSubject=Ort|Übersee", "-XMP-lr:HierarchicalSubject+=Ort")
WINDOWS = ("-XPKeywords=Ferien;Übersee", "-XMP-microsoft:LastKeywordXMP=Ferien")
# What somebody wrote before us.
FOREIGN: dict[str, tuple[str, ...]] = {
    "nothing more": (),
    "IPTC, ASCII": ("-IPTC:Keywords+=Holiday", "-IPTC:Keywords+=Holiday"),
    "IPTC, UTF-8": (*UTF8, "-IPTC:Keywords+=Übersee", "-IPTC:Keywords+=日没"),
    "IPTC, Latin, not declared": ("-charset", "iptc=Latin", "-IPTC:Keywords+=Übersee"),
    "dc:subject": ("-XMP-dc:Subject+=Übersee", "-XMP-dc:Subject+=Meer, weit"),
    "Lightroom": ("-XMP-dc:Subject+=Übersee", "-XMP-dc:Subject+=Ort", *HIERARCHY),
    "digiKam": ("-XMP-digiKam:TagsList=Ort/Übersee", "-XMP-digiKam:TagsList+=Personen/Zoë"),
    "Windows": WINDOWS,
    "everything": (
        *(*UTF8, "-IPTC:Keywords+=Übersee", "-XMP-dc:Subject+=Übersee", *HIERARCHY, *WINDOWS),
        "-XMP-digiKam:TagsList=Ort/Übersee",
    ),
    "a tag of ours already": (*UTF8, "-IPTC:Keywords+=夜景", "-XMP-dc:Subject+=夜景"),
}


@dataclass
class Archive:
    """Photos in ``folder``; by name of each, what somebody wrote into it, and what both read."""

    folder: Path
    kinds: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def make(self, real: Path, photos: int) -> None:
        """Copies of the real photos, each kind of foreign keywords on as many."""
        self.folder.mkdir(parents=True)
        originals = sorted(real.glob("*.jpg"))
        for number in range(photos):
            kind = list(FOREIGN)[number // len(originals) % len(FOREIGN)]
            path = self.folder / f"{number:04}.jpg"
            shutil.copyfile(originals[number % len(originals)], path)
            self.kinds[path.name] = kind
        for kind, arguments in FOREIGN.items():
            paths = [self.folder / name for name, one in self.kinds.items() if one == kind]
            if arguments and paths:
                command = ["exiftool", "-config", "", "-q", "-overwrite_original", *arguments]
                subprocess.run([*command, *paths], check=True)

    def read(self) -> dict[str, Words]:
        """The fields of each photo, by ExifTool."""
        return dict(zip(self.kinds, by_exiftool(self._paths()), strict=True))

    def compare(self, found: dict[str, Words]) -> None:
        """Where Exiv2 does not find the same, a fault."""
        for path in self._paths():
            one, other = found[path.name], by_exiv2(path)
            for name in FIELDS:
                if one.get(name) != other.get(name):
                    told = f"ExifTool {one.get(name)}, Exiv2 {other.get(name)}"
                    self.wrong(path.name, f"{name}: {told}")

    def _paths(self) -> list[Path]:
        return [self.folder / name for name in self.kinds]

    def state(self) -> dict[str, tuple[str, int, int]]:
        """Content, time of change and inode of each photo."""
        return {
            name: (
                sha256(path.read_bytes()).hexdigest(),
                path.stat().st_mtime_ns,
                path.stat().st_ino,
            )
            for name, path in ((name, self.folder / name) for name in self.kinds)
        }

    def wrong(self, name: str, told: str) -> None:
        """One more fault."""
        self.faults.append(told)
        print(f"WRONG: {name} ({self.kinds[name]}): {told}", file=sys.stderr)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--real", type=Path, default=REAL, help="a folder of real photos")
    parser.add_argument("--folder", type=Path, help="work here, and leave it; else a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        place = (options.folder or Path(folder)).absolute()
        place.mkdir(parents=True, exist_ok=True)
        os.environ["TAGONAUT_STATE"] = str(place / "state")
        train(place)
        names = place / "names.csv"
        names.write_text("".join(f"{label},{name}\n" for label, name in NAMES.items()))
        archive = Archive(place / "photos")
        archive.make(options.real, options.photos)
        return report(archive, place / "run", names)


def report(archive: Archive, run: Path, names: Path) -> int:
    """Tag, read, tag again; the table, and the exit status."""
    before = archive.read()
    first = command(archive, run, names)
    after = archive.read()
    archive.compare(after)
    for name in archive.kinds:
        check(archive, name, before[name], after[name])
    told = ", ".join(f"{first[one]} {one.replace('_', ' ')}" for one in OUTCOMES)
    print(f"{len(archive.kinds)} photos: {told}\n")
    print("| written before us | photos | fields that both readers found | words added |")
    print("|---|---:|---|---:|")
    for kind in FOREIGN:
        row(kind, [name for name, one in archive.kinds.items() if one == kind], before, after)
    lists = sum(map(len, after.values()))
    print(f"\n{lists:,} lists compared word for word: {len(archive.faults)} faults (the readers")
    print("disagree, what was written before us is not as it was, a field lacks a tag)\n")
    again = twice(archive, run, names)
    return bool(archive.faults or again or first["failed"])


def row(kind: str, names: Sequence[str], before: dict[str, Words], after: dict[str, Words]) -> None:
    """One line of the table."""
    fields = Counter(one for name in names for one in after[name])
    told = ", ".join(f"{one} {number}" for one, number in fields.items())
    added = sum(
        len(after[name].get(one, ())) - len(before[name].get(one, ()))
        for name in names
        for one in after[name]
    )
    print(f"| {kind} | {len(names)} | {told} | {added} |")


def check(archive: Archive, name: str, before: Words, after: Words) -> None:
    """What somebody wrote is there as it was and first; behind it each tag once, in each field."""
    flat, theirs = (
        {word for one in FLAT for word in found.get(one, ())} for found in (after, before)
    )
    if not TAGS & flat:
        archive.wrong(name, "has no tag")
    if flat - theirs - TAGS:
        archive.wrong(name, f"has words of nobody's: {flat - theirs - TAGS}")
    latin = archive.kinds[name] == "IPTC, Latin, not declared"
    for one in FIELDS:
        was, now = before.get(one, ()), after.get(one, ())
        if now[: len(was)] != was:
            archive.wrong(name, f"{one} was {was} and is {now}")
        words = [word.replace("/", "|").rpartition("|")[2] for word in now]
        tags = (TAGS & flat) - theirs
        if one == "IPTC Keywords" and latin:
            # Chinese cannot stand there: XMP has it alone.
            tags = {tag for tag in tags if tag.encode("cp1252", "ignore").decode("cp1252") == tag}
        if (was or one in FLAT) and not tags <= {*words}:
            archive.wrong(name, f"{one} lacks {tags - {*words}}")
        again = [tag for tag in TAGS if words.count(tag) > max(1, [*was].count(tag))]
        if again:
            archive.wrong(name, f"{one} repeats {again}")


def command(archive: Archive, run: Path, names: Path) -> dict[str, int]:
    """The command, as a person runs it; its summary."""
    line = [sys.executable, "-m", "tagonaut", "tag", run, archive.folder, "--in-place"]
    env = {**os.environ, "PYTHONPATH": SOURCES}
    done = subprocess.run(
        [*line, "--map", names, "--json"], check=True, capture_output=True, env=env
    )
    return json.loads(done.stdout)


def twice(archive: Archive, run: Path, names: Path) -> int:
    """How many photos the second run changed; its time is printed."""
    state = archive.state()
    begun = time.monotonic()
    summary = command(archive, run, names)
    whole = time.monotonic() - begun
    tagger, choice, seconds = Tagger.load(run), Choice(mapping=read_map(names)), []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        found = tag_folder(tagger, archive.folder, TagOptions(in_place=True, choice=choice))
        seconds.append(time.perf_counter() - begun)
        assert found.nothing_to_do == len(state), found
    now = archive.state()
    changed = sum(now[name] != one for name, one in state.items())
    each = 1000 * statistics.median(seconds) / len(state)
    print("| second run | |")
    print("|---|---:|")
    print(f"| photos with nothing to do | {summary['nothing_to_do']} |")
    print(f"| photos whose bytes, time of change or inode changed | {changed} |")
    print(f"| ms a photo, without the program's start (median of {REPEATS}) | {each:.2f} |")
    print(f"| s, the whole command | {whole:.1f} |")
    return changed + len(state) - summary["nothing_to_do"]


if __name__ == "__main__":
    sys.exit(main())
