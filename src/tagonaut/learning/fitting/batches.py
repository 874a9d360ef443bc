"""The batches of an epoch: which pictures come together in a step."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Batches = Literal["uniform", "stratified", "upsampled", "repeat-factor"]
Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]


def epoch_batches(
    kind: Batches,
    targets: NDArray[np.generic],
    known: NDArray[np.generic],
    size: int,
    rng: np.random.Generator,
) -> list[Rows]:
    """The rows of ``targets[n, k]`` in batches of about ``size``, for one epoch.

    - ``uniform``: each picture once, in random order.
    - ``stratified``: each picture once; each batch has nearly the same share of each label, as far
      as whole pictures allow.
    - ``upsampled``: pictures with rare labels several times, until no label is rarer than the
      median label.
    - ``repeat-factor``: the same with square roots (Gupta, Dollár & Girshick, CVPR 2019).

    Batches differ in size by at most one picture, so that none is much noisier than the others,
    none is larger than ``size``, and every epoch has the same number of them. A batch may hold one
    picture more to avoid a batch of a single picture, which a batch norm cannot take, unless
    ``size`` is 1.
    """
    counted = known.astype(np.bool_)
    positives = (targets == 1) & counted
    match kind:
        case "uniform":
            return _cut(rng.permutation(len(positives)), size)
        case "stratified":
            return _stratified(positives, counted, _sizes(len(positives), size), rng)
        case "upsampled":
            wanted = _upsampled(positives)
        case "repeat-factor":
            wanted = _repeated(positives, counted)
    _, alike = _kinds(positives, counted, rng)
    times = _rounded(wanted, np.concatenate(alike), rng)
    return _cut(rng.permutation(np.repeat(np.arange(len(times)), times)), size)


def _sizes(pictures: int, size: int) -> Rows:
    """The sizes of the batches, the larger first."""
    batches = -(-pictures // size)
    if size > 1 and pictures // max(batches, 1) < 2:
        batches = max(pictures // 2, min(pictures, 1))
    return np.diff(-(-np.arange(batches + 1) * pictures // max(batches, 1)))


def _cut(rows: Rows, size: int) -> list[Rows]:
    sizes = _sizes(len(rows), size)
    return np.split(rows, np.cumsum(sizes)[:-1]) if len(sizes) else []


def _stratified(positives: Mask, known: Mask, sizes: Rows, rng: np.random.Generator) -> list[Rows]:
    """Deal the rarest sets of labels first, each to the batches that lack most of it.

    After Sechidis, Tsoumakas & Vlahavas, ECML 2011, but a whole set of labels at a time: pictures
    with the same set are spread over the batches that lack it most, one each, before any gets a
    second. So thousands of batches are dealt in a fraction of a second. The gain of a batch is
    the fall of χ², the sum of (count - ideal)² / ideal over labels and batches.
    """
    if not len(sizes):
        return []
    kinds, members = _kinds(positives, known, rng)
    times = np.array([len(rows) for rows in members])
    total = times @ kinds
    share = sizes / sizes.sum()
    # lacking[trait, batch]: the share of all pictures with the trait that the batch still lacks.
    lacking = np.repeat(share[None, :], kinds.shape[1], axis=0)
    room, full = sizes.copy(), np.zeros(len(sizes))
    # There are many ties. Broken always alike, they would collect rare labels in a few batches.
    ties = np.tile(rng.random(len(sizes)) * 1e-9, 2)
    rarest = np.where(kinds, total, len(positives)).min(axis=1, initial=len(positives))
    where = np.empty(len(positives), dtype=np.intp)
    for kind in np.lexsort((-kinds.sum(axis=1), rarest)):
        traits = np.flatnonzero(kinds[kind])
        rows = members[kind]
        while len(rows):
            start = rng.integers(len(room))
            gain = lacking[traits].sum(axis=0) + full + ties[start : start + len(room)]
            some = min(len(rows), int((room > 0).sum()))
            chosen = (
                gain.argmax(keepdims=True) if some == 1 else np.argpartition(-gain, some - 1)[:some]
            )
            where[rows[: len(chosen)]] = chosen
            rows = rows[len(chosen) :]
            room[chosen] -= 1
            full[room == 0] = -np.inf
            lacking[np.ix_(traits, chosen)] -= 1 / total[traits, None]
    order = np.argsort(where, kind="stable")
    batches = np.split(order, np.cumsum(sizes)[:-1])
    return [batches[at] for at in rng.permutation(len(batches))]


def _kinds(positives: Mask, known: Mask, rng: np.random.Generator) -> tuple[Mask, list[Rows]]:
    """The sets of traits ``kinds[kinds, t]`` that occur, and the shuffled rows of each.

    A trait is the rarer of having a label or lacking it; that a label is unknown is a trait too.
    """
    common = 2 * positives.sum(axis=0) > known.sum(axis=0)
    traits = np.hstack([np.where(common, known & ~positives, positives), ~known])
    traits = traits[:, traits.any(axis=0)]
    # One more column, since NumPy finds no unique rows if there are no columns.
    packed = np.packbits(np.pad(traits, ((0, 0), (0, 1))), axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    which = which.ravel()
    order = rng.permutation(len(traits))
    order = order[np.argsort(which[order], kind="stable")]
    return traits[first], np.split(order, np.cumsum(np.bincount(which))[:-1])


def _upsampled(positives: Mask) -> NDArray[np.float64]:
    """The number of times that each picture should occur per epoch, set from the rarest label on.

    All pictures of a label are repeated equally. Repetitions for a rarer label count for the next.
    """
    wanted = np.ones(len(positives))
    counts = positives.sum(axis=0)
    labels = np.flatnonzero(counts)
    for label in labels[np.argsort(counts[labels], kind="stable")]:
        rows = positives[:, label]
        lacking = np.median(counts[labels]) - wanted[rows].sum()
        wanted[rows] += max(0.0, lacking) / counts[label]
    return wanted


def _repeated(positives: Mask, known: Mask) -> NDArray[np.float64]:
    """The number of times that each picture should occur: √(t / f) for its rarest label of share f.

    From the share t on, labels are frequent and come once. The paper has t = 0.001 for 1,203
    labels; here t is the share of the median label.
    """
    count = positives.sum(axis=0)
    labels = np.flatnonzero(count)
    if not len(labels):
        return np.ones(len(positives))
    share = count[labels] / known.sum(axis=0)[labels]
    factor = np.sqrt(np.maximum(1, np.median(share) / share))
    return np.where(positives[:, labels], factor, 1).max(axis=1)


def _rounded(wanted: NDArray[np.float64], order: Rows, rng: np.random.Generator) -> Rows:
    """``wanted[n]`` as whole numbers; a fraction is the chance of one more, drawn in every epoch.

    Systematic sampling along ``order`` lets neighbours make up for each other, and keeps the sum
    the same in every epoch, since schedules rely on the number of steps.
    """
    times = np.floor(wanted).astype(np.intp)
    edges = np.cumsum((wanted - times)[order])
    more = round(edges[-1]) if len(edges) else 0
    points = (rng.random() + np.arange(more)) * edges[-1] / more if more else np.arange(0)
    at = np.searchsorted(edges, points, side="right").clip(max=len(order) - 1)
    np.add.at(times, order[at], 1)
    return times
