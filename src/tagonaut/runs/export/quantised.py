"""A graph in 8 bits, with as few layers in float as keep its loss of mAP below a limit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tagonaut.models.export import Layer, Quantiser
from tagonaut.runs.export.scores import GraphScores

# With a larger share of the layers in float, little of the speed is left.
MOST_KEPT = 0.5


@dataclass(frozen=True)
class Quantised:
    """A graph, its layers that are ``kept`` in float, its scores, and how far its mAP falls.

    ``notes``: the cost of each number of kept layers that was tried.
    """

    graph: Any
    kept: tuple[Layer, ...]
    measured: GraphScores | None
    fall: float
    notes: tuple[str, ...] = ()


def quantised_within(
    quantiser: Quantiser,
    measure: Callable[[Any], tuple[GraphScores | None, float]],
    limit: float,
) -> Quantised:
    """The first graph whose fall is below ``limit``, else the one that falls least.

    ``measure`` gives the scores of a graph, and how far their mAP falls (0 to 1). The most
    sensitive layer is kept first, then the two most sensitive, four, and so on.
    """
    graph = quantiser.quantised()
    best = Quantised(graph, (), *measure(graph))
    if best.fall < limit:
        return best
    ranked = quantiser.by_sensitivity()
    notes = [f"plain int8: mAP falls by {100 * best.fall:.2f} points"]
    for count in _counts(int(MOST_KEPT * len(ranked))):
        kept = tuple(ranked[:count])
        graph = quantiser.quantised(kept)
        found = Quantised(graph, kept, *measure(graph))
        notes.append(f"{count} of {len(ranked)} layers in float: {100 * found.fall:.2f}")
        best = min(best, found, key=lambda some: some.fall)
        if best.fall < limit:
            break
    return Quantised(best.graph, best.kept, best.measured, best.fall, tuple(notes))


def _counts(most: int) -> list[int]:
    """1, 2, 4, 8, …, and ``most``."""
    doubled = [2**power for power in range(most.bit_length())]
    return sorted({*doubled, most} - {0})
