"""How fast thresholds, metrics and intervals are, side by side with others; prints Markdown.

    .venv/bin/python benchmarks/deciding/run.py [--quick] [--repeats 5]

Scores are drawn: a normal log-odds a cell around that of its label's share, and targets with just
these chances, so that the scores are calibrated. 40,479 × 17 with the shares of the labels of
Kaggle's "Planet: Understanding the Amazon from Space", and 1,000,000 × 100 with shares from a half
to a thousandth (--quick leaves it out). What is compared runs in turns, and the best time of each
counts. Where a rival would take minutes a part of its work is timed and scaled, as its line says.
"""

import argparse
import resource
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from tagonaut.deciding import best_thresholds, bootstrap
from tagonaut.deciding.metrics import score_metrics
from tagonaut.deciding.metrics import tag_metrics as metrics

PLANET = (
    0.928, 0.702, 0.305, 0.199, 0.183, 0.110, 0.090, 0.067, 0.052,
    0.021, 0.0083, 0.0084, 0.0084, 0.0028, 0.0025, 0.0024, 0.0024,
)  # fmt: skip
GRID = np.linspace(0.01, 1, 100, dtype=np.float32)
RESAMPLES = 1000
LONG = 4.0

Array = NDArray[Any]
Work = Callable[[], Any]


def main() -> None:
    """Draw, time and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="the small arrays alone")
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    targets, scores = drawn(40_479, np.array(PLANET))
    print("| 40,479 × 17 | seconds | against | seconds | ratio |\n|---|---:|---|---:|---:|")
    compare_thresholds(targets, scores, chosen.repeats, labels=17, cuts=100)
    compare_metrics(targets, scores, chosen.repeats)
    compare_intervals(targets, scores)
    if not chosen.quick:
        targets, scores = drawn(1_000_000, np.geomspace(0.5, 0.001, 100))
        print(
            "\n| 1,000,000 × 100 | seconds | against | seconds | ratio |\n|---|---:|---|---:|---:|"
        )
        compare_thresholds(targets, scores, min(chosen.repeats, 2), labels=10, cuts=2)
        areas = seconds(1, ours=partial(score_metrics.average_precision, targets, scores))
        some = targets[:, ::10], scores[:, ::10]
        rival = seconds(1, areas=partial(sk.average_precision_score, *some, average=None))
        told = "scikit-learn (10 labels timed, scaled)"
        row("average_precision a label", areas["ours"], told, 10 * rival["areas"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nAt most {peak:.1f} GiB of memory, the drawn arrays among it.")


def drawn(pictures: int, shares: Array) -> tuple[Array, Array]:
    """``targets[n, k]``, booleans, and calibrated ``scores[n, k]``, float32."""
    random = np.random.default_rng(0)
    scores = random.standard_normal((pictures, len(shares)), dtype=np.float32)
    targets = np.empty(scores.shape, np.bool_)
    middle = np.log(shares / (1 - shares)).astype(np.float32)
    for start in range(0, pictures, 50_000):
        some = scores[start : start + 50_000]
        some[:] = 1 / (1 + np.exp(-2 * some - middle))
        targets[start : start + 50_000] = random.random(some.shape, dtype=np.float32) < some
    return targets, scores


def seconds(repeats: int, **works: Work) -> dict[str, float]:
    """The best time of each, run in turns; what takes seconds runs once."""
    best = dict.fromkeys(works, np.inf)
    for repeat in range(repeats):
        for name, work in works.items():
            if repeat and best[name] > LONG:
                continue
            start = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def row(what: str, ours: float, rival: str, theirs: float) -> None:
    """A line of the table."""
    cells = (what, shown(ours), rival, shown(theirs), f"{theirs / ours:,.3g}×")
    print(f"| {' | '.join(cells)} |", flush=True)


def shown(value: float) -> str:
    """Seconds, in the unit that reads well."""
    return f"{value:,.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"


def compare_thresholds(
    targets: Array, scores: Array, repeats: int, *, labels: int, cuts: int
) -> None:
    """All thresholds for F2; the rivals are timed on some ``labels`` and ``cuts`` and scaled."""
    every, part = scores.shape[1] // labels, 100 // cuts
    few = targets[:, ::every], scores[:, ::every]
    told = "" if every == part == 1 else f" ({labels} labels timed, scaled)"
    best = seconds(
        repeats,
        ours=partial(best_thresholds, targets, scores, beta=2),
        sort=partial(sort, scores, 1),
        sort_2=partial(sort, scores, 2),
    )
    rivals = seconds(
        1 if every > 1 else repeats,
        curves=partial(best_of_curves, *few),
    ) | seconds(1, grid=partial(over_grid, *few, GRID[::part]))
    for rival, theirs in (
        (f"fbeta_score at 100 thresholds{told.replace('timed', f'at {cuts} of them timed')}",
         rivals["grid"] * every * part),
        (f"precision_recall_curve a label{told}", rivals["curves"] * every),
        ("the limit: np.sort of each label", best["sort"]),
        ("the limit in two threads", best["sort_2"]),
    ):  # fmt: skip
        row("best_thresholds, F2", best["ours"], rival, theirs)
    found = best_thresholds(*few, beta=2).astype(np.float32)
    exact = metrics.fbeta(few[0], few[1] >= found, 2)
    assert np.allclose(exact, best_of_curves(*few), rtol=0, atol=1e-12)
    assert np.all(exact >= over_grid(*few, GRID[::part]).max(axis=0) - 1e-12)


def sort(scores: Array, threads: int) -> None:
    """The limit of any search that sorts: each label's scores copied and sorted, nothing else."""

    def one(column: int) -> None:
        np.sort(np.ascontiguousarray(scores[:, column]))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(scores.shape[1])))


def over_grid(targets: Array, scores: Array, grid: Array) -> Array:
    """``[thresholds, k]``: F2 by scikit-learn."""
    how: dict[str, Any] = {"beta": 2, "average": None, "zero_division": 0}
    return np.array([sk.fbeta_score(targets, scores >= cut, **how) for cut in grid])


def best_of_curves(targets: Array, scores: Array) -> Array:
    """``[k]``: the highest F2 on scikit-learn's precision-recall curve."""
    best = []
    for target, column in zip(targets.T, scores.T, strict=True):
        precision, recall, _ = sk.precision_recall_curve(target, column)
        whole = 4 * precision + recall
        best.append(np.max(5 * precision * recall / np.where(whole > 0, whole, 1)))
    return np.array(best)


def compare_metrics(targets: Array, scores: Array, repeats: int) -> None:
    """Each metric against scikit-learn's and torchmetrics' of the same name."""
    tags, none = scores >= 0.5, {"zero_division": 0}
    pair, ranked = (targets, tags), (targets, scores)
    works: dict[str, tuple[Work, Work]] = {}
    for average in ("macro", "micro", "samples"):
        works[f"fbeta, F2, {average}"] = (
            partial(metrics.fbeta, *pair, 2, average=average),
            partial(sk.fbeta_score, *pair, beta=2, average=average, **none),
        )
    works |= {
        "jaccard, macro": (
            partial(metrics.jaccard, *pair, average="macro"),
            partial(sk.jaccard_score, *pair, average="macro", **none),
        ),
        "exact_match": (partial(metrics.exact_match, *pair), partial(sk.accuracy_score, *pair)),
        "hamming_loss": (partial(metrics.hamming_loss, *pair), partial(sk.hamming_loss, *pair)),
        "average_precision a label": (
            partial(score_metrics.average_precision, *ranked),
            partial(sk.average_precision_score, *ranked, average=None),
        ),
        "roc_auc, macro": (
            partial(score_metrics.roc_auc, *ranked, average="macro"),
            partial(sk.roc_auc_score, *ranked, average="macro"),
        ),
        "ranking_loss": (
            partial(score_metrics.ranking_loss, *ranked),
            partial(sk.label_ranking_loss, *ranked),
        ),
        "label_ranking_average_precision": (
            partial(score_metrics.label_ranking_average_precision, *ranked),
            partial(sk.label_ranking_average_precision_score, *ranked),
        ),
        "coverage_error": (
            partial(score_metrics.coverage_error, *ranked),
            partial(sk.coverage_error, *ranked),
        ),
    }
    others = of_torchmetrics(targets, scores)
    for name, (ours, theirs) in works.items():
        rivals = {"ours": ours, "scikit": theirs} | (
            {"torch": others[name]} if name in others else {}
        )
        check(name, rivals)
        best = seconds(repeats, **rivals)
        row(name, best["ours"], "scikit-learn", best["scikit"])
        if "torch" in best:
            row(name, best["ours"], "torchmetrics", best["torch"])


def check(name: str, rivals: dict[str, Work]) -> None:
    """They give the same, as far as torchmetrics' float32 goes."""
    figures = {rival: np.asarray(work(), dtype=float) for rival, work in rivals.items()}
    for rival, figure in figures.items():
        exact = 1e-4 if rival == "torch" else 1e-9
        assert np.allclose(figure, figures["ours"], rtol=0, atol=exact), (name, rival)


def of_torchmetrics(targets: Array, scores: Array) -> dict[str, Work]:
    """torchmetrics' functions by the names of ours, on tensors made beforehand."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        # Built for another torch: its operators are declared, so that torchmetrics can import it.
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        # The declarations go with the object.
        of_torchmetrics.library = library  # type: ignore[attr-defined]
    from torchmetrics.functional import classification as theirs

    truth, said = torch.tensor(targets).long(), torch.tensor(scores)
    tags, size = said >= 0.5, {"num_labels": targets.shape[1], "validate_args": False}
    return {
        "fbeta, F2, macro": partial(theirs.multilabel_fbeta_score, tags, truth, 2.0, **size),
        "fbeta, F2, micro": partial(
            theirs.multilabel_fbeta_score, tags, truth, 2.0, average="micro", **size
        ),
        "jaccard, macro": partial(theirs.multilabel_jaccard_index, tags, truth, **size),
        "exact_match": partial(theirs.multilabel_exact_match, tags, truth, **size),
        "hamming_loss": partial(
            theirs.multilabel_hamming_distance, tags, truth, average="micro", **size
        ),
        "average_precision a label": partial(
            theirs.multilabel_average_precision, said, truth, average=None, **size
        ),
        "roc_auc, macro": partial(theirs.multilabel_auroc, said, truth, **size),
        "ranking_loss": partial(theirs.multilabel_ranking_loss, said, truth, **size),
        "label_ranking_average_precision": partial(
            theirs.multilabel_ranking_average_precision, said, truth, **size
        ),
        "coverage_error": partial(theirs.multilabel_coverage_error, said, truth, **size),
    }


def compare_intervals(targets: Array, scores: Array) -> None:
    """A thousand resamples, against metrics of scikit-learn on rows drawn (two timed, scaled)."""
    tags, random = scores >= 0.5, np.random.default_rng(0)

    def plain(*, areas: bool) -> None:
        rows = random.integers(len(targets), size=len(targets))
        truth, said = targets[rows], tags[rows]
        for beta in (1, 2):
            for average in (None, "micro", "macro", "samples"):
                sk.fbeta_score(truth, said, beta=beta, average=average, zero_division=0)
        sk.precision_recall_fscore_support(truth, said, zero_division=0)
        sk.accuracy_score(truth, said)
        if areas:
            sk.average_precision_score(truth, scores[rows], average=None)

    for what, areas in (("of tags", False), ("with AP of each label and mAP", True)):
        given = scores if areas else None
        best = seconds(
            2,
            ours=partial(bootstrap, targets, tags, given, resamples=RESAMPLES),
            rows=partial(plain, areas=areas),
        )
        told = "the figures by scikit-learn a resample (1 timed, scaled)"
        row(f"bootstrap, 1,000, {what}", best["ours"], told, best["rows"] * RESAMPLES)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
