"""The shape that all kinds of drawn collections have. Imports nothing heavy."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

T = TypeVar("T", bool, int, float, str)


@dataclass(frozen=True)
class Drawing(ABC):
    """The pictures to draw of a kind of collection, and their folder.

    A kind is a subclass that sets ``summary`` and the default of ``size``, adds options of its own
    (``own_option``) and implements ``draw``.
    """

    summary: ClassVar[str] = ""
    """A phrase that says what is drawn, for the command line's help."""

    folder: Path
    """A new folder."""
    pictures: int
    """The number of pictures, at least 1."""
    seed: int = 0
    """The same seed and picture number give the same picture."""
    start: int = 0
    """The number of the first picture."""
    size: int = 256
    """Pixels of the longer side."""

    @abstractmethod
    def draw(self) -> Path:
        """Draw the collection; returns what ``read`` takes. Raises ``TagonautError``."""

    def next_steps(self) -> Sequence[str]:
        """Lines for a person: what else was drawn, and what to do with it."""
        return ()


def own_option(default: T, help: str, *, at_least: int | None = None) -> T:
    """A field of a kind that is an option of ``tagonaut draw``; ``help`` completes "KIND: …"."""
    declared: Any = field(default=default, metadata={"help": help, "min": at_least})
    return declared
