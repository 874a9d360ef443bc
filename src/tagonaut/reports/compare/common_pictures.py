"""The labels and test pictures that runs share, on which they can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.reports.compare.compared_run import ComparedRun, RunSplit

ENOUGH_PICTURES, ENOUGH_SHARE = 200, 0.5
"""Runs with different test pictures are compared on the common ones if there are this many, or this
share of the smallest test split."""

_SHOWN = 8


@dataclass(frozen=True)
class CommonPictures:
    """``labels``: shared by all, in the order of the first run.

    ``pictures``: those on which all runs are evaluated; None if each run has its own test pictures.
    ``notes``: one line for everything that had to be left out. ``same``: whether the test splits
    are equal.
    """

    labels: tuple[str, ...]
    pictures: tuple[str, ...] | None
    same: bool
    notes: tuple[str, ...]

    def split(self, run: ComparedRun, name: str) -> RunSplit:
        """A split of a run, over the shared labels; of ``test``, the pictures to evaluate on."""
        split, columns = run.splits[name], [run.labels.index(label) for label in self.labels]
        rows = np.arange(len(split.pictures))
        if name == "test":
            rows = self.test_rows(run)
        return split.take(rows, columns)

    def test_rows(self, run: ComparedRun) -> NDArray[np.intp]:
        """The rows of a run's test split that it is evaluated on."""
        pictures = run.splits["test"].pictures
        if self.pictures is None:
            return np.arange(len(pictures))
        at = {picture: row for row, picture in enumerate(pictures)}
        return np.array([at[picture] for picture in self.pictures], dtype=np.intp)


def common_pictures(runs: Sequence[ComparedRun]) -> CommonPictures:
    """The labels and pictures to compare on; raises ``TagonautError`` where no label is shared."""
    first = runs[0]
    labels = tuple(name for name in first.labels if all(name in run.labels for run in runs))
    if not labels:
        raise TagonautError(
            f"{', '.join(run.path for run in runs)}: no label is common to these runs:"
            " nothing can be compared"
        )
    pictures, same, notes = _pictures(runs)
    common = CommonPictures(labels, pictures, same, (*_label_notes(runs, labels), *notes))
    return CommonPictures(labels, pictures, same, (*common.notes, *_truth_notes(runs, common)))


def _label_notes(runs: Sequence[ComparedRun], shared: Sequence[str]) -> list[str]:
    every = list(dict.fromkeys(name for run in runs for name in run.labels))
    if len(every) == len(shared):
        return []
    own = [
        f"{run.name} also has {_listed([name for name in run.labels if name not in shared])}"
        for run in runs
        if len(run.labels) > len(shared)
    ]
    return [
        f"the labels differ: all figures are over the {len(shared):,} that all runs share"
        f" ({'; '.join(own)})"
    ]


def _pictures(
    runs: Sequence[ComparedRun],
) -> tuple[tuple[str, ...] | None, bool, list[str]]:
    tests = [run.splits["test"].pictures for run in runs]
    common = set(tests[0]).intersection(*tests[1:])
    ordered = tuple(picture for picture in tests[0] if picture in common)
    sizes = [len(test) for test in tests]
    if len(common) == max(sizes):
        return ordered, True, []
    each = ", ".join(f"{run.name} {size:,}" for run, size in zip(runs, sizes, strict=True))
    note = f"the runs have different test pictures (by content): {each}; {len(common):,} are in all"
    if len(common) >= min(ENOUGH_PICTURES, ENOUGH_SHARE * min(sizes)) and common:
        return ordered, False, [f"{note}, and all figures are on these only"]
    return (
        None,
        False,
        [
            f"{note}, too few to compare on: each run is evaluated on its own, and differences "
            "may come from the pictures (train all runs on one split, written by tagonaut split)"
        ],
    )


def _truth_notes(runs: Sequence[ComparedRun], common: CommonPictures) -> list[str]:
    """Common pictures whose labels differ from run to run."""
    if common.pictures is None:
        return []
    first, *others = (common.split(run, "test") for run in runs)
    notes = []
    for run, other in zip(runs[1:], others, strict=True):
        differ = (first.known != other.known) | (
            first.known & other.known & (first.targets != other.targets)
        )
        count = int(differ.any(axis=1).sum())
        if count:
            notes.append(
                f"{run.name} has other true labels than {runs[0].name} for {count:,} of the "
                "pictures: each run is evaluated against its own"
            )
    return notes


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
