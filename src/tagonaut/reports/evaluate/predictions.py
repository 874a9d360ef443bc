"""Anybody's predictions: reads them with the truth, and decides tags from scores."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tagonaut.data.readers import Reading, look, recognise
from tagonaut.data.tables import Aligned, LabelTable, align, read_label_table, read_unnamed
from tagonaut.deciding import DecisionRule, DecisionSettings, cross_fitted_tags
from tagonaut.errors import DataError, TagonautError
from tagonaut.reports.evaluate.evaluated import Pictures, Tagged

FOLDS = 5
"""The folds of a table's pictures: those of all but one tune the thresholds for that one."""


def read_predictions(
    predictions: Path, truth: Path, images: Path | None, reading: Reading
) -> tuple[Aligned, Pictures]:
    """Predictions beside the truth; the pictures have scores if the predictions are scores.

    Pictures without prediction are an error, or left out if ``reading``'s ``missing`` is "skip".
    """
    how: Reading = {**reading, "missing": "keep"}
    kind = how.get("format") or recognise(truth)
    table = read_unnamed(truth) if truth.is_file() and kind == "table" else None
    paths: list[Path | None] = []
    if table is None:
        dataset = look(truth, images, **how)
        if not len(dataset.labels):
            raise DataError(
                f"{truth}: the pictures have no labels, so there is no truth to compare with"
            )
        paths = [path if path.is_file() else None for path in dataset.paths]
        table = LabelTable.of(dataset, truth)
    given = read_label_table(predictions, delimiter=how.get("delimiter"), labels=table.labels or ())
    skip = reading.get("missing") == "skip"
    aligned = align(table, given, missing="skip" if skip else "error")
    return aligned, Pictures(
        aligned.labels,
        aligned.names,
        [paths[row] if paths else None for row in aligned.rows],
        aligned.targets,
        aligned.known,
        aligned.values if given.has_scores else None,
        aligned.columns,
    )


def tag_by_table(
    pictures: Pictures,
    *,
    objective: str,
    threshold: float | None,
    groups: tuple[tuple[str, ...], ...],
) -> list[Tagged]:
    """From scores by thresholds tuned on the other folds and at one half, or at ``threshold``.

    Exactly one label of each of the exclusive ``groups`` is tagged. Raises ``TagonautError`` where
    there are too few pictures to tune on.
    """

    scores = np.asarray(pictures.scores)

    def at(cut: float) -> Tagged:
        rule = DecisionRule.at(pictures.labels, cut, groups=groups)
        cuts = (cut,) * len(pictures.labels)
        return Tagged(f"at_{cut:g}", f"at {cut:g}", rule.decide(scores), cuts)

    if threshold is not None:
        return [at(threshold)]
    if len(pictures.ids) < FOLDS:
        raise TagonautError(
            f"{len(pictures.ids)} pictures are too few to tune thresholds on: give one with "
            "--threshold 0.5"
        )
    tags = cross_fitted_tags(
        pictures.labels,
        pictures.targets,
        scores,
        DecisionSettings(objective),
        folds=FOLDS,
        known=pictures.known,
        groups=groups,
    )
    return [Tagged("tuned", f"tuned ({objective}) on other folds", tags, None), at(0.5)]


def notes_on_table(tagged: Sequence[Tagged]) -> list[str]:
    """Notes on the figures of a table of predictions."""
    notes = [
        "the table does not say which pictures its model has seen: on those that it learned "
        "from, or tuned its thresholds on, these figures are better than on new ones",
        "the majority baseline is taken from the truth itself: it has seen the answers",
    ]
    if tagged[0].key == "tuned":
        notes.append(
            f"thresholds are tuned in {FOLDS} folds: each fold is decided by thresholds that were "
            "tuned on the others"
        )
    return notes
