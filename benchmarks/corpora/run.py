"""Any folder of photos, tagged in place, tagged again and untagged; what changed that should not.

    .venv/bin/python -m benchmarks.corpora.run FOLDER [--limit N] [--seed 0] [--keep DIR]

Every file of FOLDER that is a picture by its name is copied with its sidecars; the folder itself is
only read. Before, after tagging and after untagging, other programs look at every copy: ExifTool
(all tags, also those inside maker notes and embedded pictures, and its validation), ImageMagick
(the pixels of every frame; Pillow where it is not installed), Exiv2 and the Content Credentials
library where they are installed. The second run may change no byte, time or inode. The report, a
Markdown table, goes to standard output. Exit status 1 if anything changed that should not have.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.compare import (
    Difference,
    digest_made_current,
    lost_words,
    unexpected,
)
from benchmarks.corpora.look import READERS, Looks, look_at
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.scorer import ByColour

# Words that nobody else writes, some of which need more than ASCII.
OURS = ("tgn rot", "tgn grün", "tgn 蓝", "tgn dunkel")
# Lines that are printed for each kind of difference; all of them are counted.
SHOWN = 10

State = dict[Path, tuple[str, int, int]]


class AlwaysOne(ByColour):
    """Gives every picture one tag at least."""

    def __init__(self) -> None:
        super().__init__(names=OURS)

    def decide(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        return (scores >= 0.5) | (scores == scores.max(axis=1, keepdims=True))


@dataclass
class Corpus:
    """The copies below ``place``, each in a folder of its own; ``names`` are those of the source.

    ``told`` has one line per difference, by its kind; ``digests`` counts photos whose IPTCDigest
    was stale and is current now: that is right where IPTC and XMP say the same.
    """

    place: Path
    names: dict[Path, Path] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    digests: int = 0

    @property
    def photos(self) -> Path:
        return self.place / "photos"

    @property
    def journal(self) -> Path:
        return self.place / "journal.sqlite"

    def copy(self, folder: Path, limit: int | None, seed: int) -> None:
        """Copy the pictures, a random choice of ``limit`` of them, and their sidecars."""
        found = sorted(path for path in folder.rglob("*") if is_picture(path) and path.is_file())
        if limit is not None and limit < len(found):
            found = sorted(random.Random(seed).sample(found, limit))
        for number, path in enumerate(found):
            home = self.photos / f"{number // 1000:03}" / f"{number:06}"
            home.mkdir(parents=True)
            copy = home / f"photo{path.suffix}"
            shutil.copyfile(path, copy)
            self.names[copy] = path.relative_to(folder)
            for sidecar, name in (
                (path.with_name(f"{path.name}.xmp"), f"{copy.name}.xmp"),
                (path.with_suffix(".xmp"), "photo.xmp"),
            ):
                if sidecar.is_file():
                    shutil.copyfile(sidecar, home / name)

    def tag(self) -> Summary:
        options = TagOptions(in_place=True, journal=self.journal)
        return tag_folder(AlwaysOne(), self.photos, options)

    def untag(self) -> Summary:
        return untag_folder(self.photos, UntagOptions(journal=self.journal))

    def state(self) -> State:
        """Content, time of modification and inode of every file of the archive."""
        return {
            path: (
                sha256(path.read_bytes()).hexdigest(),
                path.stat().st_mtime_ns,
                path.stat().st_ino,
            )
            for path in sorted(self.photos.rglob("*"))
            if path.is_file() and ".tagonaut" not in path.parts and path.suffix != ".parquet"
        }

    def differ(self, path: Path, differences: Sequence[Difference]) -> None:
        """Keep the differences of one photo, to be told at the end."""
        for kind, what in differences:
            self.told.setdefault(kind, []).append(f"{self.names[path]}: {what}")


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="this many pictures of each folder, by chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="work here, and leave it; else a temporary one")
    options = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory(prefix="corpora-") as temporary:
        for number, folder in enumerate(options.folder):
            if not folder.is_dir():
                parser.error(f"{folder} is not a folder")
            corpus = Corpus((options.keep or Path(temporary)).absolute() / str(number))
            corpus.copy(folder, options.limit, options.seed)
            print(f"\n## {folder}\n", flush=True)
            faults += examine(corpus)
    return bool(faults)


def examine(corpus: Corpus) -> int:
    """Tag, tag again, untag, and look at every step; the number of differences."""
    os.environ["TAGONAUT_STATE"] = str(corpus.place / "state")
    photos = list(corpus.names)
    if not photos:
        print("No pictures.")
        return 0
    say(f"{len(photos):,} pictures; read by {', '.join(READERS)}")
    first, before = corpus.state(), look_at(photos, say)
    begun = time.monotonic()
    tagged = corpus.tag()
    seconds = time.monotonic() - begun
    second, after = corpus.state(), look_at(photos, say)
    for path in photos:
        written = first[path][0] != second[path][0]
        compare_tagged(corpus, path, before[path], after[path], written=written)
    beside(corpus, first, second)
    corpus.tag()
    third = corpus.state()
    for path in sorted(second.keys() | third.keys()):
        if second.get(path) != third.get(path):
            corpus.told.setdefault("the second run changed it", []).append(str(path))
    untagged = corpus.untag()
    fourth, undone = corpus.state(), look_at(photos, say)
    for path in photos:
        if fourth[path][0] != first[path][0]:
            changes = unexpected(before[path], undone[path], undone=True)
            corpus.differ(path, [(f"after untag: {kind}", what) for kind, what in changes])
    for path in sorted(fourth.keys() - first.keys()):
        corpus.told.setdefault("untag left a file", []).append(str(path))
    report(corpus, tagged, untagged, (first, second, fourth), seconds)
    return sum(map(len, corpus.told.values()))


def compare_tagged(
    corpus: Corpus, path: Path, before: Looks, after: Looks, *, written: bool
) -> None:
    """Compare a photo before and after tagging."""
    if not written:
        return
    corpus.differ(path, unexpected(before, after, undone=False))
    corpus.digests += digest_made_current(before, after)
    corpus.differ(path, lost_words(before, after, ours=frozenset(OURS)))


def beside(corpus: Corpus, first: State, second: State) -> None:
    """No file vanished, and none but sidecars is new."""
    for path in first.keys() - second.keys():
        corpus.told.setdefault("a file is gone", []).append(str(path))
    for path in second.keys() - first.keys():
        if path.suffix != ".xmp" or not any(path.parent == one.parent for one in corpus.names):
            corpus.told.setdefault("a file is new", []).append(str(path))


def report(
    corpus: Corpus,
    tagged: Summary,
    untagged: Summary,
    states: tuple[State, State, State],
    seconds: float,
) -> None:
    """Print the table, the reasons for failures, and the differences."""
    first, second, last = states
    written = [path for path in corpus.names if first[path][0] != second[path][0]]
    same = sum(last[path][0] == first[path][0] for path in written)
    sidecars = sum(path.suffix == ".xmp" and path not in first for path in second)
    rows = {
        "pictures": len(corpus.names),
        "written to": len(written),
        "new sidecars": sidecars,
        "failed while tagging": tagged.failed,
        "failed while untagging": untagged.failed,
        "byte for byte the original after untag": same,
        "stale digests that are current now": corpus.digests,
        "differences that should not be": sum(map(len, corpus.told.values())),
    }
    print("| | |\n|---|---:|")
    for name, count in rows.items():
        print(f"| {name} | {count:,} |")
    print(f"| seconds of tagging | {seconds:,.0f} |")
    reasons = Counter(shortened(reason) for _, reason in tagged.failures)
    for reason, count in reasons.most_common():
        print(f"\n- {count:,} × {reason}", end="")
    print()
    for kind, lines in sorted(corpus.told.items()):
        print(f"\n**{kind}** ({len(lines):,})\n")
        for line in lines[:SHOWN]:
            print(f"- {line[:400]}")


def shortened(reason: str) -> str:
    """A reason without what differs from photo to photo."""
    return "".join("#" if letter.isdigit() else letter for letter in reason)[:160]


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
