"""Tagonaut: what ``tagonaut predict --as scores`` and ``tagonaut tag`` do, and their stages alone.

Every picture gets two tags, those of the highest scores, whatever the run would decide, so that all
ways write the same amount.
"""

import os

# As the program itself does, before PyTorch is there.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import argparse
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from conversation import Prepare, Work, batches, serve

from tagonaut.deciding import DecisionRule
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.pixels.preprocessing import Pixels
from tagonaut.tagger import Tagger
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder

TAGS = 2
# So many prepared pictures go round when inference is measured alone.
KEPT = 256


class Scored(Tagger):
    """What costs nothing to score: what is left is to look, to write, and to keep the journal."""

    def prepare(self, path: Path) -> Pixels:
        return np.zeros((1, 1, 3), dtype=np.uint8)

    def score_pixels(self, pictures: object) -> np.ndarray:
        scores = np.linspace(0.1, 0.9, len(self.labels), dtype=np.float32)
        return np.tile(scores, (len(pictures), 1))  # type: ignore[arg-type]


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument(
        "--stage", choices=["score", "dry", "tag", "decode", "infer", "write"], required=True
    )
    chosen = parser.parse_args()
    serve(lambda: load(chosen.run, chosen.stage))


def load(run: Path, stage: str) -> Prepare:
    """The run, and what is done with it."""
    tagger = Tagger.load(run)
    if stage == "write":
        tagger = Scored(**vars(tagger))
    # Nothing is calibrated, everything decided: the choice leaves the two highest.
    tagger.rule = DecisionRule.at(tagger.labels.names, 0.0)

    def prepare(paths: list[str], folder: Path) -> Work:
        found = [Path(path) for path in paths]
        if stage == "score":
            return lambda: check(tagger.scores(found)[1])
        if stage == "decode":
            return lambda: [0 for _ in prepared(found, tagger.preprocessing)]
        if stage == "infer":
            return inference(tagger, found)
        return lambda: tagged(tagger, folder, len(found), dry_run=stage == "dry")

    return prepare


def check(failures: object) -> None:
    """All pictures can be read."""
    assert not failures, failures


def inference(tagger: Tagger, paths: list[Path]) -> Work:
    """Batches of pictures that are prepared already."""
    kept = list(prepared(paths[:KEPT], tagger.preprocessing))
    rows: Iterator[Pixels] = islice(cycle(kept), len(paths))  # type: ignore[arg-type]
    given = [
        list(islice(rows, len(some))) for some in batches([""] * len(paths), tagger.batch_size)
    ]
    return lambda: [tagger.score_pixels(some) for some in given]


def tagged(tagger: Tagger, folder: Path, wanted: int, *, dry_run: bool) -> None:
    """As ``tagonaut tag RUN FOLDER --in-place --top 2``."""
    journal = folder.with_name(f"{folder.name}.journal")
    summary = tag_folder(
        tagger,
        folder,
        TagOptions(in_place=True, choice=Choice(top=TAGS), dry_run=dry_run, journal=journal),
    )
    assert summary.written == wanted, summary


if __name__ == "__main__":
    main()
