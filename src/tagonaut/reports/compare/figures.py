"""All figures of a comparison as one document, that of ``compare.json``."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.text import formula_notes
from tagonaut.deciding import (
    DecisionRule,
    best_thresholds,
    binary_accuracy,
    correct_predictions,
    evaluate,
    fbeta,
    majority,
    tunable,
)
from tagonaut.errors import TagonautError
from tagonaut.reports.compare.common_pictures import CommonPictures, common_pictures
from tagonaut.reports.compare.compared_run import ComparedRun, RunSplit

RARE_SHARE = 0.05
"""A label is rare if fewer of the first run's training pictures have it."""

MAJORITY = "majority"
"""A reference instead of a run: every picture gets the labels that most training pictures have."""

KINDS = ("tuned", "at_0.5")


def comparison(runs: Sequence[ComparedRun], reference: str) -> dict[str, Any]:
    """The document, of plain values. ``reference``: the name of a run, or ``MAJORITY``.

    Raises ``TagonautError`` for runs that share no label, or of whose pictures nothing is known.
    """
    common = common_pictures(runs)
    rows = [_run(run, common) for run in runs]
    base = next((row["labels"] for row in rows if row["name"] == reference), None)
    for row in rows:
        for k, label in enumerate(row["labels"]):
            before = label["baseline_f1"] if base is None else base[k]["f1"]
            label["improvement"] = label["f1"] - before
    return {
        "notes": [
            *common.notes,
            *_notes(runs),
            *formula_notes((*(run.name for run in runs), *common.labels)),
        ],
        "reference": reference,
        "test": {
            "same": common.same,
            "pictures": None if common.pictures is None else len(common.pictures),
        },
        "labels": _labels(runs[0], common),
        "runs": rows,
        "rules": {"rare_below_share": RARE_SHARE},
    }


def _labels(first: ComparedRun, common: CommonPictures) -> list[dict[str, Any]]:
    train = common.split(first, "train")
    positives = ((train.targets == 1) & train.known).sum(axis=0)
    known = train.known.sum(axis=0)
    return [
        {
            "label": name,
            "pictures": int(positives[k]),
            "share": float(positives[k] / known[k]) if known[k] else None,
            "rare": bool(positives[k] < RARE_SHARE * known[k]),
        }
        for k, name in enumerate(common.labels)
    ]


def _run(run: ComparedRun, common: CommonPictures) -> dict[str, Any]:
    train, test = common.split(run, "train"), common.split(run, "test")
    naive = majority(train.targets, known=train.known)
    tags = {kind: _tags(run, common, kind, "test") for kind in KINDS}
    labels = _label_rows(common, run, naive, tags)
    decided = {**tags, "baseline": np.broadcast_to(naive, test.targets.shape)}
    correct = {
        kind: correct_predictions(test.targets, some, known=test.known)
        for kind, some in decided.items()
    }
    seconds = [row.get("seconds") for row in run.history]
    timed = [value for value in seconds if isinstance(value, float)]
    return {
        "name": run.name,
        "path": run.path,
        "recipe": run.about.get("recipe"),
        "backbone": run.about.get("backbone"),
        "parameters": run.about.get("parameters"),
        "seed": run.about.get("seed"),
        "tuned_for": run.rule.metric,
        "interrupted": bool(run.about.get("interrupted")),
        "seconds": run.about.get("seconds", sum(timed) if timed else None),
        "epochs": len(run.history),
        "pictures": {name: len(split.pictures) for name, split in run.splits.items()},
        "average_f1": float(np.mean([row["f1"] for row in labels])),
        "average_f1_at_0.5": float(np.mean([row["f1_at_0.5"] for row in labels])),
        "correct": {
            kind: {"points": found.points, "pictures": found.pictures, "share": found.share}
            for kind, found in correct.items()
        },
        "test": {kind: _overall(run, common, test, tags[kind], naive) for kind in KINDS},
        "train": _trained(run, common, naive),
        "labels": labels,
        "history": [dict(row) for row in run.history],
    }


def _tags(run: ComparedRun, common: CommonPictures, kind: str, name: str) -> NDArray[np.bool_]:
    """Decided over all of the run's labels, whose groups may reach beyond those that are shared."""
    rule = run.rule if kind == "tuned" else DecisionRule.at(run.labels, groups=run.rule.groups)
    scores = run.splits[name].scores
    scored = np.isfinite(scores).all(axis=1)
    tags = np.zeros(scores.shape, dtype=np.bool_)
    if scored.any():
        tags[scored] = rule.decide(scores[scored])
    rows = common.test_rows(run) if name == "test" else np.arange(len(scores))
    return tags[rows][:, [run.labels.index(label) for label in common.labels]]


def _overall(
    run: ComparedRun,
    common: CommonPictures,
    split: RunSplit,
    tags: NDArray[np.bool_],
    naive: NDArray[np.bool_],
) -> dict[str, Any]:
    try:
        found = evaluate(
            common.labels,
            split.targets,
            split.scores,
            tags,
            majority=naive,
            thresholds=[0.0] * len(common.labels),
            known=split.known,
        )
    except TagonautError as error:
        raise TagonautError(f"{run.path}: {error}") from None
    return {key: value for key, value in found.items() if key != "labels"}


def _trained(
    run: ComparedRun, common: CommonPictures, naive: NDArray[np.bool_]
) -> dict[str, Any] | None:
    """The figures of those training pictures whose scores were kept."""
    split = common.split(run, "train")
    rows = np.flatnonzero(np.isfinite(split.scores).all(axis=1) & split.known.any(axis=1))
    if not len(rows):
        return None
    tags = _tags(run, common, "tuned", "train")[rows]
    split = split.take(rows, range(len(common.labels)))
    return _overall(run, common, split, tags, naive)


def _label_rows(
    common: CommonPictures,
    run: ComparedRun,
    naive: NDArray[np.bool_],
    tags: dict[str, NDArray[np.bool_]],
) -> list[dict[str, Any]]:
    """Each label at its best threshold and at one half, and the baseline's figures.

    The best threshold has the highest F1 on the run's validation pictures, whatever metric its own
    rule was tuned for; F1 is measured on the test pictures.
    """
    validation, test = common.split(run, "validation"), common.split(run, "test")
    truth = (validation.targets, validation.scores)
    best = best_thresholds(*truth, beta=1, known=validation.known)
    tuned = tunable(validation.targets, known=validation.known)
    baseline_tags = np.broadcast_to(naive, test.targets.shape)
    f1, half, baseline = (
        fbeta(test.targets, decided, 1, known=test.known)
        for decided in (test.scores >= best, test.scores >= 0.5, baseline_tags)
    )
    accuracies = [
        binary_accuracy(test.targets, decided, known=test.known)
        for decided in (tags["tuned"], tags["at_0.5"], baseline_tags)
    ]
    support = ((test.targets == 1) & test.known).sum(axis=0)
    return [
        {
            "label": label,
            "support": int(support[k]),
            "threshold": float(best[k]),
            "untuned": not tuned[k],
            "f1": float(f1[k]),
            "f1_at_0.5": float(half[k]),
            "accuracy": _plain(accuracies[0][k]),
            "accuracy_at_0.5": _plain(accuracies[1][k]),
            "baseline_accuracy": _plain(accuracies[2][k]),
            "baseline_f1": float(baseline[k]),
        }
        for k, label in enumerate(common.labels)
    ]


def _notes(runs: Sequence[ComparedRun]) -> list[str]:
    notes = [
        f"{run.name} was interrupted: these are the figures of its best epoch until then"
        for run in runs
        if run.about.get("interrupted")
    ]
    tuned_for: dict[str, list[str]] = {}
    for run in runs:
        tuned_for.setdefault(run.rule.metric or "nothing", []).append(run.name)
    if len(tuned_for) > 1:
        listed = "; ".join(
            f"{metric}: {names[0] if len(names) == 1 else f'{len(names)} runs'}"
            for metric, names in tuned_for.items()
        )
        notes.append(
            f"the thresholds were tuned for different metrics ({listed}), and each metric favours"
            " those tuned for it; figures of single labels are at the best threshold for F1"
            " throughout"
        )
    return notes


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
