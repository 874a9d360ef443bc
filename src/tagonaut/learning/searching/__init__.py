"""Searching the best settings of a recipe: its space, its trials, and the folder of a search.

``SearchFolder`` is imported from its module: it holds recipes, which hold the settings here.
"""

from tagonaut.learning.searching.trials import Outcome, RunningTrial, Search, Trial
from tagonaut.learning.searching.tune_settings import (
    Choices,
    Range,
    TuneSettings,
    Value,
    change,
    change_of_space,
    parse_dimension,
)

__all__ = [
    "Choices",
    "Outcome",
    "Range",
    "RunningTrial",
    "Search",
    "Trial",
    "TuneSettings",
    "Value",
    "change",
    "change_of_space",
    "parse_dimension",
]
