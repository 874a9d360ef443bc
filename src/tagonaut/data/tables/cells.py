"""Reads the value of a label from the cell of a table."""

import math

TRUE, FALSE = {"1", "1.0", "1,0", "true", "yes"}, {"0", "0.0", "0,0", "false", "no"}
UNKNOWN = {"", "-1", "-1.0", "na", "nan"}

# Averaged probabilities may leave [0, 1] by a rounding error.
ROUNDING = 1e-6


def number(cell: str) -> float | None:
    """The number in a cell, with a point or a comma; NaN where it is unknown (-1, empty).

    None for text.
    """
    word = cell.lower()
    if word in UNKNOWN:
        return math.nan
    if word in TRUE:
        return 1.0
    if word in FALSE:
        return 0.0
    try:
        found = float(cell.replace(",", "."))
    except ValueError:
        return None
    return math.nan if found == -1 else found


def is_share(found: float | None) -> bool:
    """Whether a cell's number is from 0 to 1."""
    return found is not None and -ROUNDING <= found <= 1 + ROUNDING


def is_unknown(found: float | None) -> bool:
    """Whether a cell leaves its label unknown."""
    return found is not None and math.isnan(found)
