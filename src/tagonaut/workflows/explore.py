"""Describes a labelled collection: one page, and the same figures as tables."""

import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.readers import Reading, look
from tagonaut.data.statistics import DistinctSets, count_cooccurrence, distinct_sets
from tagonaut.data.text import formula_notes, printable
from tagonaut.errors import Interrupted, PictureError
from tagonaut.files.folder_kind import FolderKind, json_with
from tagonaut.files.out_folder import out_folder
from tagonaut.files.written_whole import write_whole
from tagonaut.overlap import overlap
from tagonaut.pixels.inspect import Inspection, inspect_picture
from tagonaut.progress import track
from tagonaut.reports.explore import (
    MOST_CARDS,
    MOST_SETS,
    Album,
    Contents,
    PictureFacts,
    collection_figures,
    find_duplicates,
    write_page,
    write_tables,
)
from tagonaut.tagging.own_tags import own_tags

DECODERS, AHEAD = 2, 32
FILES = (
    *("explore.html", "explore.json", "pictures.csv"),
    *("labels.csv", "cooccurrence.csv", "label_sets.csv"),
)
EXPLORATION = FolderKind("exploration", "explore.json", json_with("summary", "findings"), own=FILES)


@dataclass(frozen=True)
class Explored:
    """The folder of the page and the tables, and the figures (those of ``explore.json``)."""

    folder: Path
    figures: dict[str, Any]

    @property
    def unreadable(self) -> list[str]:
        """A line for each picture that could not be read."""
        return [f"{row['id']}: {row['reason']}" for row in self.figures["problems"]["unreadable"]]


def explore(
    source: str | Path,
    images: str | Path | None = None,
    *,
    out: str | Path | None = None,
    seed: int = 0,
    **how: Unpack[Reading],
) -> Explored:
    """Describe labelled pictures, or labels or pictures alone, in a folder of its own.

    ``out``: that folder; default the first free ``explore-NAME``. The files of an earlier
    exploration are replaced; any other folder that is not empty is an error. ``seed`` chooses the
    samples. ``how``: see ``tagonaut.data.readers.Reading``. Each picture is read once; memory
    holds some hundred bytes of it. Raises ``TagonautError``.
    """
    at = Path(source).absolute()
    name = printable(at.stem) or "pictures"
    given = Path(out) if out else None
    try:
        with out_folder(given, f"explore-{name}", EXPLORATION) as place:
            how.setdefault("machine_tags", own_tags)
            dataset = look(source, images, **how)
            contents = _contents(dataset.with_printable_names(), seed)
            figures = {
                "name": name,
                "title": printable(f"{at.parent.name} / {at.name}" if at.is_file() else at.name),
                "source": printable(str(source)),
                "seed": seed,
                "notes": [*contents.dataset.notes, *_formulas(contents.dataset)],
                **collection_figures(contents),
            }

            def write(folder: Path) -> None:
                write_page(folder / "explore.html", figures, contents)
                write_tables(folder, figures, contents)

            write_whole(place, write)
    except KeyboardInterrupt:
        raise Interrupted("stopped: nothing was written") from None
    return Explored(place.path, figures)


def _formulas(dataset: Dataset) -> tuple[str, ...]:
    others = (path.name for path in dataset.others)
    return formula_notes(chain(dataset.ids, others, dataset.labels.names))


def _contents(dataset: Dataset, seed: int) -> Contents:
    found = count_cooccurrence(dataset.targets, dataset.known)
    sets = distinct_sets(dataset.targets, dataset.known)
    shown = np.argsort(-found.counts, kind="stable")[:MOST_CARDS].tolist()
    album = Album(shown, min(MOST_SETS, len(sets.counts)), seed)
    facts = _look_at_pictures(dataset, sets, album)
    return Contents(dataset, found, sets, facts, album, find_duplicates(dataset, facts))


def _look_at_pictures(dataset: Dataset, sets: DistinctSets, album: Album) -> PictureFacts:
    # Not Path.is_file: it raises for a name too long to be one, which a table may hold.
    there = [os.path.isfile(path) for path in dataset.paths]  # noqa: PTH113
    facts = PictureFacts(np.array(there, dtype=bool))
    rows = np.flatnonzero(facts.there).tolist()

    def try_to_inspect(row: int) -> Inspection | PictureError:
        try:
            return inspect_picture(dataset.paths[row])
        except PictureError as error:
            return error

    if not rows:
        return facts
    found = overlap(try_to_inspect, rows, workers=DECODERS, ahead=AHEAD)
    for row, picture in zip(rows, track(found, "inspecting", total=len(rows)), strict=True):
        if isinstance(picture, PictureError):
            facts.failures[row] = printable(str(picture))
            continue
        facts.put(row, picture)
        present = np.flatnonzero((dataset.targets[row] != 0) & dataset.known[row])
        album.add(row, present.tolist(), int(sets.of[row]), picture)
    return facts
