"""Options that several commands share, alone or in groups that a command takes whole."""

from tagonaut.cli.options.groups import (
    DataOptions,
    FitOptions,
    Missing,
    ModelOptions,
    SplitOptions,
    TrainingDataOptions,
)
from tagonaut.cli.options.shared import Data, Json, RecipeOption, Run, Settings, names
from tagonaut.cli.options.spread import takes_groups
from tagonaut.cli.options.times import period

__all__ = [
    "Data",
    "DataOptions",
    "FitOptions",
    "Json",
    "Missing",
    "ModelOptions",
    "RecipeOption",
    "Run",
    "Settings",
    "SplitOptions",
    "TrainingDataOptions",
    "names",
    "period",
    "takes_groups",
]
