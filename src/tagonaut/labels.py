"""Label names and exclusive groups; encodes tags as targets, and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import TagonautError, nearest


@dataclass(frozen=True)
class LabelSet:
    """Ordered label names, and groups of labels of which each picture has exactly one.

    Pictures alone have no labels. Raises ``TagonautError`` for a blank or repeated name, and for a
    group of fewer than two labels, with an unknown label, with a label twice, or with a label of
    another group.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = tuple(self.names)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "groups", tuple(tuple(group) for group in self.groups))
        object.__setattr__(self, "_index", {name: k for k, name in enumerate(names)})
        if blank := [name for name in names if not name.strip()]:
            raise TagonautError(f"a label has no name: {blank[0]!r}")
        if len(self._index) < len(names):
            twice = next(name for k, name in enumerate(names) if name in names[:k])
            raise TagonautError(f"label {twice!r} is named twice")
        grouped = [name for group in self.groups for name in group]
        for name in grouped:
            self.index(name)
        if len(set(grouped)) < len(grouped):
            raise TagonautError("a label is in two exclusive groups, or twice in one")
        if any(len(group) < 2 for group in self.groups):
            raise TagonautError("an exclusive group has at least two labels")

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def index(self, name: str) -> int:
        """The column of a label; raises ``TagonautError`` with the nearest name if unknown."""
        if name not in self._index:
            raise TagonautError(f"there is no label {nearest(name, self.names)}")
        return self._index[name]

    def encode(self, tags: Sequence[Iterable[str]]) -> NDArray[np.uint8]:
        """Tags of n pictures as ``targets[n, k]``; a tag named twice counts once."""
        targets = np.zeros((len(tags), len(self)), dtype=np.uint8)
        for row, names in enumerate(tags):
            for name in names:
                targets[row, self.index(name)] = 1
        return targets

    def decode(self, targets: NDArray[Any]) -> list[list[str]]:
        """The tags of each row of ``targets[n, k]``, in the order of the labels."""
        if targets.ndim != 2 or targets.shape[1] != len(self):
            raise ValueError(f"targets of shape {targets.shape} do not fit {len(self)} labels")
        return [[self.names[k] for k in np.flatnonzero(row)] for row in targets]
