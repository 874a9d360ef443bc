"""Figures of the shipped recipes, measured on one collection."""

import tomllib
from importlib.resources import files

from pydantic import Field

from tagonaut.settings import Settings


class Collection(Settings):
    """The collection that was measured on."""

    name: str = Field(description="short name")
    title: str = Field(description="description of the collection and its split")


class Measured(Settings):
    """Figures of one recipe on the test pictures, with tuned thresholds."""

    map: float = Field(ge=0, le=1, description="mean average precision over labels")
    macro_f1: float = Field(ge=0, le=1, description="mean F1 over labels")
    samples_f2: float = Field(ge=0, le=1, description="mean F2 over pictures")
    seconds: float = Field(ge=0, description="training time in seconds")
    changes: tuple[str, ...] = Field((), description="changes to the recipe")


class Measurements(Settings):
    """All measurements; recipes that were not measured are missing."""

    collection: Collection = Field(description="the collection")
    recipes: dict[str, Measured] = Field(description="figures by the recipe's name")


def shipped_measurements() -> Measurements:
    """The measurements that come with the package."""
    file = files("tagonaut") / "recipes" / "measured" / "aerial.toml"
    return Measurements.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
