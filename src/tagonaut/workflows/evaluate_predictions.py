"""How good anybody's predictions are: a table of them, judged by a table of the truth."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.named_subset import choose, read_picture_list
from tagonaut.data.readers import Reading, look, recognise
from tagonaut.data.tables import (
    Aligned,
    LabelTable,
    MissingPrediction,
    align,
    read_label_table,
    read_unnamed,
)
from tagonaut.deciding import (
    DecisionRule,
    DecisionSettings,
    cross_fitted_tags,
    evaluate,
    majority,
)
from tagonaut.errors import DataError, TagonautError
from tagonaut.labels import LabelSet
from tagonaut.reports.evaluate import write as evaluation_files
from tagonaut.reports.evaluate.evaluated import Decision, Evaluated
from tagonaut.reports.evaluate.subgroups import (
    figures_by_columns,
    figures_of_chosen,
    note_on_values,
)

FOLDS = 5
"""Thresholds are tuned on all but one of so many parts of the pictures, in turn."""


def evaluate_predictions(
    predictions: Path,
    truth: Path,
    *,
    images: Path | None = None,
    missing: MissingPrediction = "error",
    objective: str = "f1",
    threshold: float | None = None,
    only: Path | None = None,
    by: Sequence[str] = (),
    out: Path | None = None,
    reading: Reading | None = None,
) -> dict[str, Any]:
    """A table of tags or of scores, judged; the document of ``evaluate_run``, written likewise.

    ``truth``: a table (``data.label_table``), or anything that ``data.look`` reads as ``reading``
    says; ``images``: where its pictures are, for the page. How the two meet, and what ``missing``
    does, says ``data.align``.

    Tags are judged as ``given``. Scores are decided by thresholds that are tuned for ``objective``
    on the other pictures (``tuned``: no picture is judged by a threshold that it helped to tune)
    and at one half, or at one ``threshold`` alone; of the exclusive groups that ``reading`` names,
    exactly one label is then tagged. ``only`` and ``by``: see ``evaluate_run``.
    ``out``: the folder of the files, default the current one. Raises ``TagonautError``.
    """
    source = {
        "predictions": str(predictions.resolve()),
        "truth": str(truth.resolve()),
        "only": str(only.resolve()) if only else None,
    }
    base, told_of_place = evaluation_files.free_place(
        (out or Path()) / f"evaluation-{predictions.stem}",
        source,
        [predictions, truth, *([only] if only else [])],
    )
    how: Reading = {**reading} if reading else {}
    how["missing"] = "keep"
    table, paths = _truth(truth, images, how)
    said = read_label_table(predictions, delimiter=how.get("delimiter"), labels=table.labels or ())
    aligned = align(table, said, missing=missing)
    about: dict[str, Any] = {
        "predictions": str(predictions),
        "truth": str(truth),
        "source": source,
        "baseline": "truth",
        "left_out": aligned.skipped,
        "unreadable": [],
    }
    rows = np.arange(len(aligned.names))
    named = read_picture_list(only) if only else None
    if named:
        chosen = choose(named, aligned.names)
        rows = chosen.rows
    if not said.has_scores and threshold is not None:
        raise TagonautError(f"{predictions} holds tags, not scores: a threshold has nothing to cut")
    groups = LabelSet(aligned.labels, tuple(map(tuple, how.get("groups", ())))).groups
    ways, notes = _ways(aligned, rows, said.has_scores, objective, threshold, groups)
    arrays = aligned.targets[rows], ways[0].tags, aligned.known[rows]
    columns = {
        name: np.array(cells, dtype=object)[rows].tolist()
        for name, cells in aligned.columns.items()
    }
    told, notes_on_values = figures_by_columns(by, columns, *arrays)
    notes += notes_on_values
    if named:
        about["only"] = figures_of_chosen(named, chosen, *arrays)
        if named.column:
            told[named.column] = about["only"]["values"]
            notes += note_on_values(named.column, chosen.values)
    about["tuned_for"] = objective if ways[0].key == "tuned" else None
    judged = Evaluated(
        f"{predictions.name} judged by {truth.name}",
        {"predictions": str(predictions), "truth": str(truth)},
        [*aligned.notes, *notes, *told_of_place],
        False,
        aligned.labels,
        [aligned.names[row] for row in rows],
        [paths[row] if paths else None for row in aligned.rows[rows]],
        aligned.targets[rows],
        aligned.known[rows],
        aligned.values[rows] if said.has_scores else None,
        ways,
        None if threshold is None else (threshold,) * len(aligned.labels),
        told,
        about["tuned_for"],
    )
    return evaluation_files.write(base, judged, about)


def _truth(
    source: Path, images: Path | None, how: Reading
) -> tuple[LabelTable, list[Path | None] | None]:
    """The truth, and where its pictures are."""
    kind = how.get("format") or recognise(source)
    plain = read_unnamed(source) if source.is_file() and kind == "table" else None
    if plain is not None:
        return plain, None
    dataset = look(source, images, **how)
    if not len(dataset.labels):
        raise DataError(f"{source}: pictures without labels, and no truth to judge by")
    paths = [path if path.is_file() else None for path in dataset.paths]
    return LabelTable.of(dataset, source), paths


def _ways(
    aligned: Aligned,
    rows: NDArray[np.intp],
    scored: bool,
    objective: str,
    threshold: float | None,
    groups: tuple[tuple[str, ...], ...],
) -> tuple[list[Decision], list[str]]:
    """The ways to decide, the main one first, and what is to be known of them."""
    targets, known, values = aligned.targets, aligned.known, aligned.values
    naive = majority(targets, known=known)
    notes = [
        "a table does not tell what its maker had seen: of pictures that it learned from, or tuned"
        " its thresholds on, these are not the figures of new ones",
        "the majority baseline is that of the truth itself: it has seen the answers",
    ]
    tagged: list[tuple[str, str, NDArray[np.bool_], float | None]] = []
    if not scored:
        tagged.append(("given", "as given", values == 1, None))
    elif threshold is not None:
        at = DecisionRule.at(aligned.labels, threshold, groups=groups).decide(values)
        tagged.append((f"at_{threshold:g}", f"at {threshold:g}", at, threshold))
    else:
        tags = _cross_fitted(aligned, objective, groups)
        title = f"tuned ({objective}) on other folds"
        half = DecisionRule.at(aligned.labels, groups=groups).decide(values)
        tagged += [("tuned", title, tags, None), ("at_0.5", "at 0.5", half, 0.5)]
        notes.append(
            f"thresholds are tuned in {FOLDS} folds: each picture is decided by those that were"
            " tuned on the pictures of the others"
        )
    scores = values[rows] if scored else None
    decided = []
    for key, title, tags, cut in tagged:
        figures = evaluate(
            aligned.labels,
            targets[rows],
            scores,
            tags[rows],
            majority=naive,
            thresholds=None if cut is None else (cut,) * len(aligned.labels),
            known=known[rows],
        )
        decided.append(evaluation_files.Decided(key, title, tags[rows], figures))
    return evaluation_files.with_intervals(decided, targets[rows], scores, known[rows]), notes


def _cross_fitted(
    aligned: Aligned, objective: str, groups: tuple[tuple[str, ...], ...]
) -> NDArray[np.bool_]:
    if len(aligned.names) < FOLDS:
        raise TagonautError(
            f"{len(aligned.names)} pictures are too few to tune thresholds on: --threshold 0.5"
            " takes one that is given"
        )
    return cross_fitted_tags(
        aligned.labels,
        aligned.targets,
        aligned.values,
        DecisionSettings(objective),
        folds=FOLDS,
        known=aligned.known,
        groups=groups,
    )
