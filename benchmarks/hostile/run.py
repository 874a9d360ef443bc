"""The program on a folder that nobody would wish for: damaged files, odd names, odd places.

    .venv/bin/python -m benchmarks.hostile.run [--mutations 500] [--seed 0] [--folder DIR]

A small network is trained, and `predict`, `explore`, `tag --to`, `tag --sidecar`, `tag --in-place`
and `untag` meet the folder as a person would run them. Told for each, in a Markdown table: exit
status, time, pictures done and reported. Exit status 1 if one crashes, hangs, leaves a picture out
in silence, ends with another status than documented, changes pixels, or writes anywhere but where
it was told to.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from benchmarks.hostile.trained import SOURCES, train
from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.pixels.decode import decode, is_picture
from tests.tagging.faults.hostile import make_hostile, state_of

DONE, LEFT_OUT = 0, 1
# Seconds that one picture may take; that a command takes to begin, and then for each of them.
PICTURE_LIMIT, START, EACH = 20.0, 60.0, 0.25

State = dict[str, tuple[int, object]]


@dataclass
class Hostile:
    """A folder ``around`` with the photos in it and everything else that could be written to."""

    place: Path
    faults: list[str] = field(default_factory=list)

    @property
    def around(self) -> Path:
        return self.place / "around"

    @property
    def photos(self) -> Path:
        return self.around / "photos"

    @property
    def run(self) -> Path:
        return self.place / "run"

    def make(self, mutations: int, seed: int) -> None:
        self.around.mkdir(parents=True)
        make_hostile(self.photos, self.around / "outside", mutations, seed)
        train(self.place)

    def command(
        self, what: str, *arguments: str | Path, writes: str = "", check: Callable[..., None]
    ) -> None:
        """Run one command and look at what it did; ``writes`` is where it may."""
        home = self.place / "home"
        shutil.rmtree(home, ignore_errors=True)
        for name in ("home", "home/tmp", "home/cwd"):
            (self.place / name).mkdir()
        env = {
            **os.environ,
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "TAGONAUT_CACHE": str(home / "cache"),
            "TAGONAUT_STATE": str(self.place / "state"),
            "PYTHONPATH": SOURCES,
            "HF_HUB_OFFLINE": "1",
        }
        before, begun = state_of(self.around), time.monotonic()
        limit = START + EACH * len(pictures(self.photos))
        line = [sys.executable, "-m", "tagonaut", *map(str, arguments)]
        measured = ["/usr/bin/env", "-", *(f"{k}={v}" for k, v in env.items()), *line]
        try:
            done = subprocess.run(
                measured, check=False, capture_output=True, timeout=limit, cwd=home / "cwd"
            )
        except subprocess.TimeoutExpired:
            self.wrong(what, f"was not done after {limit:.0f} s")
            return
        seconds, after = time.monotonic() - begun, state_of(self.around)
        told = done.stderr.decode(errors="replace")
        if "Traceback" in told or done.returncode not in {DONE, LEFT_OUT}:
            self.wrong(what, f"status {done.returncode}: {told[-1500:]}")
        if any(not (c.isprintable() or c in "\n\r") for c in told):
            self.wrong(what, "control characters reach the terminal")
        for name in sorted(before.keys() | after.keys()):
            inside = writes and (name == writes or name.startswith(f"{writes}/"))
            if not inside and before.get(name) != after.get(name):
                self.wrong(what, f"has written to {name!r}")
        beside = (*(home / "tmp").iterdir(), *(home / "cwd").iterdir())
        for name in (*(name for name in after.keys() - before.keys() if is_ours(name)), *beside):
            self.wrong(what, f"has left {name!r}")
        print(f"| {what} | {done.returncode} | {seconds:.1f}", end="", flush=True)
        check(done.stdout.decode(), done.returncode, before, after)

    def wrong(self, what: str, told: str) -> None:
        self.faults.append(f"{what}: {told}")
        print(f"  WRONG: {what}: {told}", file=sys.stderr, flush=True)

    def reported(self, what: str, done: int, failures: int, *, hidden: bool = True) -> None:
        """Every picture is done or reported; those with a dot in front if ``hidden`` are meant."""
        names = [path.name for path in pictures(self.photos)]
        asked = sum(hidden or not name.startswith(".") for name in names)
        print(f" | {done:,} | {failures:,} | {asked:,} |", flush=True)
        if done + failures < asked:
            self.wrong(what, f"{asked - done - failures} pictures were left out in silence")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="work here, and leave it; else a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        hostile = Hostile((options.folder or Path(folder)).absolute())
        hostile.make(options.mutations, options.seed)
        mutations, names = options.mutations, len(pictures(hostile.photos))
        print(
            f"{names:,} names of pictures, {mutations} mutations among them; seed {options.seed}\n"
        )
        with warnings.catch_warnings(action="ignore"):
            slowest(hostile)
        print("| command | status | s | pictures done | reported | of |")
        print("|---|---:|---:|---:|---:|---:|")
        commands(hostile)
    print(f"\n{len(hostile.faults)} faults")
    return bool(hostile.faults)


def commands(hostile: Hostile) -> None:
    """Every command that meets a folder of photos."""
    run, photos, out = hostile.run, hostile.photos, hostile.around / "out"

    def predicted(text: str, *_: object) -> None:
        document = json.loads(text)
        hostile.reported(
            "predict", len(document["pictures"]), len(document["unreadable"]), hidden=False
        )

    def explored(text: str, *_: object) -> None:
        document = json.loads(text)
        count, bad = document["summary"]["pictures"], len(document["problems"]["unreadable"])
        # Those whose keywords cannot be read are told in notes.
        noted = sum(": left out" in note for note in document["notes"])
        hostile.reported("explore", count - bad, bad + noted, hidden=False)

    def tagged(what: str, root: str) -> Callable[..., None]:
        def check(text: str, status: int, before: State, after: State) -> None:
            document = json.loads(text)
            done = sum(document[k] for k in ("tagged", "copied", "nothing_to_do"))
            # Symbolic links in place, for instance, are counted by their suffix.
            passed = (kinds.items() for kinds in document["passed_over"].values())
            counted = sum(n for kind in passed for end, n in kind if is_picture(Path(f"x{end}")))
            hostile.reported(what, done, document["failed"] + counted)
            if status != (LEFT_OUT if document["failed"] else DONE):
                hostile.wrong(what, f"status {status} with {document['failed']} failures")
            same_pixels(hostile, what, root, after)

        return check

    hostile.command("predict", "predict", run, photos, "--json", check=predicted)
    folder = hostile.around / "explored"
    hostile.command(
        "explore",
        *("explore", photos, "--out", folder, "--json"),
        writes="explored",
        check=explored,
    )
    hostile.command(
        "tag --dry-run",
        *("tag", run, photos, "--to", out, "--dry-run", "--json"),
        check=tagged("tag --dry-run", "out"),
    )
    for what in ("tag --to", "tag --to again"):
        hostile.command(
            what, *("tag", run, photos, "--to", out, "--json"), writes="out",
            check=tagged(what, "out"),
        )  # fmt: skip
    sidecars(hostile, tagged)
    keep = hostile.place / "keep"
    shutil.copytree(photos / "fuzzed", keep, symlinks=True)
    hostile.command(
        "tag --in-place", *("tag", run, photos, "--in-place", "--json"), writes="photos",
        check=tagged("tag --in-place", "photos"),
    )  # fmt: skip
    unharmed(hostile, "tag --in-place", keep, photos / "fuzzed")
    hostile.command("untag", "untag", photos, "--json", writes="photos", check=taken_back)
    unharmed(hostile, "untag", keep, photos / "fuzzed")


def sidecars(hostile: Hostile, tagged: Callable[[str, str], Callable[..., None]]) -> None:
    """Sidecars beside the photos, none of which is written to; then they are gone again."""
    run, photos, was = hostile.run, hostile.photos, state_of(hostile.photos)

    def only_sidecars(*told: object) -> None:
        tagged("tag --sidecar", "photos")(*told)
        for name, now in state_of(photos).items():
            ours = name == "scores.parquet" or name.startswith(".tagonaut")
            if S_ISREG(now[0]) and not ours and not name.endswith(".xmp") and was.get(name) != now:
                hostile.wrong("tag --sidecar", f"has written to {name!r}")

    hostile.command(
        "tag --sidecar", "tag", run, photos, "--sidecar", "--json", writes="photos",
        check=only_sidecars,
    )  # fmt: skip
    hostile.command("untag", "untag", photos, "--json", writes="photos", check=taken_back)
    for name in {name for name in state_of(photos) if name.endswith(".xmp")} - was.keys():
        hostile.wrong("untag", f"has left {name!r}")


def taken_back(text: str, *_: object) -> None:
    """The row of an ``untag``: it has looked at what had been written, and at nothing else."""
    document = json.loads(text)
    print(f" | {document['photos']:,} | {document['failed']:,} | |", flush=True)


def pictures(folder: Path) -> list[Path]:
    """Everything that is named as a picture and is no folder, without following links."""
    found = []
    for place, _, files in os.walk(folder):
        found += [Path(place) / name for name in files if is_picture(Path(name))]
    return found


def is_ours(name: str) -> bool:
    """Whether a name is that of a temporary file, of ours or of ExifTool's."""
    return ".tagonaut-" in name or name.endswith(("_exiftool_tmp", "_original"))


def same_pixels(hostile: Hostile, what: str, root: str, after: State) -> None:
    """Every copy has the pixels of its photo."""
    if root != "out":
        return
    for name in after:
        copy = hostile.around / name
        photo = hostile.photos / Path(name).relative_to("out") if name.startswith("out/") else None
        if photo and copy.is_file() and is_picture(copy) and not copy.is_symlink():
            compare(hostile, what, photo, copy)


def unharmed(hostile: Hostile, what: str, before: Path, after: Path) -> None:
    """The damaged files have the pixels that they had, as far as there are any."""
    for path in sorted(before.iterdir()):
        compare(hostile, what, path, after / path.name)


def compare(hostile: Hostile, what: str, one: Path, other: Path) -> None:
    """Whether two files differ in metadata alone, if at all."""
    if one.stat().st_size > 1 << 28 or one.read_bytes() == other.read_bytes():
        return
    try:
        recognise(one)
        check_pixels(one, other, exif=False)  # XPKeywords are in it
    except TagonautError as error:
        hostile.wrong(what, f"{other}: {error}")


def slowest(hostile: Hostile) -> None:
    """How long one picture takes at most, to be decoded and to have its keywords read."""
    times: list[tuple[float, str]] = []
    with ExifTool() as tool:
        for path in pictures(hostile.photos):
            if not os.path.isfile(path):  # noqa: PTH113  (Path.is_file raises for a long path)
                continue
            for work in (lambda p: decode(p, (64, 64)), lambda p: read_keywords(tool, p)):
                begun = time.monotonic()
                try:
                    work(path)
                except TagonautError:
                    pass
                except OSError as error:
                    if error.errno != 36:  # a name too long
                        hostile.wrong("reading", f"{path}: {error!r}")
                times.append((time.monotonic() - begun, path.name))
    worst, name = max(times)
    print(f"The slowest picture takes {worst:.1f} s ({name!r}).\n")
    if worst > PICTURE_LIMIT:
        hostile.wrong("reading", f"{name!r} took {worst:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
