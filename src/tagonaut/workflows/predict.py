"""Predicts tags and scores of pictures, beside the keywords and captions that they have."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import digest_pixels, hash_picture
from tagonaut.data.pictures import given_pictures
from tagonaut.data.text import formula_notes, printable
from tagonaut.errors import MetadataError, TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_many
from tagonaut.progress import track
from tagonaut.runs.averaged import AveragedRuns, leading_runs
from tagonaut.tagging.own_tags import own_tags

Form = Literal["tags", "onehot", "scores"]

# Not "keywords": a reader of tables would take such a column for the predicted tags.
KEYWORDS, CAPTION = "photo_keywords", "photo_caption"
# Longer cells than this are cut: some readers of CSV refuse 128 KiB.
_LONGEST_CELL = 10_000


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

    def write(self, file: IO[str], form: Form, fields: Sequence[Keywords | None] = ()) -> None:
        """Write a CSV table that ``tagonaut.read`` can read.

        ``tags``: ``image_name,tags`` as Planet's, with names without extension unless two pictures
        differ in that alone; the tags are separated by the first of space, semicolon, bar and comma
        that is in no label. ``onehot`` and ``scores``: ``filename`` and one column per label; if
        ``fields`` of any photo hold a keyword or a caption, also ``photo_keywords`` (separated by
        semicolons) and ``photo_caption``, each in one line. Raises ``TagonautError`` for tags if
        labels hold all four.
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
            own = _own_columns(fields)
            writer.writerow(["filename", *labels.names, *_own_names(labels.names)[: len(own)]])
            for row, name in enumerate(self.names):
                values = (
                    [f"{score:.6f}" for score in self.scores[row]]
                    if form == "scores"
                    else self.tags[row].astype(int).tolist()
                )
                writer.writerow([name, *values, *(column[row] for column in own)])


def _own_names(labels: Sequence[str]) -> list[str]:
    names = [KEYWORDS, CAPTION]
    while not {*names}.isdisjoint(labels):
        names = [f"{name}_" for name in names]
    return names


def _own_columns(fields: Sequence[Keywords | None]) -> list[list[str]]:
    """The keywords and the captions, or no column at all where no photo has any."""
    known = [found or Keywords() for found in fields]
    keywords = [
        in_one_line(";".join(tag.replace(";", ",") for tag in found.tags())) for found in known
    ]
    captions = [in_one_line(found.caption or "") for found in known]
    return [keywords, captions] if any(keywords) or any(captions) else []


def in_one_line(text: str) -> str:
    """A text of any length without line breaks and control characters, cut if it is very long."""
    start = text[: _LONGEST_CELL + 1]
    line = " ".join("".join(c if c.isprintable() else " " for c in start).split())
    return line if len(start) <= _LONGEST_CELL else f"{line[: _LONGEST_CELL - 1]}…"


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
            f"{', '.join(map(str, runs))}: no pictures are given: list pictures, or folders of "
            "them, after the runs (see --help)"
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
        (*found.notes, *formula_notes([*(names[row] for row in good), *averaged.labels.names])),
    )


def read_fields(predictions: Predictions) -> tuple[list[Keywords | None], list[str]]:
    """The metadata fields of each picture, ``None`` where they cannot be read; and notes on that.

    Without ExifTool no picture has any, for most formats need it.
    """
    paths = predictions.paths
    fields: list[Keywords | None] = []
    notes: list[str] = []
    try:
        with ExifTool() as tool:
            for path, found in track(read_many(tool, paths), "reading metadata", total=len(paths)):
                if isinstance(found, MetadataError):
                    fields.append(None)
                    notes.append(f"{printable(str(path))}: {found}: no keywords, no caption")
                else:
                    fields.append(found)
    except TagonautError as error:
        reason = str(error).partition("\n")[0]
        return [None] * len(paths), [f"no keywords and captions of the pictures: {reason}"]
    cells = (cell for column in _own_columns(fields) for cell in column)
    return fields, [*notes, *formula_notes(cells)]


def true_tags(predictions: Predictions, fields: Sequence[Keywords | None]) -> list[set[str] | None]:
    """The true tags of each picture from the first run's table, or from its metadata ``fields``.

    None for a picture whose tags are unknown. Tags in it that a run wrote are no truth.
    """
    table = predictions.runs.table
    at = {content: row for row, content in enumerate(table.hashes)}
    pixels = {digest: row for row, digest in enumerate(table.pixels) if digest}
    digests = digest_pixels(predictions.paths) if pixels else [""] * len(predictions.paths)
    truths: list[set[str] | None] = []
    with own_tags() as own:
        for path, digest, found in zip(predictions.paths, digests, fields, strict=True):
            row = at.get(hash_picture(path), pixels.get(digest))
            if row is not None and table.known[row].any():
                truths.append({table.labels.names[k] for k in np.flatnonzero(table.targets[row])})
            elif found is None:
                truths.append(None)
            else:
                words = {*found.tags()} - own.of(path, found)
                truths.append({tag for tag in words if tag in table.labels} or None)
    return truths
