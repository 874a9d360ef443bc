"""Fitting networks, heads and forests.

The fits themselves (``fit_network``, ``fit_frozen``, ``fit_forest``) are imported from their
modules, since they need Lightning or torch; their history and examples do not.
"""

from tagonaut.learning.fitting.examples import Examples, PictureExamples
from tagonaut.learning.fitting.history import Epoch, History, OnEpoch, Pruned

__all__ = ["Epoch", "Examples", "History", "OnEpoch", "PictureExamples", "Pruned"]
