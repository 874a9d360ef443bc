import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from tagonaut.deciding import intervals
from tagonaut.deciding.intervals import bootstrap, bootstrap_each, drawn_pictures
from tagonaut.deciding.metrics.tag_metrics import (
    binary_accuracy,
    exact_match,
    fbeta,
    precision,
    recall,
)
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, spoil_unknown

RESAMPLES = 60


def simulated(pictures: int = 50, seed: int = 0) -> Drawn:
    """Four labels with ties; the last so rare that it is missing from many resamples."""
    random = np.random.default_rng(seed)
    scores = np.round(random.random((pictures, 4)), 1) ** np.array([1, 1, 2, 1])
    targets = (random.random(scores.shape) < scores).astype(np.uint8)
    targets[:, 3] = np.arange(pictures) == 1
    known = random.random(scores.shape) < 0.8
    known[1, 3], known[0] = True, False
    return Drawn(targets, scores, scores >= 0.5, known)


def areas(targets: NDArray[Any], scores: NDArray[Any], known: NDArray[Any]) -> list[float]:
    return [
        average_precision_score(targets[rows, k], scores[rows, k])
        if targets[rows, k].any()
        else np.nan
        for k, rows in enumerate(known.T)
    ]


def figures(arrays: Drawn, whole: list[float] | None = None, whole_f: Any = None) -> dict[str, Any]:
    """All that has an interval, by the metrics themselves; a list where it is one a label.

    ``whole``: the areas that stand in the mean for those that are not defined; ``whole_f``: the F1
    and F2 that do so for labels without a positive.
    """
    targets, scores, tags, known = arrays
    pair, mask = (targets, tags), {"known": known}
    ap = areas(targets, scores, known)
    found: dict[str, Any] = {
        "map": np.mean(ap if whole is None else np.where(np.isnan(ap), whole, ap)),
        "exact_match": exact_match(*pair, **mask),
        "binary_accuracy": binary_accuracy(*pair, **mask, average="micro"),
        "label ap": ap,
        "label precision": precision(*pair, **mask),
        "label recall": recall(*pair, **mask),
    }
    lost = ~((targets == 1) & known).any(axis=0)
    for beta in (1, 2):
        found[f"label f{beta}"] = each = fbeta(*pair, beta, **mask)
        found[f"micro_f{beta}"] = fbeta(*pair, beta, **mask, average="micro")
        found[f"macro_f{beta}"] = np.mean(
            each if whole_f is None else np.where(lost, whole_f[beta - 1], each)
        )
        found[f"samples_f{beta}"] = fbeta(*pair, beta, **mask, average="samples")
    return found


def flat(found: Any) -> dict[str, Any]:
    """The intervals under the names of ``figures``."""
    labels = found["labels"]
    return found["all"] | {f"label {name}": [label[name] for label in labels] for name in labels[0]}


@pytest.mark.parametrize("chunk", [2**22, 250])
def test_intervals_are_quantiles_of_the_metrics_of_drawn_rows(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "CHUNK", chunk)
    targets, scores, tags, known = arrays = simulated()
    found = bootstrap(targets, tags, scores, known=known, resamples=RESAMPLES, level=0.9, seed=4)
    judged = np.flatnonzero(known.any(axis=1))
    whole = areas(targets, scores, known)
    whole_f = [fbeta(targets, tags, beta, known=known) for beta in (1, 2)]
    assert ((targets == 1) & known).any(axis=0).all()
    drawn = [
        figures(Drawn(*(array[judged[rows]] for array in arrays)), whole, whole_f)
        for rows in drawn_pictures(len(judged), RESAMPLES, 4)
    ]
    assert len(judged) == len(known) - 1
    expected = {name: np.array([figure[name] for figure in drawn]) for name in drawn[0]}
    expected["map"] += np.mean(whole) - expected["map"].mean()
    # The label with one positive: about 1 resample in e has none, and its AP is not defined there.
    missing = np.isnan(expected["label ap"][:, 3]).mean()
    assert 0.2 < missing < 0.6
    assert set(flat(found)) == set(expected)
    for name, interval in flat(found).items():
        quantiles = np.nanquantile(expected[name], [0.05, 0.95], axis=0).T
        assert np.array(interval) == pytest.approx(quantiles, abs=2e-6), name


def test_the_figures_of_the_pictures_themselves_are_inside() -> None:
    arrays = simulated(400, 2)
    arrays.targets[::9, 3] = 1
    found = bootstrap(arrays.targets, arrays.tags, arrays.scores, known=arrays.known, resamples=300)
    for name, value in figures(arrays).items():
        ends = np.array(flat(found)[name]).T
        assert np.all((ends[0] <= value) & (value <= ends[1])), name
        assert np.all(ends[1] - ends[0] < 0.5)


@pytest.mark.parametrize("rank", [0, 10, 200])
def test_map_is_of_the_same_labels_in_every_resample(rank: int) -> None:
    # 10 perfect labels, and 50 with a single positive, which about a third of the resamples lack
    # and a quarter have twice or more.
    random = np.random.default_rng(5)
    scores = random.random((300, 60))
    targets = np.zeros((300, 60), dtype=np.uint8)
    targets[:, :10] = scores[:, :10] > 0.8
    targets[np.argsort(-scores[:, 10:], axis=0)[rank], np.arange(10, 60)] = 1
    found = bootstrap(targets, scores >= 0.5, scores, resamples=200)["all"]["map"]
    mean = average_precision_score(targets, scores, average="macro")
    assert mean == pytest.approx((10 + 50 / (rank + 1)) / 60)
    assert found is not None
    assert found[0] - 1e-6 <= mean <= found[1] + 1e-6
    assert found[1] - found[0] < 0.08


def test_several_tables_have_the_intervals_that_each_has_alone() -> None:
    targets, scores, tags, known = simulated()
    tables = [tags, scores >= 0.2]
    found = bootstrap_each(targets, tables, scores, known=known, resamples=30, seed=3)
    assert found == [
        bootstrap(targets, table, scores, known=known, resamples=30, seed=3) for table in tables
    ]
    assert found[0]["all"]["map"] == found[1]["all"]["map"]
    assert found[0]["all"]["micro_f1"] != found[1]["all"]["micro_f1"]


def test_they_cover_what_is_true_of_all_pictures() -> None:
    # Tags right with a chance of 0.8: accuracy of all pictures that could be drawn is 0.8, and of
    # positives (chance 0.4), precision is .32/(.32 + .12), recall .8, and F1 = .64/.84.
    random, inside = np.random.default_rng(11), np.zeros(2)
    for _ in range(200):
        targets = random.random((120, 2)) < 0.4
        tags = targets ^ (random.random((120, 2)) < 0.2)
        found = bootstrap(targets, tags, resamples=200)["all"]
        for at, (name, truth) in enumerate([("binary_accuracy", 0.8), ("micro_f1", 0.64 / 0.84)]):
            low, high = found[name]  # type: ignore[literal-required]
            inside[at] += low <= truth <= high
    assert np.all(inside / 200 > 0.9)
    assert np.all(inside / 200 < 0.99)


def test_unknown_cells_have_no_part_and_a_seed_gives_the_same_again() -> None:
    arrays = simulated()
    other = spoil_unknown(arrays)
    found, again, others = (
        bootstrap(one.targets, one.tags, one.scores, known=one.known, resamples=20, seed=seed)
        for one, seed in ((arrays, 1), (other, 1), (arrays, 2))
    )
    assert again == found
    assert others != found


def test_more_confidence_is_wider() -> None:
    arrays = simulated()
    wide, narrow = (
        bootstrap(arrays.targets, arrays.tags, resamples=200, level=level)["all"]["micro_f1"]
        for level in (0.99, 0.5)
    )
    assert wide is not None
    assert narrow is not None
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_what_is_not_defined_is_none_and_all_is_json() -> None:
    targets, scores = np.array([[1, 0], [0, 0], [1, 0]]), np.array([[0.9, 0.2]] * 3)
    found = bootstrap(targets, scores >= 0.5, scores, resamples=10)
    assert found["labels"][1]["ap"] is None
    assert found["labels"][1]["f1"] == [0, 0]
    assert found["all"]["map"] is not None
    without = bootstrap(targets, scores >= 0.5, resamples=10)
    assert without["all"]["map"] is None
    assert without["labels"][0]["ap"] is None
    assert without["all"]["micro_f1"] == found["all"]["micro_f1"]
    nobody = bootstrap(0 * targets, scores >= 0.5, scores, resamples=10)
    assert nobody["all"]["map"] is None
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["level"], found["resamples"]) == (0.95, 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 1.0}, "level between 0 and 1"),
        ({"resamples": 0}, "at least 1 resample"),
        ({"known": [[0, 0]]}, "nothing to resample"),
        ({"scores": [[0.5]]}, "scores has the shape"),
        ({"tags": [[1, 2]]}, "tags: row 0, label column 1 .* is 2"),
    ],
)
def test_what_does_not_fit_is_told(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"targets": [[1, 0]], "tags": [[1, 0]], "scores": [[0.7, 0.2]]}
    with pytest.raises(TagonautError, match=message):
        bootstrap(**(arguments | change))
