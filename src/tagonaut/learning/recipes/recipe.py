"""The settings of a recipe: one training set-up."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from tagonaut.deciding import DecisionSettings, Objective
from tagonaut.errors import TagonautError
from tagonaut.learning.fitting import FrozenSettings, NetworkSettings
from tagonaut.learning.fitting.fit_forest import ForestSettings
from tagonaut.learning.losses import BinaryCrossEntropy, Loss
from tagonaut.learning.recipes.rule_settings import RuleSettings
from tagonaut.learning.searching.tune_settings import TuneSettings
from tagonaut.models.heads import Head, LinearHead
from tagonaut.pixels.augment import AugmentSettings, ViewKind
from tagonaut.pixels.preprocessing import Normalise
from tagonaut.settings import Settings

Text = str | int | float | bool


class Source(Settings):
    """The source of a recipe, and the figures that its authors reported."""

    title: str = Field(description="title of the work")
    authors: str = Field("", description="authors of the work")
    url: str = Field("", description="address of the work")
    data: str = Field("", description="data that the work was trained on")
    labels: int = Field(ge=1, description="number of labels in that data")
    figures: dict[str, Text] = Field({}, description="figures that the authors reported, by name")
    notes: str = Field(
        "", description="remarks, such as on settings that the source does not report"
    )


class Recipe(Settings):
    """One training set-up: the model, its start, its training, and its decision rule."""

    name: str = Field(description="name of the recipe")
    summary: str = Field(description="one line that says what the recipe does")
    source: Source | None = Field(None, description="the work that the recipe reproduces")
    backbone: str = Field(
        "",
        description="name of the backbone: any timm model, or alexnet, zfnet, capstone_cnn,"
        " capstone_cnn_bn",
    )
    start: Literal["pretrained", "random"] = Field(
        "pretrained", description="initial weights of the backbone: pretrained or random"
    )
    size: int | None = Field(
        None,
        ge=16,
        le=4096,
        description="pixels per side of the network's input; by default the size that its weights"
        " were trained at",
    )
    bands: Literal["auto", "rgb", "grey"] | tuple[str, ...] = Field(
        "auto",
        description="bands that the network gets: rgb, red, green and blue; grey, the luminance; a"
        " list of the files' bands by name; auto, recognised from the files",
    )
    normalise: Normalise = Field(
        "weights",
        description="how pixel values are scaled: weights, as the backbone's weights were trained;"
        " unit, 0 to 1; imagenet, by ImageNet's mean and deviation; measured, by those of the"
        " training pictures; batch_norm, by a layer that learns it",
    )
    labels: tuple[str, ...] = Field(
        (),
        description="learn only these labels, if the data has them all; by default all labels of"
        " the data",
    )
    groups: tuple[tuple[str, ...], ...] = Field(
        (),
        description="exclusive groups: lists of labels of which exactly one holds, if the data has"
        " them all",
    )
    pictures: int | None = Field(
        None, ge=2, description="largest number of training pictures; by default all"
    )
    metric: str = Field(
        "f1",
        description="metric that the decision rule is tuned for, on validation pictures: f1 or f2"
        " (macro averages), micro_f1, samples_f2 and so on, or exact_match",
    )
    rule: RuleSettings = Field(
        RuleSettings(), description="the decision rule: how scores become tags"
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        description="seed of all random choices: split, initial weights, order of pictures",
    )
    views: ViewKind | Literal["auto"] = Field(
        "none",
        description="test-time augmentation: scores are averaged over these views of a"
        " picture: none, only itself; flip, itself and its mirror image; dihedral, all eight flips"
        " and quarter turns; auto, those that augment.flip trained with",
    )
    head: Head = Field(LinearHead(), description="the head on the backbone")
    loss: Loss = Field(BinaryCrossEntropy(), description="the loss function")
    augment: AugmentSettings = Field(
        AugmentSettings(), description="random changes of training pictures"
    )
    frozen: FrozenSettings | None = Field(
        None, description="fit the head on the features of the frozen backbone"
    )
    network: NetworkSettings | None = Field(None, description="fit the whole network")
    forest: ForestSettings | None = Field(
        None, description="fit a random forest on mean colours, instead of a network"
    )
    tune: TuneSettings | None = Field(None, description="the search that `tagonaut tune` makes")

    @field_validator("metric")
    @classmethod
    def _names_an_objective(cls, metric: str) -> str:
        try:
            return Objective.of(metric).name
        except TagonautError as error:
            raise ValueError(str(error)) from None

    @field_validator("bands")
    @classmethod
    def _names_bands(cls, bands: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not bands or (len(set(bands)) < len(bands) and not isinstance(bands, str)):
            raise ValueError(
                "bands are auto, rgb, grey, or a list of the files' bands, each named once"
            )
        return bands

    @model_validator(mode="after")
    def _fits_something(self) -> Self:
        if self.forest is not None:
            if self.frozen is not None or self.network is not None or self.backbone:
                raise ValueError("a [forest] has no backbone, no [frozen] and no [network]")
            for name in ("start", "normalise", "views", "head", "loss", "augment"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"a [forest] takes no {name}: it sees only mean colours")
            return self
        if self.frozen is None and self.network is None:
            raise ValueError("a recipe needs a [frozen], a [network] or a [forest] to fit")
        if not self.backbone:
            raise ValueError("a recipe with a [frozen] or a [network] needs a backbone")
        if self.frozen is not None and self.normalise == "batch_norm":
            raise ValueError(
                "normalise = 'batch_norm' learns with a [network], not with [frozen] features"
            )
        if self.network is None and self.augment != AugmentSettings():
            raise ValueError(
                "[augment] needs a [network]: frozen features are those of unchanged pictures"
            )
        mixes = self.augment.mixup or self.augment.cutmix
        if mixes and not self.loss.takes_mixed_targets:
            raise ValueError(
                f"loss {self.loss.kind} cannot learn from mixed pictures: set "
                "augment.mixup and augment.cutmix to 0"
            )
        if self.frozen is None and self.augment.flip == "auto":
            raise ValueError(
                "augment.flip = 'auto' needs a [frozen]: its head finds out which flips the "
                "labels allow"
            )
        return self

    def tuning(self) -> DecisionSettings:
        """How the recipe's decision rule is tuned."""
        rule = self.rule
        return DecisionSettings(
            self.metric, rule.rule(), rule.calibration, rule.implications, self.seed
        )
