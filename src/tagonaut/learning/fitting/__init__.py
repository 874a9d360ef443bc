"""Fitting networks, heads and forests.

The fits themselves (``fit_network``, ``fit_frozen``, ``fit_forest``) are imported from their
modules, since they need Lightning or torch; their settings, history and examples do not.
"""

from tagonaut.learning.fitting.examples import Examples, PictureExamples
from tagonaut.learning.fitting.fit_settings import FrozenSettings, NetworkSettings
from tagonaut.learning.fitting.history import (
    Epoch,
    History,
    OnEpoch,
    Pruned,
    validation_figures,
)

__all__ = [
    "Epoch",
    "Examples",
    "FrozenSettings",
    "History",
    "NetworkSettings",
    "OnEpoch",
    "PictureExamples",
    "Pruned",
    "validation_figures",
]
