"""Recipes: one training set-up each, as a TOML file."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from tagonaut.deciding import Objective
from tagonaut.errors import TagonautError, nearest
from tagonaut.learning.fitting.fit_forest import ForestSettings
from tagonaut.learning.fitting.fit_settings import FrozenSettings, NetworkSettings
from tagonaut.learning.losses import BinaryCrossEntropy, Loss
from tagonaut.learning.recipes.rule_settings import RuleSettings
from tagonaut.learning.searching.search import TuneSettings
from tagonaut.models.heads import Head, LinearHead
from tagonaut.pixels.augment import AugmentSettings, ViewKind
from tagonaut.pixels.preprocessing import Normalise
from tagonaut.settings import Settings

Text = str | int | float | bool
FITS = ("frozen", "network", "forest")


class Source(Settings):
    """Where a recipe comes from, and what its authors reported."""

    title: str = Field(description="the work")
    authors: str = Field("", description="who did it")
    url: str = Field("", description="where it is")
    data: str = Field("", description="what it was trained on")
    labels: int = Field(ge=1, description="how many labels it had")
    figures: dict[str, Text] = Field({}, description="what its authors reported")
    notes: str = Field("", description="what is left open there, and how it is settled here")


class Recipe(Settings):
    """One training set-up: what is fitted, from what, and how."""

    name: str = Field(description="the recipe's")
    summary: str = Field(description="what it does, in a line")
    source: Source | None = Field(None, description="where it comes from")
    backbone: str = Field(
        "", description="any timm model, or alexnet, zfnet, capstone_cnn, capstone_cnn_bn"
    )
    start: Literal["pretrained", "random"] = Field(
        "pretrained", description="weights that were trained before, or random ones"
    )
    size: int | None = Field(
        None,
        ge=16,
        le=4096,
        description="pixels a side; without it, that of the backbone's weights",
    )
    bands: Literal["auto", "rgb", "grey"] | tuple[str, ...] = Field(
        "auto",
        description="rgb: as people see the pictures; grey: without their colours; the files' bands"
        " by name; or auto, which looks at the files",
    )
    normalise: Normalise = Field(
        "weights",
        description="scale of the values: that of the backbone's weights; unit, 0 to 1; imagenet;"
        " measured on the training pictures; or a batch_norm that learns it",
    )
    labels: tuple[str, ...] = Field(
        (), description="learn these alone, where the data has them all; empty: all of the data's"
    )
    groups: tuple[tuple[str, ...], ...] = Field(
        (), description="labels of which exactly one holds, where the data has them all"
    )
    pictures: int | None = Field(
        None, ge=2, description="learn from so many training pictures at most"
    )
    metric: str = Field(
        "f1",
        description="what the decision rule is tuned for, on validation pictures: f1 or f2 (macro),"
        " micro_f1, samples_f2 and so on, or exact_match",
    )
    rule: RuleSettings = Field(RuleSettings(), description="how scores become tags")
    seed: int = Field(0, ge=0, lt=2**32, description="of the split, the start, and the order")
    views: ViewKind | Literal["auto"] = Field(
        "none",
        description="scores are averaged over views of a picture: none but itself; flip, left and"
        " right; dihedral, all turns of the square; auto, those that were learned from",
    )
    head: Head = Field(LinearHead(), description="what sits on the backbone")
    loss: Loss = Field(BinaryCrossEntropy(), description="what is made small")
    augment: AugmentSettings = Field(
        AugmentSettings(), description="random changes of training pictures"
    )
    frozen: FrozenSettings | None = Field(
        None, description="fit the head on features of the frozen backbone"
    )
    network: NetworkSettings | None = Field(None, description="fit the whole network")
    forest: ForestSettings | None = Field(
        None, description="fit a random forest on mean colours, instead of a network"
    )
    tune: TuneSettings | None = Field(None, description="what tagonaut tune searches")

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
            raise ValueError("bands are auto, rgb, grey, or the files' bands, each named once")
        return bands

    @model_validator(mode="after")
    def _fits_something(self) -> Self:
        if self.forest is not None:
            if self.frozen is not None or self.network is not None or self.backbone:
                raise ValueError("a [forest] has no backbone, no [frozen] and no [network]")
            for name in ("start", "normalise", "views", "head", "loss", "augment"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"a [forest] reads no {name}: it sees mean colours alone")
            return self
        if self.frozen is None and self.network is None:
            raise ValueError("a recipe needs a [frozen], a [network] or a [forest] to fit")
        if not self.backbone:
            raise ValueError("a recipe of a network names its backbone")
        if self.frozen is not None and self.normalise == "batch_norm":
            raise ValueError("normalise = 'batch_norm' learns with a [network], not a [frozen] one")
        if self.network is None and self.augment != AugmentSettings():
            raise ValueError(
                "[augment] needs a [network]: frozen features are of pictures as they are"
            )
        mixes = self.augment.mixup or self.augment.cutmix
        if mixes and not self.loss.takes_mixed_targets:
            raise ValueError(
                f"loss {self.loss.kind} cannot learn from mixed pictures: no mixup, no cutmix"
            )
        if self.frozen is None and self.augment.flip == "auto":
            raise ValueError("augment.flip = 'auto' needs a [frozen] to find out with")
        return self

    def tuning(self) -> dict[str, Any]:
        """What ``DecisionRule.tune`` takes of the recipe."""
        return {"objective": self.metric, "seed": self.seed, **self.rule.tuning()}


def recipe_names() -> list[str]:
    """The recipes that are shipped."""
    folder = files("tagonaut") / "recipes"
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or a ``.toml`` file, with changes such as ``frozen.epochs=9``.

    Raises ``TagonautError`` with a line a fault.
    """
    text = _text(name)
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
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
        # Of a key that takes one thing or another, each is a fault: the first says it.
        lines = list({tuple(_place(fault["loc"])[0]): _fault(fault)
                      for fault in reversed(error.errors())}.values())[::-1]  # fmt: skip
        raise TagonautError("\n  ".join([f"recipe {name}:", *lines])) from None


def _text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return Path(name).read_text(encoding="utf-8")
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
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
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
    """Where a key of that name is, if it was looked for at the top."""
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
    """The names of the keys, without what pydantic adds to them, and the settings they end in."""
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
            break  # the way a value was understood
        names.append(part)
        owner = model
        found = settings_of(field.annotation) if field is not None else []
        with_kind = [some for some in found if "kind" in some.model_fields]
        kinds = {some.model_fields["kind"].default: some for some in with_kind if len(found) > 1}
        model = found[0] if found else model
    return names, owner


def settings_of(annotation: Any) -> list[type[BaseModel]]:
    """The settings that a key may hold: none for a plain value, several for a choice of kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in settings_of(part)]
