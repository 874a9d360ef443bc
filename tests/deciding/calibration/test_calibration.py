import json
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

from tagonaut.deciding.calibration.calibration import Calibration, CalibrationKind
from tagonaut.errors import TagonautError
from tests.deciding.drawn_arrays import Drawn, drawn, spoil_unknown

KINDS: tuple[CalibrationKind, ...] = get_args(CalibrationKind)
kinds = pytest.mark.parametrize("kind", KINDS)
LOGISTIC = {"a": 1.0, "b": 2.0, "c": -0.5}
ISOTONIC = {"scores": [0.1, 0.5], "probabilities": [0.2, 0.9]}


def world(
    pictures: int, means: list[float], *, slope: float = 1.0, seed: int = 0
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Targets, scores whose log-odds are ``slope`` times the truth's, and the true chances."""
    random = np.random.default_rng(seed)
    logits = random.normal(means, 2, (pictures, len(means)))
    chances = expit(logits)
    return random.random(logits.shape) < chances, expit(slope * logits), chances


def log_loss(targets: NDArray[Any], chances: NDArray[Any]) -> float:
    chances = chances.clip(1e-12, 1 - 1e-12)
    return float(-np.where(targets, np.log(chances), np.log1p(-chances)).mean())


def able(arrays: Drawn) -> bool:
    found = arrays.targets[arrays.known]
    return bool(found.any() and not found.all())


def test_platt_of_one_label_is_scikit_learns() -> None:
    targets, scores, _ = world(400, [-1], slope=2)
    minus_slope, minus_bias = _sigmoid_calibration(logit(scores[:, 0]), targets[:, 0])
    wanted = expit(-minus_slope * logit(scores) - minus_bias)
    found = Calibration.fit("platt", targets, scores).apply(scores)
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_isotonic_of_one_label_is_scikit_learns_but_for_the_ends() -> None:
    targets, scores, _ = world(400, [-1], slope=2)
    calibration = Calibration.fit("isotonic", targets, scores)
    grid = np.linspace(0, 1, 500)
    wanted = IsotonicRegression(out_of_bounds="clip").fit(scores[:, 0], targets[:, 0]).predict(grid)
    found = calibration.apply(grid[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(found, wanted.clip(1 / 402, 401 / 402), atol=1 / 402)
    assert (found.min(), found.max()) == (1 / 402, 401 / 402)


def test_isotonic_by_hand() -> None:
    # 0.4 and 0.6 stand the wrong way round and are pooled; of 4 cells, 1/6 is the least.
    calibration = Calibration.fit("isotonic", [[0], [1], [0], [1]], [[0.2], [0.4], [0.6], [0.8]])
    found = calibration.apply([[0.0], [0.2], [0.3], [0.4], [0.5], [0.6], [0.7], [1.0]])[:, 0]
    np.testing.assert_allclose(found, [1 / 6, 1 / 6, 1 / 3, 1 / 2, 1 / 2, 1 / 2, 2 / 3, 5 / 6])


@pytest.mark.parametrize(("a", "b"), [(0.6, 1.5), (1.5, -0.8), (-0.8, 1.5), (-0.5, -0.5)], ids=str)
def test_beta_is_the_best_of_its_family(a: float, b: float) -> None:
    random = np.random.default_rng(3)
    scores = random.random((500, 1))
    low, high = np.log(scores), -np.log1p(-scores)
    targets = random.random(scores.shape) < expit(a * low + b * high)
    found, missing = targets.sum(), (~targets).sum()
    smoothed = np.where(targets, (found + 1) / (found + 2), 1 / (missing + 2))

    def loss(abc: NDArray[Any]) -> float:
        z = abc[0] * low + abc[1] * high + abc[2]
        return float((np.logaddexp(0, z) - smoothed * z).sum())

    curve = np.array(list(Calibration.fit("beta", targets, scores).to_json()["curves"][0].values()))
    best = minimize(loss, [1, 1, 0], method="L-BFGS-B", bounds=[(0, None), (0, None), (None, None)])
    assert loss(curve) <= best.fun + 1e-6
    np.testing.assert_allclose(curve, best.x, atol=1e-2)
    # A slope that would fall is exactly 0.
    assert (curve[:2] == 0).tolist() == [a < 0, b < 0]


@pytest.mark.parametrize(("kind", "within"), [("platt", 0.03), ("beta", 0.03), ("isotonic", 0.05)])
def test_each_labels_own_curve_is_recovered(kind: CalibrationKind, within: float) -> None:
    targets, _, chances = world(20_000, [0, 0, -1])
    # A different fault in each label, of a form that Platt and beta can both mend.
    scores = expit(logit(chances) * [2, 0.5, 1] + [1, -1, 2])
    found = Calibration.fit(kind, targets, scores).apply(scores)
    assert np.abs(scores - chances).mean() > 0.1
    assert np.abs(found - chances).mean() < within / 3
    assert np.quantile(np.abs(found - chances), 0.99) < within


def test_beta_recovers_slopes_that_differ() -> None:
    random = np.random.default_rng(5)
    scores = random.random((40_000, 1))
    chances = expit(0.4 * np.log(scores) - 1.6 * np.log1p(-scores) - 0.3)
    targets = random.random(scores.shape) < chances
    curve = Calibration.fit("beta", targets, scores).to_json()["curves"][0]
    assert curve == pytest.approx({"a": 0.4, "b": 1.6, "c": -0.3}, abs=0.07)


def test_temperature_is_recovered_and_is_one_for_all_labels() -> None:
    targets, scores, _ = world(20_000, [0, -2, -6], slope=2.5)
    curves = Calibration.fit("temperature", targets, scores).to_json()["curves"]
    assert all(curve == curves[0] for curve in curves)
    assert curves[0] == pytest.approx({"a": 0.4, "b": 0.4, "c": 0}, abs=0.01)


@pytest.mark.parametrize("kind", ["platt", "beta", "isotonic"])
def test_rare_labels_gain_by_the_others(kind: CalibrationKind) -> None:
    # 12 labels alike overconfident, of which six have some 5 positives in 250 pictures.
    means = [-1.0] * 6 + [-6.0] * 6
    pooled, alone = 0.0, 0.0
    for seed in range(5):
        targets, scores, _ = world(250, means, slope=2, seed=seed)
        unseen, others, _ = world(5_000, means, slope=2, seed=1_000 + seed)
        found = Calibration.fit(kind, targets, scores).apply(others)
        pooled += log_loss(unseen[:, 6:], found[:, 6:])
        for column in range(6, 12):
            if not targets[:, column].any():
                continue
            own = Calibration.fit(kind, targets[:, [column]], scores[:, [column]])
            alone += log_loss(unseen[:, column], own.apply(others[:, [column]])[:, 0]) / 6
    assert pooled < 0.97 * alone


@pytest.mark.parametrize("kind", ["platt", "beta", "isotonic"])
def test_the_more_a_label_has_of_its_own_the_less_it_takes_from_all(kind: CalibrationKind) -> None:
    # Nine labels as they should be, and a tenth that says the half of its log-odds: its 0.8 is in
    # truth 0.8 ** 2 / (0.8 ** 2 + 0.2 ** 2) = 16 / 17.
    means = []
    for pictures in (10, 100, 1_000):
        found = []
        for seed in range(10):
            targets, scores, _ = world(1_000, [0] * 10, seed=seed)
            scores[:, 9] = expit(logit(scores[:, 9]) / 2)
            known = np.ones(targets.shape, np.bool_)
            known[pictures:, 9] = False
            calibration = Calibration.fit(kind, targets, scores, known=known)
            found.append(calibration.apply(np.full((1, 10), 0.8))[0, 9])
        means.append(np.mean(found))
    few, some, many = means
    assert few == pytest.approx(0.8, abs=0.04)
    assert few + 0.04 < some < many - 0.01
    assert many == pytest.approx(16 / 17, abs=0.02)


@kinds
@pytest.mark.parametrize("same", [0, 1])
def test_a_label_of_one_kind_alone_has_the_common_curve(kind: CalibrationKind, same: int) -> None:
    targets, scores, _ = world(300, [0, 0, 0])
    targets[:, 2] = same
    known = np.ones(targets.shape, np.bool_)
    known[:, 1] = False
    calibration = Calibration.fit(kind, targets, scores, known=known)
    assert calibration.curves[1] == calibration.curves[2]
    stacked = np.concatenate([targets[:, 0], targets[:, 2]])[:, np.newaxis]
    both = np.concatenate([scores[:, 0], scores[:, 2]])[:, np.newaxis]
    common = Calibration.fit(kind, stacked, both)
    grid = np.linspace(0, 1, 50)[:, np.newaxis]
    found = calibration.apply(grid.repeat(3, axis=1))[:, [1]]
    np.testing.assert_allclose(found, common.apply(grid), atol=1e-9)


@kinds
@given(arrays=drawn(), data=st.data())
@settings(max_examples=40, deadline=None)
def test_curves_never_fall_and_come_back_to_the_bit(
    kind: CalibrationKind, arrays: Drawn, data: st.DataObject
) -> None:
    if not able(arrays):
        return
    targets, scores, _, known = arrays
    calibration = Calibration.fit(kind, targets, scores, known=known)
    places = data.draw(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    grid = np.sort([0, *places, *np.unique(scores), 1])[:, np.newaxis].repeat(scores.shape[1], 1)
    found = calibration.apply(grid)
    assert found.dtype == np.float64
    assert found.min() >= 0
    assert found.max() <= 1
    # To rounding: a logarithm is right to the last bit or two.
    assert (np.diff(found, axis=0) >= -1e-14).all()
    again = Calibration.from_json(json.loads(json.dumps(calibration.to_json(), allow_nan=False)))
    assert again == calibration
    assert np.array_equal(again.apply(grid), found)


@kinds
@given(arrays=drawn())
@settings(max_examples=25, deadline=None)
def test_an_unknown_cell_counts_nowhere(kind: CalibrationKind, arrays: Drawn) -> None:
    if not able(arrays):
        return
    targets, scores, _, known = arrays
    spoilt = spoil_unknown(arrays)
    assert Calibration.fit(kind, targets, scores, known=known) == Calibration.fit(
        kind, spoilt.targets, spoilt.scores, known=known
    )


@kinds
def test_scores_the_wrong_way_round_are_made_level_and_not_turned(kind: CalibrationKind) -> None:
    targets, scores, _ = world(500, [0, 0])
    found = Calibration.fit(kind, targets, 1 - scores).apply(np.array([[0.01] * 2, [0.99] * 2]))
    np.testing.assert_allclose(found[0], found[1], atol=0.05)
    np.testing.assert_allclose(found, 0.5, atol=0.1)


@kinds
def test_scores_that_separate_perfectly_stay_uncertain(kind: CalibrationKind) -> None:
    targets = np.repeat([[0], [1]], 50, axis=0)
    found = Calibration.fit(kind, targets, targets.astype(np.float32)).apply([[0.0], [1.0]])
    assert 0 < found[0, 0] < 0.05
    assert 0.95 < found[1, 0] < 1


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(TagonautError, match="at least one positive and one negative"):
        Calibration.fit("platt", [[0], [0]], [[0.1], [0.2]])
    with pytest.raises(TagonautError, match="did you mean 'platt'"):
        Calibration.fit("plat", [[0], [1]], [[0.1], [0.2]])  # type: ignore[arg-type]
    with pytest.raises(TagonautError, match="row 1, label column 0"):
        Calibration.fit("platt", [[0], [1]], [[0.1], [np.nan]])
    with pytest.raises(TagonautError, match="scores of 2 labels do not fit a calibration of 1"):
        Calibration.fit("beta", [[0], [1]], [[0.1], [0.2]]).apply([[0.1, 0.2]])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (None, "must be an object"),
        ({"kind": "platt"}, "curves missing"),
        ({"kind": "platt", "curves": []}, "has none"),
        ({"kind": "platt", "curves": "abc"}, "must be a list"),
        ({"kind": "platt", "curves": [LOGISTIC], "more": 1}, "there is no 'more'"),
        ({"kind": "plat", "curves": [LOGISTIC]}, "did you mean 'platt'"),
        ({"kind": ["platt"], "curves": [LOGISTIC]}, "there is no calibration"),
        ({"kind": "isotonic", "curves": [LOGISTIC]}, "an isotonic curve: there is no 'a'"),
        ({"kind": "platt", "curves": [LOGISTIC | {"a": -1}]}, "must not fall"),
        ({"kind": "platt", "curves": [LOGISTIC | {"a": "1"}]}, "must be numbers"),
        ({"kind": "platt", "curves": [LOGISTIC | {"a": True}]}, "must be numbers"),
        ({"kind": "platt", "curves": [LOGISTIC | {"c": float("nan")}]}, "must be finite"),
        ({"kind": "platt", "curves": [LOGISTIC | {"c": 10**400}]}, "finite"),
        ({"kind": "isotonic", "curves": [ISOTONIC | {"scores": [0.5]}]}, "each of its scores"),
        ({"kind": "isotonic", "curves": [ISOTONIC | {"scores": [0.5, 0.5]}]}, "must rise"),
        ({"kind": "isotonic", "curves": [ISOTONIC | {"probabilities": [1, 0]}]}, "must not fall"),
        ({"kind": "isotonic", "curves": [ISOTONIC | {"scores": [0, 2]}]}, "from 0 to 1"),
        ({"kind": "isotonic", "curves": [ISOTONIC | {"scores": []}]}, "not empty"),
        ({"kind": "isotonic", "curves": [ISOTONIC | {"scores": [[0], [1]]}]}, "must be numbers"),
    ],
)
def test_a_damaged_file_is_refused(values: Any, message: str) -> None:
    with pytest.raises(TagonautError, match=message):
        Calibration.from_json(values)
