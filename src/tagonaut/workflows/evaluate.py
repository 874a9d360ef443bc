"""How good runs are, on their own test pictures or on other labelled ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset, hash_pictures
from tagonaut.data.only import Chosen, Only, choose, only_of, read_only
from tagonaut.deciding import DecisionRule
from tagonaut.deciding.judging import judge
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.pixels.decode import decode
from tagonaut.pixels.likeness import DECODED, NEAR, perceptual_hash
from tagonaut.reports.judged import Judged, Way
from tagonaut.workflows import evaluation_files
from tagonaut.workflows.averaged_runs import AveragedRuns
from tagonaut.workflows.by_value import figures_by_columns, figures_of_chosen
from tagonaut.workflows.run_folder import RunFolder

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
    ``tagonaut.data.only``; the document then has ``only`` too. ``by``: columns of the data whose
    values are told apart. ``out``: the folder of the files; default the run, of several the
    current folder. Raises ``DataError`` where nothing is left.
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
    named, chosen = read_only(only) if only else None, None
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
    about = {**_about(runs), "split": part, "left_out": left_out, "unreadable": []}
    base = _base(runs, part, only, out)
    return _judge(runs, pictures, about, [], named, chosen, by, base, in_sample=in_sample)


def evaluate_data(
    run: Path | Sequence[Path],
    dataset: Dataset,
    name: str,
    *,
    in_sample: bool,
    only: Path | None = None,
    by: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, Any]:
    """Labelled pictures scored and judged; also written under ``name``, as ``evaluate_run`` does.

    Pictures that the networks or the thresholds have seen (by content; or by name, unless they are
    seen to be others) are left out, and counted in ``left_out``; with ``in_sample`` they stay, and
    the document says so. So are unreadable ones, listed in ``unreadable``. Raises ``DataError``
    where nothing is left.
    """
    runs = _load(run)
    if dataset.labels != runs.labels:
        raise TagonautError(f"the data's labels are not those of {_named(runs)}")
    named, chosen = read_only(only) if only else None, None
    if named:
        dataset, chosen = only_of(dataset, named)
    familiar, dataset, notes = _familiar(runs, dataset)
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
        "split": name,
        "left_out": left_out,
        "unreadable": _lines(rest.paths, failures),
    }
    base = _base(runs, name, only, out)
    return _judge(runs, pictures, about, notes, named, chosen, by, base, in_sample=in_sample)


def _load(run: Path | Sequence[Path]) -> AveragedRuns:
    return AveragedRuns.load([run] if isinstance(run, Path) else list(run))


def _nothing_left(runs: AveragedRuns, pictures: int) -> DataError:
    return DataError(
        f"{_named(runs)} learned from all {pictures:,} pictures or tuned the thresholds on them:"
        " nothing is left to judge it by (--in-sample judges all the same, and says so)"
    )


def _familiar(runs: AveragedRuns, dataset: Dataset) -> tuple[NDArray[np.bool_], Dataset, list[str]]:
    """Which pictures the runs know, and a note on those that were saved anew.

    A picture that only has the name of one that they know is another one, and gets another id.
    """
    seen = runs.seen_hashes()
    contents = hash_pictures(dataset.paths)
    by_content = np.array([content in seen for content in contents], dtype=bool)
    originals = runs.seen_pictures()
    by_name = np.zeros(len(dataset), dtype=bool)
    ids = list(dataset.ids)
    for row in np.flatnonzero([name in originals for name in ids] & ~by_content):
        by_name[row] = not _is_another(dataset.paths[row], originals[ids[row]])
        if not by_name[row]:
            ids[row] = str(dataset.paths[row])
    dataset = replace(dataset, ids=tuple(ids))
    if not by_name.any():
        return by_content, dataset, []
    first = [ids[row] for row in np.flatnonzero(by_name)[:3]]
    note = (
        f"{by_name.sum():,} pictures have the names, though not the contents, of pictures that the"
        f" run learned from or tuned its thresholds on: {', '.join(first)}"
        f"{', …' if by_name.sum() > len(first) else ''}"
    )
    return by_content | by_name, dataset, [note]


def _is_another(path: Path, originals: Collection[str]) -> bool:
    """Whether a picture looks like none of those whose name it has; if in doubt, it does."""
    try:
        mine = perceptual_hash(decode(path, DECODED))
        theirs = [perceptual_hash(decode(Path(other), DECODED)) for other in originals]
    except PictureError:
        return False
    return all((mine ^ other).bit_count() > NEAR for other in theirs)


def _judge(
    runs: AveragedRuns,
    pictures: _Pictures,
    about: dict[str, Any],
    notes: list[str],
    named: Only | None,
    chosen: Chosen | None,
    by: Sequence[str],
    base: Path,
    *,
    in_sample: bool,
) -> dict[str, Any]:
    """The figures of both ways to decide, written."""
    ways = _ways(runs, pictures, in_sample=in_sample)
    arrays = pictures.targets, ways[0].tags, pictures.known
    told = figures_by_columns(by, pictures.columns, *arrays)
    if named and chosen:
        about["only"] = figures_of_chosen(named, chosen, *arrays)
        if named.column:
            told[named.column] = about["only"]["values"]
    count = ways[0].figures["in_sample"]
    judged = Judged(
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
    )
    return evaluation_files.write(base, judged, about)


def _ways(runs: AveragedRuns, pictures: _Pictures, *, in_sample: bool) -> list[Way]:
    # The scores are calibrated already.
    tuned = replace(runs.rule, calibration=None)
    half = DecisionRule.at(runs.labels.names, groups=runs.labels.groups)
    title = f"tuned ({tuned.metric})" if tuned.metric else "as the run decides"
    arrays = pictures.targets, pictures.scores
    ways = []
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
        ways.append(evaluation_files.way(key, called, tags, figures, *arrays, pictures.known))
    return ways


def _base(runs: AveragedRuns, what: str, only: Path | None, out: Path | None) -> Path:
    several = f"-of-{len(runs.paths)}-runs" if len(runs.paths) > 1 else ""
    chosen = "" if only is None or only.stem == what else f"-only-{only.stem}"
    place = out or (Path() if several else runs.paths[0])
    base = place / f"evaluation-{what}{several}{chosen}"
    evaluation_files.check_place(base, [] if only is None else [only])
    return base


def _about(runs: AveragedRuns) -> dict[str, Any]:
    """What the runs are; of one, its recipe and seed too."""
    recipes = [RunFolder(path).recipe() for path in runs.paths]
    each = [
        {"run": str(path), "recipe": recipe.name, "backbone": recipe.backbone, "seed": recipe.seed}
        for path, recipe in zip(runs.paths, recipes, strict=True)
    ]
    return {**(each[0] if len(each) == 1 else {}), "runs": each, "tuned_for": runs.rule.metric}


def _facts(runs: AveragedRuns, about: Mapping[str, Any], named: Only | None) -> dict[str, str]:
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
    own = about["split"] in get_args(Part)
    return f"the {about['split']} split" if own else str(about["split"])


def _named(runs: AveragedRuns) -> str:
    return ", ".join(str(path) for path in runs.paths)


def _lines(paths: Sequence[Path], failures: dict[int, PictureError]) -> list[str]:
    return [f"{paths[row]}: {error}" for row, error in sorted(failures.items())]
