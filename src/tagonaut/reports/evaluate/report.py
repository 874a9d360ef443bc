"""The files of an evaluation: a document (JSON), a table of the labels (CSV) and a page (HTML)."""

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from tagonaut.data.text import formula_notes
from tagonaut.errors import Interrupted, TagonautError
from tagonaut.files.locks import claimed
from tagonaut.files.names import hidden, shortened
from tagonaut.files.reading import parse_json, read_bytes
from tagonaut.interrupts import deferred
from tagonaut.reports.evaluate.evaluated import Decision, Evaluated
from tagonaut.reports.evaluate.page import write_evaluation

SUFFIXES = (".json", ".csv", ".html")


def report(evaluated: Evaluated, place: Path, inputs: Collection[Path] = ()) -> dict[str, Any]:
    """Write the files of an evaluation and return its document.

    ``place`` is their path without suffix; files there that are not of the same source stay, and
    the new ones get a number and a note. Raises ``TagonautError`` where they cannot be written, or
    would take the place of one of ``inputs``.
    """
    with _free_place(place, evaluated.subject.source, inputs) as base:
        return _write(evaluated, base, place)


def _write(evaluated: Evaluated, base: Path, place: Path) -> dict[str, Any]:
    if base != place:
        note = (
            f"{place}.* belong to another evaluation and are kept: this evaluation is in "
            f"{base.name}.*"
        )
        evaluated = replace(evaluated, notes=[*evaluated.notes, note])
    formulas = formula_notes(evaluated.pictures.labels)
    evaluated = replace(evaluated, notes=[*evaluated.notes, *formulas])
    files = _files(base)
    document = _document(evaluated, files)
    with deferred(f"{base}.* are being written: stopping after that") as heard:
        try:
            with ExitStack() as stack:
                # What a kill leaves of them, the next evaluation of this name writes over.
                new = [hidden(file, "new") for file in files]
                for file in new:
                    stack.callback(file.unlink, missing_ok=True)
                text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
                new[0].write_text(text + "\n", encoding="utf-8")
                with new[1].open("w", newline="", encoding="utf-8") as table:
                    _write_labels(csv.writer(table), evaluated.decisions)
                write_evaluation(new[2], evaluated)
                # The document first: by it the others are known as ours.
                for written, target in zip(new, files, strict=True):
                    written.replace(target)
        except OSError as error:
            raise TagonautError(f"{base}: cannot be written ({error.strerror})") from None
    if heard:
        raise Interrupted(f"stopped; {base}.* are complete")
    return document


def _document(evaluated: Evaluated, files: Sequence[Path]) -> dict[str, Any]:
    subject, decisions = evaluated.subject, evaluated.decisions
    return {
        **subject.about,
        "tuned_for": subject.tuned_for,
        "left_out": subject.left_out,
        "unreadable": list(subject.unreadable),
        "source": dict(subject.source),
        **({} if evaluated.only is None else {"only": dict(evaluated.only)}),
        "in_sample": evaluated.in_sample,
        "notes": list(evaluated.notes),
        "ways": {some.key: some.title for some in decisions},
        **{some.key: some.figures for some in decisions},
        "intervals": {some.key: some.intervals for some in decisions},
        "by": dict(evaluated.by),
        "written": [str(file) for file in files],
    }


@contextmanager
def _free_place(place: Path, source: Mapping[str, Any], inputs: Collection[Path]) -> Iterator[Path]:
    """Reserve ``place``, or the first numbered one whose files may be written."""
    place = place.with_name(shortened(place.name))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TagonautError(f"{place}: cannot be written ({error.strerror})") from None
    for number in count(1):
        base = place if number == 1 else place.with_name(f"{place.name}-{number}")
        for file in _files(base):
            if any(file.resolve() == given.resolve() for given in inputs):
                raise TagonautError(f"{file} would be overwritten: choose another --out")
        with ExitStack() as stack:
            try:
                ours = stack.enter_context(claimed(hidden(base, "lock")))
            except OSError as error:
                raise TagonautError(f"{base}: cannot be written ({error.strerror})") from None
            if ours and _is_free(base, source):
                yield base
                return


def _is_free(base: Path, source: Mapping[str, Any]) -> bool:
    """Whether there are no files yet, or only those of an earlier evaluation of the same source."""
    try:
        document = parse_json(read_bytes(Path(f"{base}.json")))
    except (OSError, ValueError):
        return not any(file.exists() for file in _files(base))
    return isinstance(document, dict) and document.get("source") == source


def _files(base: Path) -> list[Path]:
    return [Path(f"{base}{suffix}") for suffix in SUFFIXES]


def _write_labels(table: Any, decisions: Sequence[Decision]) -> None:
    rows = [
        {"thresholds": some.key, **row, "in_sample": some.figures["in_sample"]}
        for some in decisions
        for row in some.figures["labels"]
    ]
    table.writerow(rows[0])
    table.writerows(row.values() for row in rows)
