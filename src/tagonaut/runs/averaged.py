"""Several runs as one tagger: the mean of their scores, and a decision rule for that mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SPLITS, SplitTable
from tagonaut.deciding import DecisionRule
from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.run_files import MODEL_FILE
from tagonaut.labels import LabelSet
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.runs.folder import RunFolder, baseline_tags
from tagonaut.tagger import Tagger, is_run, score_files

StoredSplit = Literal["test", "validation"]

# A rule is not tuned on fewer pictures.
FEWEST = 10
# The most labels that a message names.
NAMED = 5


@dataclass(frozen=True)
class AveragedSplit:
    """n pictures that no run learned from, as the runs score them together.

    ``targets``, ``known`` and ``scores``, ``[n, k]``, are in the order of the first run's labels;
    ``paths`` and ``columns``: see ``SplitTable``.
    """

    ids: tuple[str, ...]
    hashes: tuple[str, ...]
    paths: tuple[str, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    scores: NDArray[np.float32]
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Run:
    """One of the runs; ``order``: its columns of the first run's labels."""

    folder: RunFolder
    tagger: Tagger
    table: SplitTable
    order: NDArray[np.intp]

    def rows(self, split: StoredSplit) -> NDArray[np.intp]:
        return self.table.rows(split) if split == "test" else self.table.out_of_sample()

    def nowhere_else(self, split: StoredSplit) -> dict[str, int]:
        """The row of each content that is in this split alone, and in one fold if it is in any."""
        places: dict[str, set[tuple[str, int]]] = {}
        for content, place, fold in zip(
            self.table.hashes, self.table.splits, self.table.folds, strict=True
        ):
            places.setdefault(content, set()).add(("" if fold >= 0 else str(place), int(fold)))
        rows = {self.table.hashes[row]: int(row) for row in self.rows(split)}
        return {content: row for content, row in rows.items() if len(places[content]) == 1}

    def scores(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """The stored scores, calibrated."""
        stored = self.folder.scores(self.table, rows)
        return self.tagger.rule.calibrate(stored)[:, self.order]


@dataclass(frozen=True)
class AveragedRuns:
    """One run, or several whose scores are averaged.

    ``labels`` are the first run's. ``rule`` is a single run's own. For several it is of the first
    run's kind, and tuned on the averaged scores of the pictures that are out of sample in every
    run: in its validation split, or in its folds. ``notes`` are on that rule, and on how many
    pictures the runs have in common.
    """

    labels: LabelSet
    rule: DecisionRule
    notes: tuple[str, ...]
    _runs: tuple[_Run, ...]

    @classmethod
    def load(cls, runs: Sequence[str | Path]) -> Self:
        """Read run folders; raises ``TagonautError`` if they cannot be averaged."""
        if len({Path(run).resolve() for run in runs}) < len(runs):
            raise TagonautError(f"{', '.join(map(str, runs))}: one run is named twice")
        loaded = [_load(Path(run), None) for run in runs[:1]]
        loaded += [_load(Path(run), loaded[0]) for run in runs[1:]]
        first = loaded[0]
        labels, rule = first.tagger.labels, first.tagger.rule
        notes: tuple[str, ...] = ()
        if len(loaded) > 1:
            rule, notes = _tuned(loaded)
        return cls(labels, rule, notes, tuple(loaded))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The runs' folders."""
        return tuple(run.folder.path for run in self._runs)

    @property
    def taggers(self) -> tuple[Tagger, ...]:
        """The runs' own taggers; their labels may be in another order."""
        return tuple(run.tagger for run in self._runs)

    @property
    def table(self) -> SplitTable:
        """The first run's pictures."""
        return self._runs[0].table

    def scores(
        self, paths: Sequence[Path], *, progress: bool = False
    ) -> tuple[NDArray[np.float32], dict[int, PictureError]]:
        """``scores[n, k]`` of picture files, averaged and calibrated; NaN where one fails, and why.

        A picture is decoded once for all runs that are fed alike.
        """
        alike: dict[Preprocessing, list[_Run]] = {}
        for run in self._runs:
            alike.setdefault(run.tagger.preprocessing, []).append(run)
        found: list[NDArray[np.float32]] = []
        failures: dict[int, PictureError] = {}
        for runs in alike.values():
            scored, failed = score_files([run.tagger for run in runs], paths, progress=progress)
            found += [some[:, run.order] for some, run in zip(scored, runs, strict=True)]
            failures = failed | failures
        good = [row for row in range(len(paths)) if row not in failures]
        scores = np.full((len(paths), len(self.labels)), np.nan, dtype=np.float32)
        if good:
            scores[good] = self._together([some[good] for some in found])
        return scores, failures

    def split(self, name: StoredSplit) -> AveragedSplit:
        """The pictures of every run's test split; or those that are out of sample in every run.

        By content; of one run all of them, whatever copies there are. Raises ``TagonautError``
        where no picture is.
        """
        rows = _rows(self._runs, name)
        table, chosen = self.table, rows[0]
        if not len(chosen):
            raise TagonautError(f"{_named(self._runs)}: no picture is in {_what(name)} of all")
        scores = [run.scores(some) for run, some in zip(self._runs, rows, strict=True)]
        return AveragedSplit(
            _take(table.ids, chosen),
            _take(table.hashes, chosen),
            _take(table.paths, chosen),
            table.targets[chosen],
            table.known[chosen],
            self._together(scores),
            {column: _take(cells, chosen) for column, cells in table.columns.items()},
        )

    def seen_hashes(self) -> set[str]:
        """The contents that any run learned from, or tuned its rule on."""
        return {
            run.table.hashes[row]
            for run in self._runs
            for row in np.flatnonzero(run.table.splits != SPLITS[2])
        }

    def seen_pixels(self) -> set[str]:
        """The digests of the pixels of those pictures, as far as the runs stored them."""
        return {
            run.table.pixels[row]
            for run in self._runs
            for row in np.flatnonzero(run.table.splits != SPLITS[2])
        } - {""}

    def seen_pictures(self) -> dict[str, set[str]]:
        """The paths of each id that any run learned from, or tuned its rule on."""
        seen: dict[str, set[str]] = {}
        for run in self._runs:
            for row in np.flatnonzero(run.table.splits != SPLITS[2]):
                seen.setdefault(run.table.ids[row], set()).add(run.table.paths[row])
        return seen

    def baseline(self) -> NDArray[np.bool_]:
        """The labels that most pictures have that the first run learned from: ``tags[k]``."""
        return baseline_tags(self.table)

    def _together(self, scores: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        if len(scores) == 1:
            return scores[0]
        return self.rule.calibrate(_mean(scores))


def leading_runs(given: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The leading folders that hold a model, and the rest; ``TagonautError`` where none leads."""
    holds = [is_run(path) for path in given]
    count = holds.index(False) if False in holds else len(given)
    if not count:
        raise TagonautError(f"{given[0]}: not a run folder: it holds no {MODEL_FILE}")
    return list(given[:count]), list(given[count:])


def _load(run: Path, first: _Run | None) -> _Run:
    tagger, folder = Tagger.load(run), RunFolder(run)
    names = tagger.labels.names
    wanted = names if first is None else first.tagger.labels.names
    if first is not None and set(names) != set(wanted):
        apart = [
            f"{path} alone has {', '.join(sorted(own)[:NAMED])}{', …' if len(own) > NAMED else ''}"
            for path, own in (
                (first.folder.path, {*wanted} - {*names}),
                (run, {*names} - {*wanted}),
            )
            if own
        ]
        raise TagonautError(f"only runs of the same labels can be averaged: {'; '.join(apart)}")
    groups = {frozenset(group) for group in tagger.labels.groups}
    if first is not None and groups != {frozenset(group) for group in first.tagger.labels.groups}:
        raise TagonautError(
            f"only runs of the same exclusive groups can be averaged: those of {run} are not those"
            f" of {first.folder.path}"
        )
    order = np.array([tagger.labels.index(name) for name in wanted], dtype=np.intp)
    return _Run(folder, tagger, folder.table(tagger), order)


def _tuned(runs: Sequence[_Run]) -> tuple[DecisionRule, tuple[str, ...]]:
    # A single run, which may be an export, does without PyTorch.
    from tagonaut.learning.tuned_rule import rule_notes, tuned_rule

    first, rows = runs[0], _rows(runs, "validation")
    table, chosen = first.table, rows[0]
    if len(chosen) < FEWEST:
        raise TagonautError(
            f"{_named(runs)}: a rule for their mean is tuned on pictures that none of them learned"
            f" from, and only {len(chosen):,} {'is' if len(chosen) == 1 else 'are'} in"
            f" {_what('validation')} of all: train them on one split (the same seed and data, or"
            f" --split {first.folder.path / 'split.parquet'})"
        )
    folded = all(run.table.folded for run in runs)
    scores = _mean([run.scores(some) for run, some in zip(runs, rows, strict=True)])
    rule = tuned_rule(first.folder.recipe(), table, chosen, scores, folded=folded)
    notes = rule_notes(rule, table, chosen, scores)
    out_of_sample, test = len(first.rows("validation")), len(first.rows("test"))
    common = len(_rows(runs, "test")[0])
    if (len(chosen), common) != (out_of_sample, test):
        note = (
            f"the runs have different splits: the rule for their mean scores is tuned on"
            f" {len(chosen):,} of the first run's {out_of_sample:,} pictures for that, and"
            f" {common:,} of its {test:,} test pictures are new to all"
        )
        notes = (note, *notes)
    return rule, notes


def _rows(runs: Sequence[_Run], split: StoredSplit) -> list[NDArray[np.intp]]:
    """The rows of the same pictures in each run."""
    first = runs[0]
    if len(runs) == 1:
        return [first.rows(split)]
    where = [run.nowhere_else(split) for run in runs]
    common = set.intersection(*(set(found) for found in where))
    hashes = first.table.hashes
    chosen = [row for row in first.rows(split) if hashes[row] in common]
    others = [[found[hashes[row]] for row in chosen] for found in where[1:]]
    return [np.array(rows, dtype=np.intp) for rows in (chosen, *others)]


def _mean(scores: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.mean(np.stack(scores), axis=0)


def _take(cells: Sequence[str], rows: NDArray[np.intp]) -> tuple[str, ...]:
    return tuple(cells[row] for row in rows)


def _named(runs: Sequence[_Run]) -> str:
    return ", ".join(str(run.folder.path) for run in runs)


def _what(split: StoredSplit) -> str:
    return "the test split" if split == "test" else "the validation split, or in a fold,"
