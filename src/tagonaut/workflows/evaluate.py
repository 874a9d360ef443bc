"""How good runs are, on their own test pictures or on other labelled ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.named_subset import Chosen, PictureList, choose, choose_from, read_picture_list
from tagonaut.deciding import DecisionRule
from tagonaut.deciding.judging import judge
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.reports.evaluate import write as evaluation_files
from tagonaut.reports.evaluate.evaluated import Decision, Evaluated
from tagonaut.reports.evaluate.subgroups import (
    figures_by_columns,
    figures_of_chosen,
    note_on_values,
)
from tagonaut.runs.averaged import AveragedRuns
from tagonaut.runs.folder import RunFolder
from tagonaut.runs.seen_pictures import find_familiar

Part = Literal["validation", "test"]


@dataclass(frozen=True)
class _Pictures:
    """n pictures to be judged; ``seen``: the ids of those that are not new to the runs."""

    ids: Sequence[str]
    paths: Sequence[Path | None]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    scores: NDArray[np.float32]
    columns: Mapping[str, Sequence[str]]
    seen: frozenset[str]

    def of(self, rows: NDArray[Any]) -> "_Pictures":
        return _Pictures(
            [self.ids[row] for row in rows],
            [self.paths[row] for row in rows],
            self.targets[rows],
            self.known[rows],
            self.scores[rows],
            {name: [cells[row] for row in rows] for name, cells in self.columns.items()},
            self.seen,
        )


def evaluate_run(
    run: Path | Sequence[Path],
    part: Part = "test",
    *,
    in_sample: bool = False,
    only: Path | None = None,
    by: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, Any]:
    """The stored scores of one of a run's own splits, judged; also written, with a page.

    Several runs are averaged, and judged by the pictures that are in that split of all.

    ``tuned`` and ``at_0.5`` hold what ``tagonaut.deciding.evaluate`` gives, ``intervals`` how far
    to trust it. Pictures that the networks or the thresholds have seen (all of ``validation``, and
    copies of them in ``test``) are left out, and counted in ``left_out``; with ``in_sample`` they
    stay, and the document says so. ``only``: a file of the pictures to judge, see
    ``tagonaut.data.named_subset``; the document then has ``only`` too. ``by``: columns of the data
    whose values are told apart. ``out``: the folder of the files; default the run, of several the
    current folder. Files there of another ``source`` stay, and these are numbered. Raises
    ``DataError`` where nothing is left.
    """
    runs = _load(run)
    split, seen = runs.part(part), runs.seen_hashes()
    familiar = np.array([content in seen for content in split.hashes], dtype=bool)
    kept = np.arange(len(split.ids)) if in_sample else np.flatnonzero(~familiar)
    if not len(kept):
        raise _nothing_left(runs, len(split.ids))
    pictures = _Pictures(
        split.ids,
        [Path(path) if path and Path(path).is_file() else None for path in split.paths],
        split.targets,
        split.known,
        split.scores,
        split.columns,
        frozenset(split.ids[row] for row in np.flatnonzero(familiar)),
    ).of(kept)
    named, chosen = read_picture_list(only) if only else None, None
    if named:
        elsewhere = {
            name: f"in the run's {where} split, not in {part}"
            if where != part
            else f"not new to {_named(runs)}"
            for name, where in zip(runs.table.ids, runs.table.splits, strict=True)
        }
        for name in pictures.ids:
            del elsewhere[name]
        chosen = choose(named, list(pictures.ids), elsewhere=elsewhere)
        pictures = pictures.of(chosen.rows)
    left_out = len(split.ids) - len(kept)
    about = {
        **_about(runs),
        "split": part,
        "data": None,
        "left_out": left_out,
        "unreadable": [],
    }
    base = _base(runs, part, part, only, out)
    return _judge(runs, pictures, about, [], named, chosen, by, base, in_sample=in_sample)


def evaluate_data(
    run: Path | Sequence[Path],
    dataset: Dataset,
    data: str | Path,
    *,
    in_sample: bool,
    only: Path | None = None,
    by: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, Any]:
    """Labelled pictures scored and judged; also written, as ``evaluate_run`` does.

    ``data`` is where they are from: it names the files, and stands in the document.
    Pictures that the networks or the thresholds have seen (by content; or by name, unless they are
    seen to be others) are left out, and counted in ``left_out``; with ``in_sample`` they stay, and
    the document says so. So are unreadable ones, listed in ``unreadable``. Raises ``DataError``
    where nothing is left.
    """
    runs = _load(run)
    if dataset.labels != runs.labels:
        raise TagonautError(f"the data's labels are not those of {_named(runs)}")
    named, chosen = read_picture_list(only) if only else None, None
    if named:
        dataset, chosen = choose_from(dataset, named)
    familiar, dataset, notes = find_familiar(runs, dataset)
    left_out = 0 if in_sample else int(familiar.sum())
    kept = np.arange(len(dataset)) if in_sample else np.flatnonzero(~familiar)
    if not len(kept):
        raise _nothing_left(runs, len(dataset))
    rest = dataset.subset(kept)
    scores, failures = runs.scores(rest.paths, progress=True)
    good = np.array([row for row in range(len(rest)) if row not in failures], dtype=np.intp)
    if not len(good):
        raise DataError("no picture can be read", _lines(rest.paths, failures))
    pictures = _Pictures(
        rest.ids,
        rest.paths,
        rest.targets,
        rest.known,
        scores,
        rest.columns.to_dict(as_series=False),
        frozenset(dataset.ids[row] for row in np.flatnonzero(familiar)),
    ).of(good)
    if chosen and chosen.values:
        chosen = replace(chosen, values=tuple(chosen.values[row] for row in kept[good]))
    about = {
        **_about(runs),
        "split": None,
        "data": str(data),
        "left_out": left_out,
        "unreadable": _lines(rest.paths, failures),
    }
    name = _name(Path(data))
    base = _base(runs, f"data-{name}", name, only, out)
    return _judge(runs, pictures, about, notes, named, chosen, by, base, in_sample=in_sample)


def _load(run: Path | Sequence[Path]) -> AveragedRuns:
    return AveragedRuns.load([run] if isinstance(run, Path) else list(run))


def _nothing_left(runs: AveragedRuns, pictures: int) -> DataError:
    return DataError(
        f"{_named(runs)} learned from all {pictures:,} pictures or tuned the thresholds on them:"
        " nothing is left to judge it by (--in-sample judges all the same, and says so)"
    )


def _judge(
    runs: AveragedRuns,
    pictures: _Pictures,
    about: dict[str, Any],
    notes: list[str],
    named: PictureList | None,
    chosen: Chosen | None,
    by: Sequence[str],
    base: Path,
    *,
    in_sample: bool,
) -> dict[str, Any]:
    """The figures of both ways to decide, written."""
    about["source"] = _source(runs, about, named, base)
    base, told_of_place = evaluation_files.free_place(
        base, about["source"], [named.file] if named else []
    )
    ways = _ways(runs, pictures, in_sample=in_sample)
    arrays = pictures.targets, ways[0].tags, pictures.known
    told, notes_on_values = figures_by_columns(by, pictures.columns, *arrays)
    notes = [*runs.notes, *notes, *notes_on_values, *told_of_place]
    if named and chosen:
        about["only"] = figures_of_chosen(named, chosen, *arrays)
        if named.column:
            told[named.column] = about["only"]["values"]
            notes += note_on_values(named.column, chosen.values)
    count = ways[0].figures["in_sample"]
    judged = Evaluated(
        f"{_named(runs)} on {_what(about)}",
        _facts(runs, about, named),
        notes,
        bool(count),
        runs.labels.names,
        pictures.ids,
        pictures.paths,
        pictures.targets,
        pictures.known,
        pictures.scores,
        ways,
        runs.rule.thresholds,
        told,
        runs.rule.metric,
    )
    return evaluation_files.write(base, judged, about)


def _ways(runs: AveragedRuns, pictures: _Pictures, *, in_sample: bool) -> list[Decision]:
    # The scores are calibrated already.
    tuned = replace(runs.rule, calibration=None)
    half = DecisionRule.at(runs.labels.names, groups=runs.labels.groups)
    title = f"tuned ({tuned.metric})" if tuned.metric else "as the run decides"
    arrays = pictures.targets, pictures.scores
    decided = []
    for key, called, rule in (("tuned", title, tuned), ("at_0.5", "at 0.5", half)):
        figures = judge(
            rule,
            pictures.ids,
            *arrays,
            majority=runs.baseline(),
            known=pictures.known,
            seen=pictures.seen,
            in_sample=in_sample,
        )
        tags = rule.decide(pictures.scores)
        decided.append(evaluation_files.Decided(key, called, tags, figures))
    return evaluation_files.with_intervals(decided, *arrays, pictures.known)


def _base(runs: AveragedRuns, what: str, name: str, only: Path | None, out: Path | None) -> Path:
    several = f"-of-{len(runs.paths)}-runs" if len(runs.paths) > 1 else ""
    chosen = "" if only is None or only.stem == name else f"-only-{only.stem}"
    place = out or (Path() if several else runs.paths[0])
    return place / f"evaluation-{what}{several}{chosen}"


def _name(data: Path) -> str:
    return data.stem if data.stem.strip(".") else data.resolve().stem


def _source(
    runs: AveragedRuns, about: Mapping[str, Any], named: PictureList | None, base: Path
) -> dict[str, Any]:
    """What is judged, in full; a run that holds the files may be moved with them."""
    folder = base.parent.resolve()
    paths = [path.resolve() for path in runs.paths]
    return {
        "runs": ["." if path == folder else str(path) for path in paths],
        "split": about["split"],
        "data": None if about["data"] is None else str(Path(about["data"]).resolve()),
        "only": str(named.file.resolve()) if named else None,
    }


def _about(runs: AveragedRuns) -> dict[str, Any]:
    """What the runs are; of one, its recipe and seed too."""
    recipes = [RunFolder(path).recipe() for path in runs.paths]
    each = [
        {"run": str(path), "recipe": recipe.name, "backbone": recipe.backbone, "seed": recipe.seed}
        for path, recipe in zip(runs.paths, recipes, strict=True)
    ]
    return {**(each[0] if len(each) == 1 else {}), "runs": each, "tuned_for": runs.rule.metric}


def _facts(
    runs: AveragedRuns, about: Mapping[str, Any], named: PictureList | None
) -> dict[str, str]:
    facts = {
        "run" if len(runs.paths) == 1 else "averaged runs": _named(runs),
        "recipe": ", ".join(dict.fromkeys(one["recipe"] for one in about["runs"])),
        "seed": ", ".join(dict.fromkeys(str(one["seed"]) for one in about["runs"])),
        "pictures": _what(about) + (f", only those of {named.file}" if named else ""),
    }
    tuning = runs.rule.tuning
    if tuning:
        facts["decided by"] = (
            f"{tuning.kind}, tuned for {tuning.objective} on {len(tuning.pictures):,}"
            f" {tuning.split} pictures"
        )
    if about.get("left_out"):
        facts["left out"] = f"{about['left_out']:,} pictures that are not new"
    if about.get("unreadable"):
        facts["unreadable"] = f"{len(about['unreadable']):,} pictures"
    return facts


def _what(about: Mapping[str, Any]) -> str:
    return f"the {about['split']} split" if about["data"] is None else Path(about["data"]).name


def _named(runs: AveragedRuns) -> str:
    return ", ".join(str(path) for path in runs.paths)


def _lines(paths: Sequence[Path], failures: dict[int, PictureError]) -> list[str]:
    return [f"{paths[row]}: {error}" for row, error in sorted(failures.items())]
