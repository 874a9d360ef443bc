"""Figures, counts and lists of names as people read them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagonaut.deciding import Figure

NAMED = 5
"""The most names that a sentence lists."""


def percent(value: float | None, digits: int = 2) -> str:
    """A share; a dash where it is not defined."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def bare(figure: "Figure", value: float | None) -> str:
    """The value of a figure in a table whose shares are all in per cent."""
    if value is None:
        return "–"
    return f"{100 * value:.1f}" if figure.is_share else f"{value:.2f}"


def shown(figure: "Figure", value: float | None, digits: int = 2) -> str:
    """The value of a figure: a share in per cent, any other as a number."""
    if figure.is_share or value is None:
        return percent(value, digits)
    return f"{value:,.2f}"


def counted(number: int, noun: str) -> str:
    """A number and its noun, such as ``1 picture`` and ``2 pictures``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def named(names: Sequence[str], total: int | None = None) -> str:
    """The first names, and how many more there are of ``total``, by default of all names."""
    more = (total or len(names)) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
