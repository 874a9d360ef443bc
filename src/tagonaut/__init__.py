"""Multi-label image classification, from a labelled folder to a tagged archive."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tagonaut.data.dataset import Dataset
    from tagonaut.errors import TagonautError
    from tagonaut.labels import LabelSet
    from tagonaut.tagger import Tagger
    from tagonaut.tagging.own_tags import read
    from tagonaut.workflows.audit import audit
    from tagonaut.workflows.compare import compare
    from tagonaut.workflows.explore import explore
    from tagonaut.workflows.train import train
    from tagonaut.workflows.tune import tune

__all__ = [
    "Dataset",
    "LabelSet",
    "Tagger",
    "TagonautError",
    "audit",
    "compare",
    "explore",
    "read",
    "train",
    "tune",
]

_HOMES = {
    "Dataset": "tagonaut.data.dataset",
    "LabelSet": "tagonaut.labels",
    "Tagger": "tagonaut.tagger",
    "TagonautError": "tagonaut.errors",
    "audit": "tagonaut.workflows.audit",
    "compare": "tagonaut.workflows.compare",
    "explore": "tagonaut.workflows.explore",
    "read": "tagonaut.tagging.own_tags",
    "train": "tagonaut.workflows.train",
    "tune": "tagonaut.workflows.tune",
}


def __getattr__(name: str) -> Any:
    # Each costs seconds of imports, which only its users pay.
    if name not in _HOMES:
        raise AttributeError(f"tagonaut has no {name}")
    return getattr(import_module(_HOMES[name]), name)
