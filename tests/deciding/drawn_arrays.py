"""Arrays that hypothesis draws: small, with ties, unknown cells, empty rows and empty columns."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray


class Drawn(NamedTuple):
    targets: NDArray[Any]
    scores: NDArray[Any]
    tags: NDArray[Any]
    known: NDArray[Any]


@st.composite
def drawn(draw: st.DrawFn, *, all_known: bool = False, min_labels: int = 1) -> Drawn:
    shape = (draw(st.integers(1, 12)), draw(st.integers(min_labels, 4)))
    dtype: Any
    width: Any
    dtype, width = draw(st.sampled_from([(np.float32, 32), (np.float64, 64)]))
    coarse = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
    score = st.one_of(coarse, st.floats(0, 1, width=width, allow_subnormal=False))
    bit = draw(st.sampled_from([st.just(0), st.integers(0, 1), st.integers(0, 1), st.just(1)]))
    return Drawn(
        draw(hnp.arrays(np.uint8, shape, elements=bit, fill=st.nothing())),
        draw(hnp.arrays(dtype, shape, elements=score, fill=st.nothing())),
        draw(hnp.arrays(np.bool_, shape)),
        np.ones(shape, np.bool_) if all_known else draw(hnp.arrays(np.bool_, shape)),
    )


def spoil_unknown(arrays: Drawn) -> Drawn:
    """The same knowledge, with the opposite in every cell that is not known."""
    targets, scores, tags, known = arrays
    return Drawn(
        np.where(known, targets, 1 - targets).astype(targets.dtype),
        np.where(known, scores, 1 - scores).astype(scores.dtype),
        np.where(known, tags, ~tags),
        known,
    )
