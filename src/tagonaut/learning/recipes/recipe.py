"""A recipe: one training set-up, as a TOML file."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from tagonaut.deciding import DecisionSettings, Objective
from tagonaut.errors import TagonautError, nearest
from tagonaut.files.reading import parse_toml, read_bytes
from tagonaut.learning.fitting.fit_forest import ForestSettings
from tagonaut.learning.fitting.fit_settings import FrozenSettings, NetworkSettings
from tagonaut.learning.losses import BinaryCrossEntropy, Loss
from tagonaut.learning.recipes.rule_settings import RuleSettings
from tagonaut.learning.searching.tune_settings import TuneSettings
from tagonaut.models.heads import Head, LinearHead
from tagonaut.pixels.augment import AugmentSettings, ViewKind
from tagonaut.pixels.preprocessing import Normalise
from tagonaut.settings import Settings

Text = str | int | float | bool
FITS = ("frozen", "network", "forest")


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
                    raise ValueError(f"a [forest] reads no {name}: it sees only mean colours")
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
                f"loss {self.loss.kind} cannot learn from mixed pictures: no mixup, no cutmix"
            )
        if self.frozen is None and self.augment.flip == "auto":
            raise ValueError("augment.flip = 'auto' needs a [frozen] to find out with")
        return self

    def tuning(self) -> DecisionSettings:
        """How the recipe's decision rule is tuned."""
        rule = self.rule
        return DecisionSettings(
            self.metric, rule.rule(), rule.calibration, rule.implications, self.seed
        )


def recipe_names() -> list[str]:
    """The names of the shipped recipes."""
    folder = files("tagonaut") / "recipes"
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or a ``.toml`` file, with changes such as ``frozen.epochs=9``.

    Raises ``TagonautError`` with one line per fault.
    """
    text = _text(name)
    try:
        values = parse_toml(text)
    except ValueError as error:
        raise TagonautError(f"recipe {name}: not TOML: {error}") from None
    values.setdefault("name", Path(name).stem if name.endswith(".toml") else name)
    return _validated(name, values, changes)


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe with changes such as ``metric=f2``; raises ``TagonautError``."""
    return _validated(recipe.name, recipe.model_dump(exclude_none=True), changes)


def _validated(name: str, values: dict[str, Any], changes: Sequence[str]) -> Recipe:
    for change in changes:
        _apply(values, change)
    for table, kind in (("head", "linear"), ("loss", "bce")):
        if isinstance(values.get(table), dict):
            values[table].setdefault("kind", kind)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        # A key that takes one type or another has a fault for each type: the first is enough.
        lines = list({tuple(_place(fault["loc"])[0]): _fault(fault)
                      for fault in reversed(error.errors())}.values())[::-1]  # fmt: skip
        raise TagonautError("\n  ".join([f"recipe {name}:", *lines])) from None


def _text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return read_bytes(Path(name), follow=True).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise TagonautError(f"recipe {name}: cannot be read ({error})") from None
    if name not in recipe_names():
        known = ", ".join(recipe_names())
        raise TagonautError(
            f"there is no recipe {nearest(name, recipe_names())}: {known}, or a .toml file"
        )
    return (files("tagonaut") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def _apply(values: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise TagonautError(f"--set takes KEY=VALUE such as frozen.epochs=9, not {change!r}")
    try:
        value = parse_toml(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()
    *tables, last = key.strip().split(".")
    if tables and tables[0] in FITS and tables[0] not in values:
        there = ", ".join(f"[{table}]" for table in FITS if table in values)
        raise TagonautError(f"--set {change}: the recipe has no [{tables[0]}], it has {there}")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise TagonautError(f"--set {change}: {table} is not a table of the recipe")
    values[last] = value


def _fault(fault: Any) -> str:
    names, model = _place(fault["loc"])
    place = ".".join(names)
    if fault["type"] == "extra_forbidden":
        return (
            f"{place}: there is no key {nearest(names[-1], list(model.model_fields))}{_at(names)}"
        )
    if fault["type"] == "union_tag_invalid":
        kinds = [kind.strip(" '") for kind in fault["ctx"]["expected_tags"].split(",")]
        return f"{place}.kind: there is no {_nearest_of(fault['ctx']['tag'], kinds)}"
    if fault["type"] == "literal_error":
        kinds = fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{place}: there is no {_nearest_of(fault['input'], kinds)}"
    if fault["type"] == "tuple_type":
        if isinstance(fault["input"], str) and fault["input"].startswith("["):
            return f'{place}: a list is wanted, its words in quotes: [["one", "other"]]'
        return f"{place}: a list is wanted, such as [{fault['input']}]"
    value = "" if isinstance(fault["input"], dict) else f" (it is {fault['input']!r})"
    return f"{place or 'recipe'}: {fault['msg'].removeprefix('Value error, ')}{value}"


def _at(names: list[str]) -> str:
    """The tables that have a key of that name, if it was looked for at the top."""
    tables = [
        f"{table}.{names[0]}"
        for table, field in Recipe.model_fields.items()
        if any(names[0] in model.model_fields for model in settings_of(field.annotation))
        and table != "source"
    ]
    return f"; there is {', '.join(tables)}" if len(names) == 1 and tables else ""


def _nearest_of(name: Any, kinds: Sequence[str]) -> str:
    return f"{nearest(str(name), kinds)}: {', '.join(kinds)}"


def _place(location: Sequence[str | int]) -> tuple[list[str], type[BaseModel]]:
    """The keys of a pydantic location, without its additions, and the last one's settings."""
    model: type[BaseModel] = Recipe
    owner = model
    kinds: dict[str, type[BaseModel]] = {}
    names: list[str] = []
    for part in map(str, location):
        if part in kinds:
            model = kinds[part]
            continue
        field = model.model_fields.get(part)
        if field is None and names and model is owner:
            break  # pydantic's name of the type it tried
        names.append(part)
        owner = model
        found = settings_of(field.annotation) if field is not None else []
        with_kind = [some for some in found if "kind" in some.model_fields]
        kinds = {some.model_fields["kind"].default: some for some in with_kind if len(found) > 1}
        model = found[0] if found else model
    return names, owner


def settings_of(annotation: Any) -> list[type[BaseModel]]:
    """The settings classes that a key takes: none for a plain value, several for kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in settings_of(part)]
