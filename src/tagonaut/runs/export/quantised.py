"""As few layers in float as will do: a graph in 8 bits whose fall is below a limit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tagonaut.models.export.int8 import Layer, Quantiser
from tagonaut.runs.export.scores import GraphScores

# Where a larger share of the layers would be kept, little of the speed is left.
MOST_KEPT = 0.5


@dataclass(frozen=True)
class Quantised:
    """A graph, the layers of it that are ``kept`` in float, and what was measured of it.

    ``told``: what each number of kept layers costs, where any was.
    """

    graph: Any
    kept: tuple[Layer, ...]
    measured: GraphScores | None
    fall: float
    told: tuple[str, ...] = ()


def quantised_within(
    quantiser: Quantiser,
    measure: Callable[[Any], tuple[GraphScores | None, float]],
    limit: float,
) -> Quantised:
    """The first graph whose fall is below ``limit``, else the one that falls least.

    ``measure`` gives what it measured of a graph, and how far it falls. The most sensitive layer is
    kept first, then the two most sensitive, four, and so on.
    """
    graph = quantiser.quantised()
    best = Quantised(graph, (), *measure(graph))
    if best.fall < limit:
        return best
    ranked = quantiser.by_sensitivity()
    told = [f"plain int8: mAP falls by {100 * best.fall:.2f} points"]
    for count in _counts(int(MOST_KEPT * len(ranked))):
        kept = tuple(ranked[:count])
        graph = quantiser.quantised(kept)
        found = Quantised(graph, kept, *measure(graph))
        told.append(f"{count} of {len(ranked)} layers in float: {100 * found.fall:.2f}")
        best = min(best, found, key=lambda some: some.fall)
        if best.fall < limit:
            break
    return Quantised(best.graph, best.kept, best.measured, best.fall, tuple(told))


def _counts(most: int) -> list[int]:
    """1, 2, 4, 8, …, and the most that there may be."""
    doubled = [2**power for power in range(most.bit_length())]
    return sorted({*doubled, most} - {0})
