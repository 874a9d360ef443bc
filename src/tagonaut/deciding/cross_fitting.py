"""Cross-fitting: tags by rules that never saw the pictures they decide."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tagonaut.deciding.arrays import Mask, check_probabilities, check_targets
from tagonaut.deciding.decision_rule import DecisionRule
from tagonaut.deciding.tuning import OUT_OF_FOLD, DecisionSettings
from tagonaut.errors import TagonautError


def cross_fitted_tags(
    labels: Sequence[str],
    targets: ArrayLike,
    scores: ArrayLike,
    settings: DecisionSettings | None = None,
    *,
    folds: int | NDArray[np.intp] = 5,
    known: ArrayLike | None = None,
    groups: Sequence[Sequence[str]] = (),
) -> Mask:
    """``tags[n, k]``, each picture's by a rule tuned on the pictures of all other folds.

    A rule that is tuned and evaluated on the same pictures looks better than it is on new ones;
    cross-fitting avoids that. ``folds``: how many, dealt at random by the settings' seed, or each
    picture's number. Raises ``TagonautError`` for fewer than two folds, and what
    ``DecisionRule.tune`` raises.
    """
    settings = settings or DecisionSettings()
    positive, mask = check_targets(targets, known)
    numbers = check_probabilities(scores, mask.shape)
    if isinstance(folds, int):
        if not 2 <= folds <= len(positive):
            raise TagonautError(
                f"{len(positive):,} pictures cannot be dealt into {folds} folds: choose from 2 to "
                "the number of pictures"
            )
        folds = np.random.default_rng(settings.seed).permutation(len(positive)) % folds
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
            settings,
            ids=[str(row) for row in np.flatnonzero(~here)],
            split=OUT_OF_FOLD,
            known=mask[~here],
            groups=groups,
        )
        tags[here] = rule.decide(rule.calibrate(numbers[here]))
    return tags
