"""Losses, each in a file of its own: a settings class that creates it, for a recipe's ``[loss]``.

They are functions of ``logits[n, k]``, ``targets[n, k]`` and ``known[n, k]``. Each computes in
float32; a cell that is not known (``known`` 0) adds nothing.
"""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tagonaut.learning.losses.asymmetric import Asymmetric
from tagonaut.learning.losses.bce import BinaryCrossEntropy, binary_cross_entropy
from tagonaut.learning.losses.focal import Focal
from tagonaut.learning.losses.grouped import Grouped
from tagonaut.learning.losses.lsep import Lsep
from tagonaut.learning.losses.settings import Criterion
from tagonaut.learning.losses.warp import Warp
from tagonaut.models.activation import Activation

__all__ = [
    "Asymmetric",
    "BinaryCrossEntropy",
    "Criterion",
    "Focal",
    "Grouped",
    "Loss",
    "Lsep",
    "Warp",
    "activation_of",
    "binary_cross_entropy",
    "create_loss",
]

Loss = Annotated[
    BinaryCrossEntropy | Focal | Asymmetric | Warp | Lsep | Grouped, Field(discriminator="kind")
]


def activation_of(
    settings: Loss,
    labels: int,
    groups: tuple[tuple[int, ...], ...],
    targets: NDArray[np.generic],
) -> Activation:
    """The activation of a network that learns by this loss: the meaning of its outputs.

    ``groups``: columns of labels of which exactly one holds; only the loss ``grouped`` uses them.
    ``targets[n, k]`` of the training rows: the largest number of labels of a picture is the largest
    that ``lsep`` can learn. Raises ``TagonautError`` for a loss that ranks labels if there is only
    one.
    """
    return settings.activation(labels, groups, targets)


def create_loss(
    settings: Loss,
    activation: Activation,
    targets: NDArray[np.generic],
    known: NDArray[np.generic],
) -> Criterion:
    """The loss of a network with this ``activation``, which is that of ``activation_of``.

    ``targets[n, k]`` and ``known[n, k]`` are those of the training rows; they set the labels'
    weights. The loss takes the outputs, targets and known cells of a batch; targets of mixed
    pictures may lie between 0 and 1.
    """
    return settings.create(activation, targets, known)
