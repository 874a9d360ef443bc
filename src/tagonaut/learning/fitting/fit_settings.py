"""How a fit goes: its epochs, its batches, its optimiser, its schedule, and when it ends."""

from typing import Annotated, Literal

from pydantic import Field

from tagonaut.learning.fitting.batches import Batches
from tagonaut.learning.fitting.history import Watched
from tagonaut.settings import Settings


class FitSettings(Settings):
    """What fitting a head and fitting a network have in common."""

    epochs: int = Field(ge=1, le=10_000, description="passes over the training pictures, at most")
    batch_size: int = Field(ge=2, le=65_536, description="pictures a step")
    batches: Batches = Field(
        "uniform",
        description="how pictures are dealt into batches: uniform; stratified, each batch's label"
        " shares near the whole's; upsampled, pictures of rare labels several times;"
        " repeat-factor, the same by Gupta et al. 2019",
    )
    optimiser: Literal["adamw", "adam", "nadam", "sgd", "rmsprop"] = Field(
        "adamw", description="PyTorch's optimiser of that name"
    )
    learning_rate: float = Field(gt=0, le=10, description="the highest of the schedule")
    weight_decay: float = Field(
        0.0, ge=0, le=10, description="pull of the weights towards zero (decoupled in adamw)"
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="of sgd and rmsprop; others ignore it")
    schedule: Literal["constant", "cosine", "step", "onecycle"] = Field(
        "constant",
        description="of the learning rate: constant; cosine to zero; step, a tenth after each third"
        " of the epochs; onecycle, up and down again",
    )
    warmup: float = Field(
        0.0, ge=0, lt=1, description="share of the steps in which the learning rate rises"
    )
    watch: Watched = Field(
        "map", description="the validation figure whose best epoch is kept: map, f1 or loss"
    )
    patience: int = Field(
        0, ge=0, description="stop after so many epochs without a better one; 0 never stops early"
    )
    clip: float = Field(0.0, ge=0, description="longest gradient of a step; 0 clips none")


class FrozenSettings(FitSettings):
    """Fitting the head on features of the frozen backbone, which is run once a picture."""

    standardise: bool = Field(
        True,
        description="scale pooled features by their training mean and deviation, so that one"
        " learning rate suits every backbone",
    )


class NetworkSettings(FitSettings):
    """Fitting the whole network."""

    frozen_stages: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0, description="stages of the backbone, from the stem on, that do not learn; or all"
    )
    depth_decay: float = Field(
        1.0, gt=0, le=1, description="the stem's share of the learning rate; between, geometric"
    )
    ema_decay: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="weights averaged over steps are judged and kept; 0 averages none",
    )
