"""Losses that rank a picture's labels before all others."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError
from tagonaut.learning.losses.settings import LossSettings
from tagonaut.models.activation import Activation


class RankingLossSettings(LossSettings):
    """Settings of a ranking loss, which needs two labels or more."""

    takes_mixed_targets: ClassVar[bool] = False

    def activation(
        self, labels: int, groups: tuple[tuple[int, ...], ...], targets: NDArray[np.generic]
    ) -> Activation:
        """See ``activation_of``; raises ``TagonautError`` if there is only one label."""
        if labels == 1:
            raise TagonautError(
                f"loss {getattr(self, 'kind', '')} ranks a picture's labels, but there is only one"
                " label: choose --set loss.kind=bce"
            )
        return super().activation(labels, groups, targets)
