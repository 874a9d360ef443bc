"""Recipes: one training set-up each, as a TOML file."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tagonaut.errors import TagonautError, nearest


class Settings(BaseModel):
    """Checked settings: an unknown key or a value out of range is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HeadSettings(Settings):
    """Fitting the head on frozen features, by AdamW with a cosine schedule."""

    epochs: int = Field(ge=1, le=10_000)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0, le=10)
    weight_decay: float = Field(ge=0, le=10)


class NetworkSettings(Settings):
    """Fitting the whole network, by AdamW with a one-cycle schedule."""

    epochs: int = Field(ge=1, le=10_000)
    batch_size: int = Field(ge=2)
    learning_rate: float = Field(gt=0, le=10)
    weight_decay: float = Field(ge=0, le=10)
    warmup: float = Field(gt=0, lt=1)
    depth_decay: float = Field(gt=0, le=1)
    frozen_stages: int = Field(ge=0)
    augment: Literal["auto", "none", "flip", "dihedral"]
    ema_decay: float = Field(ge=0, lt=1)


class Recipe(Settings):
    """One training set-up: what is fitted, from what, and how."""

    name: str
    summary: str
    backbone: str
    start: Literal["pretrained", "random"]
    size: int | None = Field(default=None, ge=16, le=4096)
    bands: Literal["auto", "rgb"] | tuple[str, ...] = "auto"
    metric: Literal["f1", "f2"]
    seed: int = Field(ge=0, lt=2**32)
    head: HeadSettings | None = None
    network: NetworkSettings | None = None

    @field_validator("bands")
    @classmethod
    def _names_bands(cls, bands: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not bands or (len(set(bands)) < len(bands) and not isinstance(bands, str)):
            raise ValueError("bands are 'auto', 'rgb', or the files' bands, each named once")
        return bands

    @model_validator(mode="after")
    def _fits_something(self) -> Self:
        if self.head is None and self.network is None:
            raise ValueError("a recipe needs a [head] or a [network] to fit")
        if self.start == "random" and self.head is not None:
            raise ValueError("features of a random start are not worth a [head]")
        if self.head is None and self.network is not None and self.network.augment == "auto":
            raise ValueError("network.augment = 'auto' needs a [head] to find out with")
        return self


def recipe_names() -> list[str]:
    """The recipes that are shipped."""
    folder = files("tagonaut") / "recipes"
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or a ``.toml`` file, with changes such as ``head.epochs=9``.

    Raises ``TagonautError`` with a line a fault.
    """
    text = _text(name)
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TagonautError(f"recipe {name}: not TOML: {error}") from None
    values.setdefault("name", Path(name).stem if name.endswith(".toml") else name)
    for change in changes:
        _apply(values, change)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        lines = [_fault(fault) for fault in error.errors()]
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
        raise TagonautError(f"--set takes KEY=VALUE such as head.epochs=9, not {change!r}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    *tables, last = key.strip().split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise TagonautError(f"--set {change}: {table} is not a table of the recipe")
    values[last] = value


def _fault(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        parents: dict[str, type[Settings]] = {"head": HeadSettings, "network": NetworkSettings}
        keys = parents.get(str(fault["loc"][0]), Recipe).model_fields
        return f"{place}: there is no key {nearest(str(fault['loc'][-1]), list(keys))}"
    value = "" if isinstance(fault["input"], dict) else f" (it is {fault['input']!r})"
    return f"{place or 'recipe'}: {fault['msg']}{value}"
