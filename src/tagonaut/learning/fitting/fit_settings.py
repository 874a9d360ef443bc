"""Settings of a fit: epochs, batches, optimiser, schedule, early stopping."""

from typing import Annotated, Literal

from pydantic import Field

from tagonaut.learning.fitting.batches import Batches
from tagonaut.learning.fitting.history import Watched
from tagonaut.settings import Settings


class FitSettings(Settings):
    """The settings that fitting a head and fitting a network have in common."""

    epochs: int = Field(
        ge=1, le=10_000, description="largest number of passes over the training pictures"
    )
    batch_size: int = Field(ge=2, le=65_536, description="number of pictures per step")
    batches: Batches = Field(
        "uniform",
        description="how batches are drawn: uniform, at random; stratified, so that each batch has"
        " nearly the label shares of all training pictures; upsampled, pictures with rare labels"
        " several times per epoch; repeat-factor, the same more mildly (Gupta et al. 2019)",
    )
    optimiser: Literal["adamw", "adam", "nadam", "sgd", "rmsprop"] = Field(
        "adamw", description="PyTorch's optimiser of this name"
    )
    learning_rate: float = Field(gt=0, le=10, description="highest learning rate of the schedule")
    weight_decay: float = Field(0.0, ge=0, le=10, description="weight decay (decoupled in adamw)")
    momentum: float = Field(
        0.0, ge=0, lt=1, description="momentum of sgd and rmsprop; the other optimisers ignore it"
    )
    schedule: Literal["constant", "cosine", "step", "onecycle"] = Field(
        "constant",
        description="schedule of the learning rate: constant; cosine, down to zero; step, divided"
        " by ten after each third of the epochs; onecycle, up and down again",
    )
    warmup: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the steps in which the learning rate rises to its highest value",
    )
    watch: Watched = Field(
        "map",
        description="validation figure that chooses the epoch whose weights are kept: map (mAP), f1"
        " (micro, at 0.5) or loss",
    )
    patience: int = Field(
        0, ge=0, description="early stopping: number of epochs without improvement; 0 disables"
    )
    clip: float = Field(
        0.0, ge=0, description="gradient clipping: largest norm of the gradient; 0 disables"
    )


class FrozenSettings(FitSettings):
    """Settings for fitting the head on features of the frozen backbone, which runs once."""

    standardise: bool = Field(
        True,
        description="standardise pooled features by their mean and deviation over the training"
        " pictures, so that one learning rate suits every backbone",
    )


class NetworkSettings(FitSettings):
    """Settings for fitting the whole network."""

    frozen_stages: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0,
        description="number of the backbone's stages, from the stem on, that do not learn; or all",
    )
    depth_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="layer-wise decay: the stem's learning rate as a share of the head's; stages in"
        " between follow geometrically",
    )
    ema_decay: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="decay of the exponential moving average of the weights, which is validated and"
        " kept; 0 disables",
    )
