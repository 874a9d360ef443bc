"""What the shipped recipes gave on a collection that was at hand."""

import tomllib
from importlib.resources import files

from pydantic import Field

from tagonaut.settings import Settings


class Collection(Settings):
    """What was measured on."""

    name: str = Field(description="its short name")
    title: str = Field(description="what it is, and how it was split")


class Measured(Settings):
    """Figures of one recipe on the test pictures, with tuned thresholds."""

    map: float = Field(ge=0, le=1, description="mean average precision over labels")
    macro_f1: float = Field(ge=0, le=1, description="F1, the mean over labels")
    samples_f2: float = Field(ge=0, le=1, description="F2, the mean over pictures")
    seconds: float = Field(ge=0, description="of training")
    changes: tuple[str, ...] = Field((), description="what was changed against the recipe")


class Measurements(Settings):
    """A table of what was measured; recipes that were not are not in it."""

    collection: Collection = Field(description="what was measured on")
    recipes: dict[str, Measured] = Field(description="figures by the recipe's name")


def shipped_measurements() -> Measurements:
    """Those that come with the package."""
    file = files("tagonaut") / "recipes" / "measured" / "aerial.toml"
    return Measurements.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
