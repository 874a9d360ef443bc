import numpy as np
import pytest

from tagonaut.deciding import (
    DecisionRule,
    DecisionSettings,
    create_rule,
    evaluate,
    evaluate_rule,
    fbeta,
)
from tagonaut.errors import TagonautError

LABELS = ["a", "b", "c"]


def halves() -> tuple[DecisionRule, list[str], np.ndarray, np.ndarray]:
    """A rule tuned on the first forty of eighty pictures whose scores are chance."""
    random = np.random.default_rng(0)
    targets = random.random((80, 3)) < 0.2
    scores = random.random((80, 3))
    ids = [f"photo{row}.jpg" for row in range(80)]
    rule = DecisionRule.tune(
        LABELS,
        targets[:40],
        scores[:40],
        DecisionSettings(rule=create_rule("optimum")),
        ids=ids[:40],
        split="validation",
    )
    return rule, ids, targets, scores


def test_the_tuned_half_is_never_reported_by_mistake() -> None:
    rule, ids, targets, scores = halves()
    some = {"majority": [False] * 3}
    for rows in (slice(0, 40), slice(0, 80), slice(39, 80)):
        with pytest.raises(TagonautError, match=r"photo\d+.jpg.*say nothing about new pictures"):
            evaluate_rule(rule, ids[rows], targets[rows], scores[rows], **some)  # type: ignore[arg-type]
    found = evaluate_rule(rule, ids[40:], targets[40:], scores[40:], **some)  # type: ignore[arg-type]
    tags = rule.decide(scores)
    assert found["macro_f1"] == fbeta(targets[40:], tags[40:], 1, average="macro")
    assert found["in_sample"] == 0
    # The tuned half looks better than it is: that is what is not reported.
    assert fbeta(targets[:40], tags[:40], 1, average="macro") > found["macro_f1"]


def test_what_the_network_saw_is_refused_too_and_marked_where_it_is_wanted() -> None:
    rule, ids, targets, scores = halves()
    new = ids[40:], targets[40:], scores[40:]
    with pytest.raises(TagonautError, match="2 of 40 pictures were used to fit the network"):
        evaluate_rule(
            rule, *new, majority=[False] * 3, seen=["photo41.jpg", "photo42.jpg", "other.jpg"]
        )
    marked = evaluate_rule(rule, ids, targets, scores, majority=[False] * 3, in_sample=True)
    assert marked["in_sample"] == 40
    plain = evaluate(
        LABELS,
        targets,
        scores,
        rule.decide(scores),
        majority=[False] * 3,
        thresholds=rule.thresholds,
    )
    assert {**marked, "in_sample": 0} == plain


def test_calibrated_scores_are_what_is_judged() -> None:
    _, ids, targets, scores = halves()
    rule = DecisionRule.tune(
        LABELS,
        targets[:40],
        scores[:40],
        DecisionSettings(rule=create_rule("half"), calibration="platt"),
        ids=ids[:40],
        split="validation",
    )
    found = evaluate_rule(rule, ids[40:], targets[40:], scores[40:], majority=[False] * 3)
    # Chance, calibrated, says next to nothing of anything: no score is near one half.
    assert found["calibration_error"] is not None and found["calibration_error"] < 0.15
    assert found["micro_recall"] == 0.0
