import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from tagonaut.deciding import Objective, Thresholds, best_thresholds
from tagonaut.deciding.rules.shrunk import LIMIT, STRENGTHS, shrunk_thresholds
from tagonaut.deciding.thresholds import global_threshold

F1 = Objective.of("macro_f1")
Drawing = tuple[NDArray[np.bool_], NDArray[np.float32]]


def drawing(pictures: int, shares: list[float], seed: int) -> Drawing:
    """Scores of one quality, for which one threshold suits all labels."""
    random = np.random.default_rng(seed)
    targets = random.random((pictures, len(shares))) < shares
    odds = random.normal(-1.5, 1.2, targets.shape) + 3.0 * targets
    return targets, expit(odds).astype(np.float32)


def test_rare_labels_do_better_and_vary_less_on_new_pictures() -> None:
    shares = [0.4, 0.2, *[0.02] * 10]
    plain, shrunk = [], []
    new_targets, new_scores = drawing(20_000, shares, 0)
    for seed in range(1, 16):
        targets, scores = drawing(300, shares, seed)
        for thresholds, kept in (
            (best_thresholds(targets, scores, beta=1), plain),
            (shrunk_thresholds(targets, scores, objective=F1, seed=seed).thresholds, shrunk),
        ):
            kept.append(F1.value(new_targets, new_scores >= thresholds))
    gains = np.subtract(shrunk, plain)
    assert gains.mean() > 4 * gains.std() / np.sqrt(len(gains))
    assert np.std(shrunk) < np.std(plain)


def test_labels_that_differ_are_left_apart_where_there_are_examples_enough() -> None:
    random = np.random.default_rng(3)
    targets = random.random((4000, 2)) < 0.3
    odds = random.normal(-1.5, 0.5, targets.shape) + 3.0 * targets
    # The second label's scores are all too high: one threshold would be wrong for both.
    scores = expit(odds + np.array([-2.0, 2.0]))
    found = shrunk_thresholds(targets, scores, objective=F1)
    best = best_thresholds(targets, scores, beta=1)
    assert found.strength <= 40
    assert np.abs(logit(found.thresholds) - logit(best)).max() < 0.6
    assert F1.value(targets, scores >= found.thresholds) > F1.value(targets, scores >= best) - 0.01


def test_the_strength_is_the_best_on_held_out_pictures() -> None:
    targets, scores = drawing(400, [0.4, 0.1, 0.02], 5)
    found = shrunk_thresholds(targets, scores, objective=F1, seed=5)
    assert found.held_out[STRENGTHS.index(found.strength)] == max(found.held_out)
    later = found.held_out[STRENGTHS.index(found.strength) + 1 :]
    assert all(value < max(found.held_out) for value in later)


def test_a_label_without_examples_gets_the_shared_threshold() -> None:
    targets, scores = drawing(200, [0.4, 0.2, 0.3], 7)
    targets[:, 1] = False
    found = shrunk_thresholds(targets, scores, objective=F1)
    shared = global_threshold(targets, scores, objective=F1)
    assert found.shared == shared
    assert found.thresholds[1] == pytest.approx(np.clip(shared, LIMIT, 1 - LIMIT))


@pytest.mark.parametrize("name", ["macro_f2", "micro_f1", "samples_f2", "exact_match"])
@pytest.mark.parametrize("pictures", [1, 4, 60])
def test_every_objective_with_groups_and_unknown_cells(name: str, pictures: int) -> None:
    targets, scores = drawing(pictures, [0.4, 0.3, 0.2], 9)
    known = np.random.default_rng(1).random(targets.shape) < 0.8
    found = shrunk_thresholds(
        targets, scores, objective=Objective.of(name), known=known, groups=[[0, 1]], seed=4
    )
    assert ((found.thresholds >= 0) & (found.thresholds <= 1)).all()
    tags = Thresholds(tuple(found.thresholds.tolist())).decide(scores, [[0, 1]])
    assert (tags[:, :2].sum(axis=1) == 1).all()


@pytest.mark.parametrize("name", ["macro_f2", "samples_f2"])
def test_what_is_not_known_does_not_matter(name: str) -> None:
    targets, scores = drawing(60, [0.4, 0.3, 0.2], 9)
    known = np.random.default_rng(1).random(targets.shape) < 0.8
    one, other = (
        shrunk_thresholds(*some, objective=Objective.of(name), known=known)
        for some in (
            (targets, scores),
            (np.where(known, targets, ~targets), np.where(known, scores, 1 - scores)),
        )
    )
    assert np.array_equal(one.thresholds, other.thresholds)
    assert one.held_out == other.held_out
