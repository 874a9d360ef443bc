import numpy as np
import pytest

from tagonaut.deciding import DecisionRule, DecisionSettings, create_rule, cross_fitted_tags, fbeta
from tagonaut.errors import TagonautError

LABELS = ["a", "b"]
OPTIMUM = create_rule("optimum")


def test_every_picture_is_decided_by_the_others_rule() -> None:
    random = np.random.default_rng(0)
    targets = random.random((60, 2)) < 0.4
    scores = np.clip(random.random((60, 2)) * 0.7 + 0.3 * targets, 0, 1)
    folds = np.arange(60) % 3
    settings = DecisionSettings("f2", OPTIMUM)
    tags = cross_fitted_tags(LABELS, targets, scores, settings, folds=folds)
    for fold in range(3):
        here = folds == fold
        rule = DecisionRule.tune(
            LABELS,
            targets[~here],
            scores[~here],
            settings,
            ids=["x"] * int((~here).sum()),
            split="out-of-fold",
        )
        assert np.array_equal(tags[here], rule.decide(scores[here]))


def test_scores_that_know_nothing_look_no_better_than_they_are() -> None:
    """Tuned on the pictures themselves, twenty labels of chance seem to be learned."""
    random = np.random.default_rng(1)
    labels = [f"label {k}" for k in range(20)]
    targets = random.random((80, 20)) < 0.1
    scores = random.random((80, 20))
    settings = DecisionSettings(rule=OPTIMUM)
    seen = DecisionRule.tune(
        labels, targets, scores, settings, ids=["x"] * 80, split="test"
    ).decide(scores)
    unseen = cross_fitted_tags(labels, targets, scores, settings)
    fresh = np.mean(
        [fbeta(random.random((80, 20)) < 0.1, seen, 1, average="macro") for _ in range(20)]
    )
    honest = fbeta(targets, unseen, 1, average="macro")
    assert fbeta(targets, seen, 1, average="macro") > fresh + 0.08
    assert honest < fresh + 0.04


def test_the_same_seed_decides_alike_and_too_few_pictures_are_told() -> None:
    random = np.random.default_rng(2)
    targets = random.random((30, 2)) < 0.5
    scores = random.random((30, 2))
    one, other = (
        cross_fitted_tags(LABELS, targets, scores, DecisionSettings(seed=3)) for _ in range(2)
    )
    assert np.array_equal(one, other)
    with pytest.raises(TagonautError, match="3 pictures cannot be dealt into 5 folds"):
        cross_fitted_tags(LABELS, targets[:3], scores[:3])
    with pytest.raises(TagonautError, match="two folds or more"):
        cross_fitted_tags(LABELS, targets, scores, folds=np.zeros(30, dtype=np.intp))
