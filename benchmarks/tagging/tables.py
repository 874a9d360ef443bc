"""What was measured, as Markdown."""

import statistics
from collections.abc import Callable, Iterable

from measuring import Cost
from rounds import Measured
from ways import Way

GIBIBYTE = 2**30


def print_table(
    title: str, ways: list[Way], found: dict[str, Measured], cores: int, aim: float
) -> None:
    """A row a way, how Tagonaut stands to the others and to its limits, and what failed.

    ``aim``: how many times the best toolkit Tagonaut shall be.
    """
    print(f"\n### {title}\n")
    print(
        "| | pictures | pictures/s | times one at a time | processor s a picture | peak memory |"
        " loading |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    good = [way for way in ways if found[way.name].costs]
    for way in good:
        told = found[way.name]
        base = _first(way_ for way_ in good if way_.kind == "sources" and way_.writes == way.writes)
        times = (
            "" if base is None or way.kind == "stage" else f"{_times(told, found[base.name]):.1f}"
        )
        print(
            f"| {way.name} | {told.costs[-1].pictures:,} | {rate(told):.1f} | {times}"
            f" | {processor(told):.4f} | {_median(told, _memory):.2f} GiB"
            f" | {statistics.median(told.loading):.1f} s |"
        )
    print()
    _print_standing(good, found, aim)
    _print_limits(good, found, cores)
    for way in ways:
        if way not in good:
            print(f"Left out: {way.name}: {found[way.name].failure}")


def rate(told: Measured) -> float:
    """Pictures a second, the rounds' median."""
    return _median(told, lambda cost: cost.pictures / cost.seconds)


def processor(told: Measured) -> float:
    """Seconds of processors a picture, the rounds' median."""
    return _median(told, lambda cost: cost.processor_seconds / cost.pictures)


def _print_standing(ways: list[Way], found: dict[str, Measured], aim: float) -> None:
    for kind, told in (("toolkit", "as documented"), ("by hand", "made faster by hand")):
        best = max(
            (way for way in ways if way.kind == kind),
            key=lambda way: rate(found[way.name]),
            default=None,
        )
        if best is None:
            continue
        times = [
            f"{way.name.removeprefix('Tagonaut, ')} {_times(found[way.name], found[best.name]):.1f}"
            for way in ways
            if way.kind == "Tagonaut"
        ]
        print(f"- Best toolkit {told}: {best.name}. Tagonaut is times as fast: {', '.join(times)}.")
    print(f"- Aims: 15 times one at a time with tags, {aim:g} times the best toolkit.")


def _print_limits(ways: list[Way], found: dict[str, Measured], cores: int) -> None:
    """Stages that share all cores: at best as fast as their processor seconds together allow."""
    stages = {(way.stage, way.scorer): found[way.name] for way in ways if way.kind == "stage"}
    print("\n| | pictures/s | limit by processor seconds | reached | limit by rates | reached |")
    print("|---|---:|---:|---:|---:|---:|")
    for way in ways:
        parts = [("decode", ""), ("infer", way.scorer)]
        parts += [("write", "")] if way.stage == "tag" else []
        if way.kind != "Tagonaut" or way.stage == "dry" or any(one not in stages for one in parts):
            continue
        told = found[way.name]
        together = [stages[one] for one in parts]
        by_processor = cores / sum(map(processor, together))
        by_rates = 1 / sum(1 / rate(one) for one in together)
        print(
            f"| {way.name} | {rate(told):.1f}"
            f" | {by_processor:.1f} | {rate(told) / by_processor:.0%}"
            f" | {by_rates:.1f} | {rate(told) / by_rates:.0%} |"
        )
    print()


def _times(told: Measured, base: Measured) -> float:
    """How many times the rate, within a round; the rounds' median."""
    pairs = zip(told.costs, base.costs, strict=False)
    return statistics.median(
        (one.pictures / one.seconds) / (other.pictures / other.seconds) for one, other in pairs
    )


def _median(told: Measured, value: Callable[[Cost], float]) -> float:
    return statistics.median(map(value, told.costs))


def _memory(cost: Cost) -> float:
    return cost.peak_memory / GIBIBYTE


def _first(ways: Iterable[Way]) -> Way | None:
    return next(iter(ways), None)
