"""Tags for pictures by rules that never saw them: what a rule is worth, from one set of scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_probabilities, check_targets
from tagonaut.deciding.rules.rule import DecisionRule
from tagonaut.deciding.rules.tuning import OUT_OF_FOLD
from tagonaut.errors import TagonautError


def cross_fitted_tags(
    labels: Sequence[str],
    targets: ArrayLike,
    scores: ArrayLike,
    *,
    folds: int | NDArray[np.intp] = 5,
    known: ArrayLike | None = None,
    seed: int = 0,
    **how: Any,
) -> Mask:
    """``tags[n, k]``, each picture's by a rule tuned on the pictures of all other folds.

    Tuned and judged on the same pictures, a rule looks better than it is on new ones; so decided,
    it does not. ``folds``: how many, dealt at random by ``seed``, or each picture's number.
    ``how``: ``objective``, ``kind``, ``calibration``, ``target``, ``groups`` and ``implications``
    of ``DecisionRule.tune``. Raises ``TagonautError`` for fewer than two
    folds, and what ``tune`` raises.
    """
    positive, mask = check_targets(targets, known)
    numbers = check_probabilities(scores, mask.shape)
    if isinstance(folds, int):
        if not 2 <= folds <= len(positive):
            raise TagonautError(
                f"{len(positive):,} pictures cannot be dealt into {folds} folds: from 2 to one a"
                " picture"
            )
        folds = np.random.default_rng(seed).permutation(len(positive)) % folds
    used = np.unique(folds)
    if len(folds) != len(positive) or len(used) < 2:
        raise TagonautError("cross-fitting needs a fold for each picture, and two folds or more")
    tags = np.zeros(positive.shape, dtype=np.bool_)
    for fold in used:
        here = folds == fold
        rule = DecisionRule.tune(
            labels,
            positive[~here],
            numbers[~here],
            known=mask[~here],
            ids=[str(row) for row in np.flatnonzero(~here)],
            split=OUT_OF_FOLD,
            seed=seed,
            **how,
        )
        tags[here] = rule.decide(rule.calibrate(numbers[here]))
    return tags
