"""Assigns pictures to splits and folds: by sizes, or as a table, a column or lists say."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting.given import given_folds, given_splits
from tagonaut.data.splitting.splits import SPLITS, UNUSED
from tagonaut.data.splitting.stratification import in_turn, stratified
from tagonaut.errors import DataError, TagonautError


def split(
    dataset: Dataset,
    parts: str = "60/20/20",
    *,
    seed: int = 0,
    stratify: bool = True,
    in_order: bool = False,
    groups: NDArray[np.intp] | None = None,
    report: Callable[[str], object] = lambda line: None,
) -> NDArray[np.str_]:
    """Assign ``train``, ``validation``, ``test`` or ``unused`` to each picture: ``[n]``.

    ``parts``: percentages (``80/10/10``), counts (``20000/7000/5120``; any further pictures are
    unused), or a split that exists already, see ``given_splits``.

    A picture without a known label is unused. ``stratify`` keeps the share of each label, and of
    each pair of labels, alike in all splits; ``in_order`` assigns the pictures in their order,
    unshuffled. Pictures of one number in ``groups[n]`` go to one split (-1: a picture alone); the
    splits' sizes are then approximate. The same seed gives the same split. ``report`` gets a line
    for names of a given split that are not in the data. Raises ``TagonautError``, also for a group
    that is larger than every split.
    """
    usable = np.flatnonzero(dataset.known.any(axis=1))
    if not len(usable):
        raise DataError("there is nothing to split: no picture has a known label")
    if is_dealt(parts):
        sizes = _sizes(parts, len(usable))
        order = usable if in_order else np.random.default_rng(seed).permutation(usable)
        dealt = _deal(dataset, order, sizes, groups, stratify=stratify and not in_order)
        result = np.array([*SPLITS, UNUSED, UNUSED])[dealt]
    else:
        _check_free(parts, groups)
        result = given_splits(dataset, parts, report=report)
        result[~dataset.known.any(axis=1)] = UNUSED
    if empty := [part for part in SPLITS if part not in result]:
        raise DataError(f"split {parts}: no picture of the data is in {' and '.join(empty)}")
    return result


def is_dealt(parts: str) -> bool:
    """Whether ``parts`` are percentages or counts, rather than a split that exists already."""
    return "/" in parts and re.fullmatch(r"[\d./ ]+", parts) is not None


def folds(
    dataset: Dataset,
    k: int | str,
    *,
    seed: int = 0,
    stratify: bool = True,
    groups: NDArray[np.intp] | None = None,
    report: Callable[[str], object] = lambda line: None,
) -> NDArray[np.intp]:
    """Assign a fold, from 0, to each picture: ``[n]``; -1 to a picture without a known label.

    ``k``: the number of folds (2 or more), or folds that exist already, see ``given_folds``.
    ``stratify``, ``groups`` and ``report``: see ``split``. Raises ``TagonautError``.
    """
    usable = dataset.known.any(axis=1)
    if isinstance(k, str) and not re.fullmatch(r"-?\d+", k.strip()):
        _check_free(k, groups)
        result = given_folds(dataset, k, report=report)
        result[~usable] = -1
        return result
    k, n = int(k), int(usable.sum())
    if not 2 <= k <= n:
        raise TagonautError(f"{n:,} pictures cannot be split into {k} folds (2 to {n:,})")
    sizes = [n // k + (fold < n % k) for fold in range(k)]
    order = np.random.default_rng(seed).permutation(np.flatnonzero(usable))
    result = _deal(dataset, order, sizes, groups, stratify=stratify)
    if empty := sorted(set(range(k)) - set(result.tolist())):
        raise DataError(f"{k} folds: the groups leave fold {empty[0]} empty")
    return result


def _sizes(parts: str, n: int) -> list[int]:
    """Pictures in each part, and a last part for those left over."""
    try:
        numbers = [float(number) for number in parts.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) != 3 or min(numbers) <= 0:
        raise TagonautError(
            f"a split is three numbers such as 60/20/20 (per cent) or counts, not {parts!r}"
        )
    total = sum(numbers)
    if np.isclose(total, 100) or np.isclose(total, 1):
        ideal = np.array(numbers) / total * n
        sizes = np.floor(ideal).astype(int)
        sizes[np.argsort(sizes - ideal, kind="stable")[: n - sizes.sum()]] += 1
    elif all(number.is_integer() for number in numbers):
        sizes = np.array(numbers).astype(int)
    else:
        raise TagonautError(f"split {parts!r}: the percentages do not add up to 100")
    if sizes.sum() > n:
        raise TagonautError(f"split {parts!r} asks for {sizes.sum():,} pictures; there are {n:,}")
    if sizes.min() < 1:
        raise TagonautError(
            f"{n:,} labelled pictures are too few to train, tune and test on: split {parts!r} of"
            f" {n:,} pictures leaves a part empty"
        )
    return [*map(int, sizes), n - int(sizes.sum())]


def _deal(
    dataset: Dataset,
    order: NDArray[np.intp],
    sizes: Sequence[int],
    groups: NDArray[np.intp] | None,
    *,
    stratify: bool,
) -> NDArray[np.intp]:
    """The part of each picture; those that are not in ``order`` get -1."""
    bound = np.arange(len(order)) if groups is None else _numbered(groups[order])
    weights = np.bincount(bound)
    if weights.max() > max(sizes):
        members = [dataset.ids[row] for row in order[bound == weights.argmax()]]
        number = "" if groups is None else f" {groups[order[bound == weights.argmax()][0]]}"
        raise DataError(
            f"group{number} ({', '.join(sorted(members)[:3])}, …) is larger than every part:"
            f" {len(members):,} pictures that stay together, for parts of at most {max(sizes):,}"
            " (group more narrowly, or make a part larger)"
        )
    if stratify:
        known = dataset.known[order]
        positives = (dataset.targets[order] > 0) & known
        part = stratified(positives, known, bound, sizes)
    else:
        part = in_turn(weights, sizes)
    result = np.full(len(dataset), -1, dtype=np.intp)
    result[order] = part[bound]
    return result


def _numbered(groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """The groups counted from 0 as they first appear, each picture alone (-1) one of its own."""
    alone = groups < 0
    own = groups.max(initial=-1) + 1 + np.arange(len(groups))
    _, first, which = np.unique(
        np.where(alone, own, groups), return_index=True, return_inverse=True
    )
    return np.argsort(np.argsort(first))[which]


def _check_free(parts: str, groups: NDArray[np.intp] | None) -> None:
    if groups is not None:
        raise TagonautError(
            f"split {parts}: pictures that have a split already cannot be grouped: leave out "
            "--group-by"
        )
