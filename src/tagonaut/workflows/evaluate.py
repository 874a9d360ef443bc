"""Evaluates runs, on their own pictures or on others, and anybody's predictions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.named_subset import choose, choose_from, read_picture_list
from tagonaut.data.readers import Reading
from tagonaut.deciding import majority
from tagonaut.errors import DataError, TagonautError
from tagonaut.labels import LabelSet
from tagonaut.reports.evaluate import (
    Pictures,
    Selection,
    Subject,
    Tagged,
    measure,
    notes_on_table,
    read_predictions,
    report,
    tag_by_rule,
    tag_by_table,
)
from tagonaut.runs.averaged import AveragedRuns, StoredSplit
from tagonaut.runs.folder import RunFolder
from tagonaut.runs.seen_pictures import find_seen


@dataclass(frozen=True)
class EvaluateOptions:
    """The options of every evaluation.

    ``only``: a file of the pictures to evaluate (``data.named_subset``); the document then has
    ``only`` too. ``by``: columns of the data whose values make subgroups. ``out``: the folder of
    the files; default that of a single run, else the current one.
    """

    only: Path | None = None
    by: Sequence[str] = ()
    out: Path | None = None


@dataclass(frozen=True)
class _Scored:
    """Pictures that runs have scored: from one of their splits (``split``), or from ``data``.

    ``seen``: the ids of pictures that are not new to the runs; empty without ``in_sample``.
    """

    pictures: Pictures
    seen: frozenset[str]
    left_out: int
    in_sample: bool
    selection: Selection | None
    split: StoredSplit | None = None
    data: Path | None = None
    unreadable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"the {self.split} split" if self.data is None else self.data.name


def evaluate_run(
    run: Path | Sequence[Path],
    split: StoredSplit = "test",
    *,
    in_sample: bool = False,
    options: EvaluateOptions = EvaluateOptions(),
) -> dict[str, Any]:
    """Evaluate the stored scores of a run's own split; return the document, which is also written.

    The scores of several runs are averaged, over the pictures that are in that split of all.

    ``tuned`` and ``at_0.5`` hold what ``tagonaut.deciding.evaluate`` gives, ``intervals`` what
    ``bootstrap`` gives. Pictures that the networks or the thresholds have seen (all of
    ``validation``, and copies of them in ``test``) are left out and counted in ``left_out``; with
    ``in_sample`` they stay, and the document says so. Files of another ``source`` that are there
    already stay, and the new ones get a number. Raises ``DataError`` where nothing is left.
    """
    runs = _load(run)
    stored, seen_hashes = runs.split(split), runs.seen_hashes()
    seen = np.array([content in seen_hashes for content in stored.hashes], dtype=bool)
    kept = _kept(runs, seen, in_sample)
    pictures = Pictures(
        runs.labels.names,
        stored.ids,
        [Path(path) if path and Path(path).is_file() else None for path in stored.paths],
        stored.targets,
        stored.known,
        stored.scores,
        stored.columns,
    ).take(kept)
    selection = None
    if options.only:
        here = set(pictures.ids)
        elsewhere = {
            name: f"in the run's {where} split, not in {split}"
            if where != split
            else f"not new to {_name(runs)}"
            for name, where in zip(runs.table.ids, runs.table.splits, strict=True)
            if name not in here
        }
        named = read_picture_list(options.only)
        selection = Selection(named, choose(named, pictures.ids, elsewhere=elsewhere))
        pictures = pictures.take(selection.chosen.rows)
    return _report_runs(
        runs,
        _Scored(
            pictures,
            frozenset(stored.ids[row] for row in np.flatnonzero(seen)),
            len(seen) - len(kept),
            in_sample,
            selection,
            split=split,
        ),
        options,
    )


def evaluate_data(
    run: Path | Sequence[Path],
    dataset: Dataset,
    data: str | Path,
    *,
    in_sample: bool = False,
    options: EvaluateOptions = EvaluateOptions(),
) -> dict[str, Any]:
    """Score labelled pictures and evaluate the scores, as ``evaluate_run`` does.

    ``data``: their source, which names the files and is in the document. Pictures that the networks
    or the thresholds have seen are recognised by content, or by name unless they look different.
    Unreadable pictures are left out too, and listed in ``unreadable``.
    """
    runs = _load(run)
    if dataset.labels != runs.labels:
        raise TagonautError(f"the data's labels are not those of {_name(runs)}")
    selection = None
    if options.only:
        named = read_picture_list(options.only)
        dataset, chosen = choose_from(dataset, named)
        selection = Selection(named, chosen)
    seen, dataset, notes = find_seen(runs, dataset)
    kept = _kept(runs, seen, in_sample)
    rest = dataset.subset(kept)
    scores, failures = runs.scores(rest.paths, progress=True)
    unreadable = tuple(f"{rest.paths[row]}: {error}" for row, error in sorted(failures.items()))
    good = np.array([row for row in range(len(rest)) if row not in failures], dtype=np.intp)
    if not len(good):
        raise DataError("no picture can be read", unreadable)
    pictures = Pictures(
        runs.labels.names,
        rest.ids,
        rest.paths,
        rest.targets,
        rest.known,
        scores,
        rest.columns.to_dict(as_series=False),
    ).take(good)
    if selection and selection.chosen.values:
        values = tuple(selection.chosen.values[row] for row in kept[good])
        selection = selection._replace(chosen=replace(selection.chosen, values=values))
    return _report_runs(
        runs,
        _Scored(
            pictures,
            frozenset(dataset.ids[row] for row in np.flatnonzero(seen)),
            len(seen) - len(kept),
            in_sample,
            selection,
            data=Path(data),
            unreadable=unreadable,
            notes=tuple(notes),
        ),
        options,
    )


def evaluate_predictions(
    predictions: Path,
    truth: Path,
    *,
    images: Path | None = None,
    objective: str = "f1",
    threshold: float | None = None,
    options: EvaluateOptions = EvaluateOptions(),
    reading: Reading | None = None,
) -> dict[str, Any]:
    """Evaluate a table of tags or of scores, as ``evaluate_run`` does.

    ``truth``: a table (``data.label_table``), or anything that ``data.look`` reads as ``reading``
    says; ``images``: where its pictures are, for the page. See ``data.align`` for how the two are
    matched; pictures without prediction are an error, or left out if ``reading``'s ``missing`` is
    "skip".

    Tags are evaluated as ``given``. Scores are decided by thresholds that are tuned for
    ``objective`` on the other folds' pictures (``tuned``) and at one half, or at one ``threshold``
    alone; exactly one label of each exclusive group that ``reading`` names is then tagged.
    """
    reading = reading or {}
    aligned, pictures = read_predictions(predictions, truth, images, reading)
    if pictures.scores is None:
        if threshold is not None:
            raise TagonautError(f"{predictions} has tags, not scores: leave out --threshold")
        tagged = [Tagged("given", "as given", aligned.values == 1, None)]
    else:
        groups = LabelSet(aligned.labels, tuple(map(tuple, reading.get("groups", ())))).groups
        tagged = tag_by_table(pictures, objective=objective, threshold=threshold, groups=groups)
    naive = majority(pictures.targets, known=pictures.known)
    selection = None
    if options.only:
        named = read_picture_list(options.only)
        selection = Selection(named, choose(named, pictures.ids))
        rows = selection.chosen.rows
        pictures = pictures.take(rows)
        tagged = [some._replace(tags=some.tags[rows]) for some in tagged]
    given = {"predictions": predictions, "truth": truth, "only": options.only}
    subject = Subject(
        f"{predictions.name} evaluated against {truth.name}",
        facts={"predictions": str(predictions), "truth": str(truth)},
        about={"predictions": str(predictions), "truth": str(truth), "baseline": "truth"},
        source={name: str(file.resolve()) if file else None for name, file in given.items()},
        notes=[*aligned.notes, *notes_on_table(tagged)],
        tuned_for=objective if tagged[0].key == "tuned" else None,
        left_out=aligned.skipped,
    )
    evaluated = measure(
        subject, pictures, tagged, majority=naive, by=options.by, selection=selection
    )
    place = (options.out or Path()) / f"evaluation-{predictions.stem}"
    return report(evaluated, place, [file for file in given.values() if file])


def _load(run: Path | Sequence[Path]) -> AveragedRuns:
    return AveragedRuns.load([run] if isinstance(run, Path) else list(run))


def _kept(runs: AveragedRuns, seen: NDArray[np.bool_], in_sample: bool) -> NDArray[np.intp]:
    """The rows of the pictures to evaluate."""
    kept = np.arange(len(seen)) if in_sample else np.flatnonzero(~seen)
    if not len(kept):
        raise DataError(
            f"{_name(runs)} learned from all {len(seen):,} pictures or tuned the thresholds on "
            "them: nothing is left to evaluate it on (--in-sample evaluates it on these "
            "pictures, and says so)"
        )
    return kept


def _report_runs(runs: AveragedRuns, scored: _Scored, options: EvaluateOptions) -> dict[str, Any]:
    place = _place(runs, scored, options)
    recipes = [RunFolder(path).recipe() for path in runs.paths]
    each = [
        {"run": str(path), "recipe": recipe.name, "backbone": recipe.backbone, "seed": recipe.seed}
        for path, recipe in zip(runs.paths, recipes, strict=True)
    ]
    data = None if scored.data is None else str(scored.data)
    folder = place.parent.resolve()
    only = None if options.only is None else options.only.resolve()
    resolved = [path.resolve() for path in runs.paths]
    subject = Subject(
        f"{_name(runs)} on {scored.name}",
        facts=_facts(runs, scored, each),
        about={
            **(each[0] if len(each) == 1 else {}),
            "runs": each,
            "split": scored.split,
            "data": data,
        },
        source={
            # A run that holds the files may be moved with them.
            "runs": ["." if path == folder else str(path) for path in resolved],
            "split": scored.split,
            "data": None if scored.data is None else str(scored.data.resolve()),
            "only": only and str(only),
        },
        notes=[*runs.notes, *scored.notes],
        tuned_for=runs.rule.metric,
        left_out=scored.left_out,
        unreadable=scored.unreadable,
    )
    tagged = tag_by_rule(runs.rule, scored.pictures, seen=scored.seen, in_sample=scored.in_sample)
    evaluated = measure(
        subject,
        scored.pictures,
        tagged,
        majority=runs.baseline(),
        by=options.by,
        selection=scored.selection,
    )
    return report(evaluated, place, [only] if only else [])


def _place(runs: AveragedRuns, scored: _Scored, options: EvaluateOptions) -> Path:
    """The path of the files, without suffix."""
    several = f"-of-{len(runs.paths)}-runs" if len(runs.paths) > 1 else ""
    if scored.data is None:
        what = name = str(scored.split)
    else:
        # The current folder has no name of its own.
        name = (scored.data if scored.data.stem.strip(".") else scored.data.resolve()).stem
        what = f"data-{name}"
    only = "" if options.only is None or options.only.stem == name else f"-only-{options.only.stem}"
    folder = options.out or (Path() if several else runs.paths[0])
    return folder / f"evaluation-{what}{several}{only}"


def _facts(
    runs: AveragedRuns, scored: _Scored, each: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    only = f", only those of {scored.selection.named.file}" if scored.selection else ""
    facts = {
        "run" if len(each) == 1 else "averaged runs": _name(runs),
        "recipe": ", ".join(dict.fromkeys(one["recipe"] for one in each)),
        "seed": ", ".join(dict.fromkeys(str(one["seed"]) for one in each)),
        "pictures": f"{scored.name}{only}",
    }
    tuning = runs.rule.tuning
    if tuning:
        facts["decided by"] = (
            f"{tuning.kind}, tuned for {tuning.objective} on {len(tuning.pictures):,}"
            f" {tuning.split} pictures"
        )
    if scored.left_out:
        facts["left out"] = f"{scored.left_out:,} pictures that are not new"
    if scored.unreadable:
        facts["unreadable"] = f"{len(scored.unreadable):,} pictures"
    return facts


def _name(runs: AveragedRuns) -> str:
    return ", ".join(str(path) for path in runs.paths)
