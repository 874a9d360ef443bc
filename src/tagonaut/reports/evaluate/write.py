"""What an evaluation leaves: one document, as JSON, as a table of the labels, and as a page."""

import csv
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagonaut.deciding.evaluation import Evaluation
from tagonaut.deciding.metrics.intervals import bootstrap_each
from tagonaut.errors import TagonautError
from tagonaut.reports.evaluate.evaluated import Decision, Evaluated
from tagonaut.reports.evaluate.page import write_evaluation

SUFFIXES = (".json", ".csv", ".html")


class Decided(NamedTuple):
    """One way to decide: its ``tags[n, k]`` and their figures."""

    key: str
    title: str
    tags: NDArray[np.bool_]
    figures: Evaluation


def with_intervals(
    decided: Sequence[Decided],
    targets: NDArray[np.uint8],
    scores: NDArray[Any] | None,
    known: NDArray[np.bool_],
) -> list[Decision]:
    """The ways to decide on the same pictures, with the 95 % intervals of their figures."""
    intervals = bootstrap_each(targets, [each.tags for each in decided], scores, known=known)
    return [Decision(*each, found) for each, found in zip(decided, intervals, strict=True)]


def check_place(base: Path, inputs: Collection[Path] = ()) -> None:
    """Raises ``TagonautError`` where the files would take the place of what is judged."""
    for file in _files(base):
        if any(file.resolve() == given.resolve() for given in inputs):
            raise TagonautError(f"{file} would be written over: choose another --out")


def free_place(
    base: Path, source: Mapping[str, Any], inputs: Collection[Path]
) -> tuple[Path, list[str]]:
    """The path without suffix of an evaluation's files, and a note where it is not ``base``.

    Files there that are not known to be of the same ``source`` stay: these get a number. Raises
    ``TagonautError`` where they would take the place of one of ``inputs``.
    """
    place, number = base, 1
    check_place(place, inputs)
    while not _is_free(place, source):
        number += 1
        place = base.with_name(f"{base.name}-{number}")
        check_place(place, inputs)
    if place == base:
        return base, []
    return place, [
        f"{base}.* there are of other pictures, predictions or runs, and stay: what is written now"
        f" is {place.name}.*"
    ]


def _is_free(base: Path, source: Mapping[str, Any]) -> bool:
    try:
        document = json.loads(Path(f"{base}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return not any(Path(f"{base}{suffix}").exists() for suffix in SUFFIXES)
    return isinstance(document, dict) and document.get("source") == source


def write(base: Path, judged: Evaluated, about: Mapping[str, Any]) -> dict[str, Any]:
    """``about`` and all figures as one document, written beside its table and its page.

    ``base`` is the files' path without suffix. Raises ``TagonautError`` where they cannot be
    written.
    """
    files = _files(base)
    document = {
        **about,
        "in_sample": judged.in_sample,
        "notes": list(judged.notes),
        "ways": {some.key: some.title for some in judged.ways},
        **{some.key: some.figures for some in judged.ways},
        "intervals": {some.key: some.intervals for some in judged.ways},
        "by": dict(judged.by),
        "written": [str(file) for file in files],
    }
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        files[0].write_text(text + "\n", encoding="utf-8")
        with files[1].open("w", newline="", encoding="utf-8") as file:
            _write_labels(csv.writer(file), judged.ways)
        write_evaluation(files[2], judged)
    except OSError as error:
        raise TagonautError(f"{base}: cannot be written ({error.strerror})") from None
    return document


def _files(base: Path) -> list[Path]:
    return [Path(f"{base}{suffix}") for suffix in SUFFIXES]


def _write_labels(table: Any, ways: Sequence[Decision]) -> None:
    rows = [
        {"thresholds": some.key, **row, "in_sample": some.figures["in_sample"]}
        for some in ways
        for row in some.figures["labels"]
    ]
    table.writerow(rows[0])
    table.writerows(row.values() for row in rows)
