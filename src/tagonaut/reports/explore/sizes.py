"""A plot of the sizes of a collection's pictures."""

import io

import numpy as np
from numpy.typing import NDArray

from tagonaut.reports.curves import FAINT, INK, VALIDATION

FEW, WIDE = 6, 8.0
"""So few distinct sizes fit a table; from such a ratio of the sides on the axes are logarithmic."""


def draw_sizes(widths: NDArray[np.int32], heights: NDArray[np.int32]) -> str:
    """An SVG, one dot per distinct size with its area by the pictures; "" for few sizes."""
    sizes, counts = np.unique(np.stack([widths, heights], axis=1), axis=0, return_counts=True)
    if len(sizes) < FEW:
        return ""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    figure = Figure(figsize=(5, 4.2), layout="constrained")
    axes = figure.subplots()
    area = 14 + 380 * (counts / counts.max()) ** 0.5 * (counts > 1)
    axes.scatter(sizes[:, 0], sizes[:, 1], s=area, color=VALIDATION, alpha=0.55, linewidths=0)
    axes.set(xlabel="width (pixels)", ylabel="height (pixels)")
    for axis, values, scale in (
        (axes.xaxis, sizes[:, 0], axes.set_xscale),
        (axes.yaxis, sizes[:, 1], axes.set_yscale),
    ):
        if sizes.max() > WIDE * sizes.min():
            scale("log")
            low, high = values.min() / 1.25, values.max() * 1.25
            axis.set_view_interval(low, high, ignore=True)
            axis.set_ticks(_round_ticks(low, high))
            axis.set_minor_formatter(NullFormatter())
        else:
            axis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(colors=INK)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _round_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, … between the limits; both limits where there is none."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high] or [round(low), round(high)]
