"""The labels of each picture in the order in which they would be tagged, most likely first."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from tagonaut.deciding.arrays import Floats, Mask
from tagonaut.deciding.groups import one_of_each


class LabelOrder(NamedTuple):
    """Tagging the first m labels of each picture, ``least <= m <= most``, fits the groups."""

    columns: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
    """``[n, k]``, the label columns: first the likeliest of each group, which must be tagged, then
    those in no group by falling score, last the others of the groups, which must not be."""
    least: int
    most: int

    @classmethod
    def of(cls, scores: Floats, groups: Sequence[Sequence[int]]) -> Self:
        """The order by ``scores[n, k]``; of equal scores the first column comes first."""
        grouped = [column for group in groups for column in group]
        first = one_of_each(np.zeros(scores.shape, dtype=np.bool_), scores, groups)
        rank = np.where(first, 0, 1)
        rank[:, grouped] += rank[:, grouped]
        columns = np.lexsort((-scores, rank), axis=1)
        return cls(columns, len(groups), scores.shape[1] - len(grouped) + len(groups))

    def tags(self, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Mask:
        """``tags[n, k]``: of each picture its first ``counts[n]`` labels."""
        places = np.arange(self.columns.shape[1])
        tags = np.empty(self.columns.shape, dtype=np.bool_)
        np.put_along_axis(tags, self.columns, places < counts[:, np.newaxis], axis=1)
        return tags
