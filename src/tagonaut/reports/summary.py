"""Figures as people read them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tagonaut.deciding import Figure


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
