"""Stratifies: assigns pictures so that labels and pairs of labels have equal shares in all parts.

This is second-order iterative stratification, which assigns the rarest labels and pairs of labels
first (Sechidis, Tsoumakas & Vlahavas, ECML 2011; Szymański & Kajdanowicz, PMLR 74, 2017). Where the
papers leave the choice to chance, a picture goes where χ² becomes smallest: the sum of
(count - ideal)² / ideal over traits and parts. Then pictures change places as long as χ² falls.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

# The weight of a pair, where a label's is 1. With 1 a pair costs some labels their best share; with
# 0.01 the pairs gain half as much.
PAIR_WEIGHT = 0.1
# The weight of the number of pictures in a part, which groups can make uneven.
SIZE_WEIGHT = 10.0
# A group of more than this share of the smallest part would not fit in late.
HEAVY = 0.1
# The kinds of each part with the most gain from leaving it that are tried against each other.
TRIED = 200
EXCHANGES = 2000
LEAST_GAIN = 1e-9


def in_turn(weights: NDArray[np.intp], sizes: Sequence[int]) -> NDArray[np.intp]:
    """Assign groups of ``weights`` pictures to parts in their order.

    A part is full when half of the next group would be too much.
    """
    middles = np.cumsum(weights) - weights / 2
    return np.searchsorted(np.cumsum(sizes), middles, side="right").clip(max=len(sizes) - 1)


def stratified(
    positives: NDArray[np.bool_],
    known: NDArray[np.bool_],
    groups: NDArray[np.intp],
    sizes: Sequence[int],
) -> NDArray[np.intp]:
    """Assign groups to parts so that labels and pairs of labels have equal shares in all parts.

    ``positives[n, k]`` and ``known[n, k]`` of the pictures, ``groups[n]`` their groups, numbered
    from 0 without a gap. Where each picture is a group of its own, the parts have exactly ``sizes``
    (n in all), otherwise nearly. Ties go to the earlier part: shuffle the rows for a random result.
    """
    units = _units(positives, known, groups, np.array(sizes))
    placed = _exchange(units, _deal(units))
    # Units of one kind are interchangeable.
    order = np.argsort(units.kind, kind="stable")
    result = np.empty(len(order), dtype=np.intp)
    result[order] = np.repeat(np.tile(np.arange(len(sizes)), len(placed)), placed.ravel())
    return result


@dataclass(frozen=True)
class _Units:
    """u groups, which are never divided, of ``weight[u]`` pictures, each of a ``kind[u]``.

    ``counts[kinds, t]``: the pictures with each trait (a pair of labels, a label, an unknown label,
    being a picture at all), the same for all units of a kind. ``cost[t]``: a trait's weight in χ²,
    over its number of pictures, ``total[t]``. ``sizes[p]``: the pictures that each part is to get.
    """

    kind: NDArray[np.intp]
    weight: NDArray[np.intp]
    counts: csr_array
    cost: NDArray[np.float64]
    total: NDArray[np.int64]
    sizes: NDArray[np.intp]

    @property
    def share(self) -> NDArray[np.float64]:
        return self.sizes / self.sizes.sum()

    def square(self) -> NDArray[np.float64]:
        """A lone unit's contribution to χ² for each kind, times the part's share."""
        return self.counts.power(2) @ self.cost


def _units(
    positives: NDArray[np.bool_],
    known: NDArray[np.bool_],
    groups: NDArray[np.intp],
    sizes: NDArray[np.intp],
) -> _Units:
    cells = np.hstack([positives, ~known[:, ~known.all(axis=0)]])
    sets, which = np.unique(cells, axis=0, return_inverse=True)
    which = which.ravel()
    members: list[list[int]] = [[] for _ in range(int(groups.max()) + 1)]
    for group, label_set in zip(groups.tolist(), which.tolist(), strict=True):
        members[group].append(label_set)
    kinds: dict[tuple[int, ...], int] = {}
    kind = [kinds.setdefault(tuple(sorted(unit)), len(kinds)) for unit in members]
    contents = _matrix(
        [(at, label_set) for unit, at in kinds.items() for label_set in unit],
        (len(kinds), len(sets)),
    )
    # A pair of fewer pictures than there are parts cannot be shared out.
    traits, weights = _traits(sets, np.bincount(which), enough=len(sizes))
    total = np.bincount(which) @ traits
    return _Units(
        np.array(kind, dtype=np.intp),
        np.array([len(unit) for unit in members], dtype=np.intp),
        csr_array(contents @ traits),
        weights / np.maximum(total, 1),
        total,
        sizes,
    )


def _traits(
    sets: NDArray[np.bool_], times: NDArray[np.intp], enough: int
) -> tuple[csr_array, NDArray[np.float64]]:
    """``traits[sets, t]``, 0 or 1, and their weights: pairs, labels, being a picture at all.

    Of equally rare traits the first, which is the narrowest, is assigned first.
    """
    labels = [np.flatnonzero(row).tolist() for row in sets]
    count: Counter[tuple[int, int]] = Counter()
    for some, n in zip(labels, times.tolist(), strict=True):
        for pair in combinations(some, 2):
            count[pair] += n
    column = {pair: at for at, pair in enumerate(p for p, n in count.items() if n >= enough)}
    pairs, singles = len(column), sets.shape[1]
    cells = [
        (row, at)
        for row, some in enumerate(labels)
        for at in (
            *(column[pair] for pair in combinations(some, 2) if pair in column),
            *(pairs + label for label in some),
            pairs + singles,
        )
    ]
    weights = [PAIR_WEIGHT] * pairs + [1.0] * singles + [SIZE_WEIGHT]
    return _matrix(cells, (len(sets), len(weights))), np.array(weights)


def _matrix(cells: Sequence[tuple[int, int]], shape: tuple[int, int]) -> csr_array:
    """A sparse matrix of how often each cell is named."""
    rows, columns = np.array(cells, dtype=np.intp).T
    matrix = csr_array((np.ones(len(cells), dtype=np.int64), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _deal(units: _Units) -> NDArray[np.intp]:
    """``placed[kinds, p]``: the units of the rarest trait first, each where χ² becomes smallest."""
    indices, counts, starts = units.counts.indices, units.counts.data, units.counts.indptr
    scale = 1 / np.maximum(units.share, LEAST_GAIN)
    square = units.square()
    remaining = units.total.copy()
    lacking = units.total[:, None] * units.share
    room = units.sizes.astype(np.float64)
    placed = np.zeros((units.counts.shape[0], len(room)), dtype=np.intp)
    waiting = np.ones(len(units.kind), dtype=bool)
    fewer: set[int] = set()

    def give(unit: int) -> None:
        kind, weight = units.kind[unit], units.weight[unit]
        span = slice(starts[kind], starts[kind + 1])
        traits, count = indices[span], counts[span]
        gain = (2 * (units.cost[traits] * count) @ lacking[traits] - square[kind]) * scale
        fits = room >= weight
        part = np.where(fits, gain, -np.inf).argmax() if fits.any() else room.argmax()
        placed[kind, part] += 1
        room[part] -= weight
        lacking[traits, part] -= count
        remaining[traits] -= count
        fewer.update(traits.tolist())
        waiting[unit] = False

    order = np.argsort(-units.weight, kind="stable")
    for unit in order[units.weight[order] > max(1, HEAVY * units.sizes[units.sizes > 0].min())]:
        give(unit)
    having: list[list[int]] = [[] for _ in remaining]
    for unit in order.tolist():
        kind = units.kind[unit]
        for trait in indices[starts[kind] : starts[kind + 1]].tolist():
            having[trait].append(unit)
    heap = [(n, trait) for trait, n in enumerate(remaining.tolist()) if n]
    heapq.heapify(heap)
    while heap:
        n, trait = heapq.heappop(heap)
        # A count from before others took some away: the trait stands in the heap again.
        if n != remaining[trait]:
            continue
        fewer.clear()
        for unit in having[trait]:
            if waiting[unit]:
                give(unit)
        for changed in fewer:
            if remaining[changed]:
                heapq.heappush(heap, (int(remaining[changed]), changed))
    return placed


def _exchange(units: _Units, placed: NDArray[np.intp]) -> NDArray[np.intp]:
    """``placed`` after units of two parts have changed places, as long as χ² falls.

    Where there are groups, a unit may also move alone: it changes places with nothing.
    """
    kinds = len(placed)
    nothing = csr_array((1, units.counts.shape[1]), dtype=np.int64)
    x = vstack([units.counts, nothing], format="csr")
    there = np.vstack([placed, np.zeros_like(placed[:1])])
    if (units.weight > 1).any():
        there[kinds] = EXCHANGES
    square = np.append(units.square(), 0)
    excess = x.T @ there - units.total[:, None] * units.share
    left, again = EXCHANGES, True
    while again and left:
        again = False
        for p, q in combinations(np.flatnonzero(units.sizes).tolist(), 2):
            scale = 1 / units.share[[p, q]]
            while left:
                slope = excess[:, p] * scale[0] - excess[:, q] * scale[1]
                first = 2 * (x @ (units.cost * slope))
                found = _best(x, units.cost, scale.sum(), first, square, there[:, [p, q]])
                if found is None:
                    break
                change = (x[[found[1]]] - x[[found[0]]]).toarray().ravel()
                excess[:, p] += change
                excess[:, q] -= change
                there[found, [p, q]] -= 1
                there[found, [q, p]] += 1
                left, again = left - 1, True
    return there[:kinds]


def _best(
    x: csr_array,
    cost: NDArray[np.float64],
    scale: float,
    slope: NDArray[np.float64],
    square: NDArray[np.float64],
    there: NDArray[np.intp],
) -> list[int] | None:
    """The kind that best leaves the first part of two and the one that comes for it, if any."""
    leaving = []
    for part, gain in enumerate((slope - scale * square, -slope - scale * square)):
        kinds = np.flatnonzero(there[:, part])
        if len(kinds) > TRIED:
            kinds = kinds[np.argpartition(-gain[kinds], TRIED)[:TRIED]]
        leaving.append((kinds, gain[kinds]))
    (out, out_gain), (back, back_gain) = leaving
    if not len(out) or not len(back):
        return None
    shared = ((x[out] * cost[None, :]) @ x[back].T).toarray()
    gain = out_gain[:, None] + back_gain[None, :] + 2 * scale * shared
    best = np.unravel_index(gain.argmax(), gain.shape)
    return [int(out[best[0]]), int(back[best[1]])] if gain[best] > LEAST_GAIN else None
