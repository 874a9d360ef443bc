"""Predicts tags and scores of pictures, and writes them as tables."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import hash_picture
from tagonaut.data.pictures import given_pictures
from tagonaut.data.text import printable
from tagonaut.errors import PictureError, TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_many
from tagonaut.runs.averaged import AveragedRuns, leading_runs

Form = Literal["tags", "onehot", "scores"]


@dataclass(frozen=True)
class Predictions:
    """``scores[n, k]`` and ``tags[n, k]`` of the readable pictures.

    ``failures`` holds a line for each unreadable one, ``notes`` a line for what else is to be
    known.
    """

    runs: AveragedRuns
    names: list[str]
    paths: list[Path]
    scores: NDArray[np.float32]
    tags: NDArray[np.bool_]
    failures: list[str]
    notes: tuple[str, ...]

    def write(self, file: IO[str], form: Form) -> None:
        """Write a CSV table that ``tagonaut.read`` can read.

        ``tags``: ``image_name,tags`` as Planet's, with names without extension unless two pictures
        differ in that alone; the tags are separated by the first of space, semicolon, bar and comma
        that is in no label. ``onehot`` and ``scores``: ``filename`` and one column per label.
        Raises ``TagonautError`` for tags if labels hold all four.
        """
        labels = self.runs.labels
        writer = csv.writer(file, lineterminator="\n")
        if form == "tags":
            separator = _separator(labels.names)
            stems = [os.path.splitext(name)[0] for name in self.names]  # noqa: PTH122
            names = stems if len(set(stems)) == len(stems) else self.names
            writer.writerow(["image_name", "tags"])
            for name, tags in zip(names, labels.decode(self.tags), strict=True):
                writer.writerow([name, separator.join(tags)])
        else:
            writer.writerow(["filename", *labels.names])
            for row, name in enumerate(self.names):
                values = (
                    [f"{score:.6f}" for score in self.scores[row]]
                    if form == "scores"
                    else self.tags[row].astype(int).tolist()
                )
                writer.writerow([name, *values])


def _separator(labels: Sequence[str]) -> str:
    for mark in " ;|,":
        if not any(mark in label for label in labels):
            return mark
    raise TagonautError(
        "labels hold spaces, semicolons, bars and commas: nothing is left to separate tags"
        " (--as onehot writes one column per label)"
    )


def runs_and_pictures(given: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Divide paths: the leading folders that hold a model are runs, the rest pictures.

    Raises ``TagonautError`` unless there is at least one of each.
    """
    runs, pictures = leading_runs(given)
    if not pictures:
        raise TagonautError(
            f"{', '.join(map(str, runs))}: no pictures are given. Pictures, or folders of them,"
            " stand after the runs (see --help)"
        )
    return runs, pictures


def predict(runs: Sequence[Path], pictures: Sequence[Path]) -> Predictions:
    """Score picture files and all pictures below folders, named as ``given_pictures`` does.

    Several runs are averaged. Raises ``TagonautError`` if there is no picture at all.
    """
    averaged = AveragedRuns.load(runs)
    found = given_pictures(pictures)
    names, paths = found.names, found.paths
    if not paths:
        raise TagonautError(f"{', '.join(map(str, pictures))}: no picture below")
    scores, failures = averaged.scores(paths, progress=True)
    good = [row for row in range(len(paths)) if row not in failures]
    return Predictions(
        averaged,
        [printable(names[row]) for row in good],
        [paths[row] for row in good],
        scores[good],
        averaged.rule.decide(scores[good]),
        [f"{printable(str(paths[row]))}: {error}" for row, error in sorted(failures.items())],
        found.notes,
    )


def true_tags(predictions: Predictions) -> list[set[str] | None]:
    """The true tags of each picture from the first run's table, or from its own keywords.

    None for a picture whose tags are unknown.
    """
    table = predictions.runs.table
    at = {content: row for row, content in enumerate(table.hashes)}
    truths: list[set[str] | None] = []
    with ExifTool() as tool:
        found = list(read_many(tool, predictions.paths))
    for path, keywords in found:
        row = at.get(hash_picture(path))
        if row is not None and table.known[row].any():
            truths.append({table.labels.names[k] for k in np.flatnonzero(table.targets[row])})
        elif isinstance(keywords, PictureError):
            truths.append(None)
        else:
            truths.append({tag for tag in keywords.tags() if tag in table.labels} or None)
    return truths
