"""Bootstrap intervals: how far a figure may be off by the choice of pictures it was measured on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from tagonaut.deciding.arrays import Floats, Mask, check_scores, check_tags, check_targets
from tagonaut.deciding.figures import FIGURES, LABEL_FIGURES, Figure, ScoreMetric, TagMetric
from tagonaut.deciding.metrics.counts import Counts, count
from tagonaut.deciding.metrics.ranking import ranked
from tagonaut.deciding.metrics.score_metrics import average_precision, mean_average_precision
from tagonaut.errors import TagonautError

Interval = list[float]
"""The low end and the high end."""

# Cells of a chunk of resamples, at 4 bytes: some that a processor's caches hold.
CHUNK = 2**22
# Up to here float32 holds every whole number, and so every sum of counts exactly.
EXACT = 2**24


class Intervals(TypedDict):
    """Plain JSON values. An interval is None where the figure is defined in no resample.

    ``all`` has the keys of those ``FIGURES`` that have an interval, each row of ``labels`` those of
    the ``LABEL_FIGURES``.
    """

    level: float
    resamples: int
    all: dict[str, Interval | None]
    labels: list[dict[str, Interval | None]]


def bootstrap(
    targets: ArrayLike,
    tags: ArrayLike,
    scores: ArrayLike | None = None,
    *,
    known: ArrayLike | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Intervals:
    """Percentile intervals of the figures of ``tags[n, k]``, resampled by picture.

    The pictures with a known cell are drawn with replacement, as many as there are, and the figures
    are computed again, ``resamples`` times; an interval reaches from the ``(1 - level) / 2``
    quantile to its mirror (Efron and Tibshirani 1993, chapter 13). It covers the choice of these
    pictures, not that of training, nor of thresholds tuned on them. With few positives it is too
    narrow. Takes some 30 bytes of memory per cell.

    ``map`` and ``ap`` need ``scores[n, k]``, finite numbers, and are None without. The ``ap`` of a
    label without a positive in a resample is undefined there, and left out of its interval. In that
    resample's ``map`` its AP of all the pictures stands in: a mean over the other labels alone
    would be another figure, mostly a higher one, for rare labels are the hard ones. And a positive
    drawn twice has one more at its rank, which lifts AP in resamples: this bias, their mean less
    the ``map`` of the pictures, is taken off all of them. In the macro averages of F1 and F2 that
    of all the pictures stands in likewise. Every other figure is 0 where there is nothing to divide
    by.

    Raises ``TagonautError`` for arrays that do not fit, where no cell is known, and for settings
    out of range.
    """
    return bootstrap_each(
        targets, [tags], scores, known=known, resamples=resamples, level=level, seed=seed
    )[0]


def bootstrap_each(
    targets: ArrayLike,
    tables: Sequence[ArrayLike],
    scores: ArrayLike | None = None,
    *,
    known: ArrayLike | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Intervals]:
    """``bootstrap`` of each of several tables of tags, on the same resamples.

    The figures of the scores alone, most of the work, are computed once for all tables.
    """
    if not (0 < level < 1 and resamples >= 1):
        raise TagonautError(
            f"an interval needs a level between 0 and 1 and at least 1 resample, "
            f"not {level} and {resamples}"
        )
    positive, mask = check_targets(targets, known)
    tagged = [check_tags(tags, mask.shape) & mask for tags in tables]
    has_known = mask.any(axis=1)
    if not has_known.any():
        raise TagonautError("there is nothing to resample: no label of any picture is known")
    cells = positive[has_known], mask[has_known]
    numbers = None if scores is None else check_scores(scores, mask.shape)[has_known]
    rankings = None
    if numbers is not None:
        columns = zip(cells[0].T, numbers.T, cells[1].T, strict=True)
        rankings = [_steps(*column) for column in columns]
    counts = [_Counts.of(*cells, tags[has_known]) for tags in tagged]
    drawn: list[list[_Drawn]] = [[] for _ in counts]
    areas: list[Floats] = []
    for weights in _chunks(int(has_known.sum()), resamples, seed):
        for parts, counted in zip(drawn, counts, strict=True):
            parts.append(_figures(weights, counted))
        if rankings is not None:
            areas.append(np.stack([_area(steps, weights) for steps in rankings], axis=1))
    ranked_figures = _ranked_figures(rankings, np.concatenate(areas)) if rankings else {}
    return [
        _intervals(_together(parts), ranked_figures, mask.shape[1], resamples, level)
        for parts in drawn
    ]


def drawn_pictures(pictures: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """The rows of each resample, ``int64[pictures]``, among the pictures with a known cell."""
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield random.integers(pictures, size=pictures)


def _chunks(pictures: int, resamples: int, seed: int) -> Iterator[NDArray[Any]]:
    """``[n, r]``: how often each picture is in each of some resamples."""
    size = max(1, CHUNK // pictures)
    draws = drawn_pictures(pictures, resamples, seed)
    for start in range(0, resamples, size):
        weights = np.empty((pictures, min(size, resamples - start)), _dtype(pictures))
        for column in range(weights.shape[1]):
            weights[:, column] = np.bincount(next(draws), minlength=pictures)
        yield weights


def _dtype(pictures: int) -> type[np.float32 | np.float64]:
    return np.float32 if pictures < EXACT else np.float64


class _Drawn(NamedTuple):
    """Figures of each resample by their keys: ``[r]`` of all labels, ``[r, k]`` of each."""

    all: Mapping[str, Floats]
    labels: Mapping[str, Floats]


def _together(parts: Sequence[_Drawn]) -> _Drawn:
    return _Drawn(
        {key: np.concatenate([part.all[key] for part in parts]) for key in parts[0].all},
        {key: np.concatenate([part.labels[key] for part in parts]) for key in parts[0].labels},
    )


def _tag_metrics(figures: Sequence[Figure]) -> dict[str, TagMetric]:
    return {
        figure.key: figure.metric
        for figure in figures
        if figure.has_interval and isinstance(figure.metric, TagMetric)
    }


class _Counts(NamedTuple):
    """The arrays whose weighted sums over the pictures give the figures of one table of tags."""

    counted: NDArray[Any]
    """``[n, 4k]``: right tags, tags, positives and known cells."""
    samples: Mapping[str, Floats]
    """``[n]``: each picture's value of the figures that are averaged over the pictures."""
    whole: Mapping[str, Floats]
    """``[k]``: each label's value, of all the pictures, of the figures that are averaged over the
    labels; NaN where it has no positive."""

    @classmethod
    def of(cls, positive: Mask, known: Mask, tagged: Mask) -> Self:
        cells = [positive & tagged, tagged, positive, known]
        pictures, labels = (count(positive, tagged, known, axis=axis) for axis in (1, 0))
        metrics = _tag_metrics(FIGURES)
        return cls(
            np.concatenate(cells, axis=1, dtype=_dtype(len(positive))),
            {
                key: metric.ratio(pictures)
                for key, metric in metrics.items()
                if metric.average == "samples"
            },
            {
                key: np.where(positive.any(axis=0), metric.ratio(labels), np.nan)
                for key, metric in metrics.items()
                if metric.average == "macro"
            },
        )


def _figures(weights: NDArray[Any], counts: _Counts) -> _Drawn:
    """The figures of tags of each resample."""
    counted = (weights.T @ counts.counted).astype(np.float64)
    tp, tags, positives, known = np.split(counted, 4, axis=1)
    label = Counts(tp, tags - tp, positives - tp, known - tags - positives + tp)
    pooled = Counts(*(cells.sum(axis=1) for cells in label))
    samples = dict(
        zip(
            counts.samples,
            (weights.T @ np.stack(list(counts.samples.values()), axis=1) / len(weights)).T,
            strict=True,
        )
    )
    found: dict[str, Floats] = {}
    for key, metric in _tag_metrics(FIGURES).items():
        if metric.average == "samples":
            found[key] = samples[key]
        elif metric.average == "micro":
            found[key] = metric.ratio(pooled)
        else:
            whole = counts.whole[key]
            lost = (positives == 0) & ~np.isnan(whole)
            found[key] = np.where(lost, whole, metric.ratio(label)).mean(axis=1)
    each = {key: metric.ratio(label) for key, metric in _tag_metrics(LABEL_FIGURES).items()}
    return _Drawn(found, each)


def _ranked_figures(rankings: list["_Steps"], areas: Floats) -> dict[ScoreMetric, Floats]:
    """The metrics of scores, of each label's ``areas[r, k]``, NaN where not defined."""
    once = np.ones((rankings[0].cells.shape[1], 1), np.float32)
    whole = np.concatenate([_area(steps, once) for steps in rankings])
    defined = ~np.isnan(whole)
    if not defined.any():
        return {mean_average_precision: np.full(len(areas), np.nan), average_precision: areas}
    means = np.where(np.isnan(areas), whole, areas)[:, defined].mean(axis=1)
    centred = means - means.mean() + whole[defined].mean()
    return {mean_average_precision: np.clip(centred, 0, 1), average_precision: areas}


class _Steps(NamedTuple):
    """A label's pictures by falling score, in rows from one cut at a positive to the next."""

    cells: csr_array
    """``[c, n]``, 1 for the pictures that a cut tags and the cut before does not."""
    positives: csr_array
    """``[c, n]``, the positive ones alone."""


def _steps(positive: Mask, scores: NDArray[Any], known: Mask) -> _Steps:
    cuts = ranked(positive, scores, known).positive_cuts()
    rows = np.flatnonzero(known)
    falling = rows[np.argsort(scores[rows])[::-1]]

    def steps(pictures: NDArray[np.intp], counts: NDArray[np.int64]) -> csr_array:
        ends = np.append(0, counts[::-1])
        pictures = pictures[: ends[-1]]
        ones = np.ones(len(pictures), np.float32)
        return csr_array((ones, pictures, ends), shape=(len(counts), len(known)))

    return _Steps(steps(falling, cuts.tagged), steps(falling[positive[falling]], cuts.tp))


def _area(steps: _Steps, weights: NDArray[Any]) -> Floats:
    """Average precision ``[r]`` of pictures that count ``weights[n, r]`` times each."""
    if not steps.positives.shape[0]:
        return np.full(weights.shape[1], np.nan)
    hits, tagged = steps.positives @ weights, steps.cells @ weights
    # In place, for these arrays are large and new memory is slow.
    np.cumsum(tagged, axis=0, out=tagged)
    tp = np.cumsum(hits, axis=0)
    hits *= tp
    # Where nothing is tagged there is no hit either.
    hits /= np.maximum(tagged, 1, out=tagged)
    return _ratio(hits.sum(axis=0, dtype=np.float64), tp[-1], nothing=np.nan)


def _ratio(share: NDArray[Any], whole: NDArray[Any], nothing: float) -> Floats:
    return np.divide(share, whole, out=np.full(whole.shape, nothing), where=whole > 0)


def _intervals(
    tags: _Drawn,
    scores: Mapping[ScoreMetric, Floats],
    width: int,
    resamples: int,
    level: float,
) -> Intervals:
    tail = (1 - level) / 2
    undefined = np.full((1, width), np.nan)

    def interval(figure: Figure, found: Mapping[str, Floats], label: int | None) -> Interval | None:
        if isinstance(figure.metric, TagMetric):
            values = found[figure.key]
        else:
            values = scores.get(figure.metric, undefined)
        values = values.ravel() if label is None else values[:, label]
        values = values[~np.isnan(values)]
        return np.quantile(values, [tail, 1 - tail]).tolist() if len(values) else None

    overall = [figure for figure in FIGURES if figure.has_interval]
    labels = [figure for figure in LABEL_FIGURES if figure.has_interval]
    return {
        "level": level,
        "resamples": resamples,
        "all": {figure.key: interval(figure, tags.all, None) for figure in overall},
        "labels": [
            {figure.key: interval(figure, tags.labels, k) for figure in labels}
            for k in range(width)
        ],
    }
