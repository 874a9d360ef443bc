"""A random forest as tensors: its trees' splits and leaves, which give the scores."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tagonaut.errors import TagonautError

ROWS_AT_ONCE = 1024


class Forest(nn.Module):
    """t trees with s splits and e leaves in total, for k labels.

    A node is a number: from 0 on it is the row of a split, below 0 it is the leaf ``-1 - node``.
    ``root[t]`` and ``child[s, 2]`` contain nodes; the first child is taken if
    ``colour[feature[s]] <= threshold[s]``, otherwise the second. ``share[e, k]``: the share of a
    leaf's training pictures that have each label.
    """

    root: torch.Tensor
    feature: torch.Tensor
    threshold: torch.Tensor
    child: torch.Tensor
    share: torch.Tensor

    def __init__(self, tensors: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        for name, dtype in _DTYPES.items():
            self.register_buffer(name, tensors[name].to(dtype))

    @classmethod
    def of(cls, forest: Any) -> Self:
        """The forest of a fitted ``sklearn.ensemble.RandomForestClassifier`` for 0/1 targets."""
        trees = [estimator.tree_ for estimator in forest.estimators_]
        # scikit-learn has no list for a single label.
        classes = forest.classes_ if forest.n_outputs_ > 1 else [forest.classes_]
        parts = [_nodes(tree, classes) for tree in trees]
        splits = np.cumsum([0, *(len(part["feature"]) for part in parts)])
        leaves = np.cumsum([0, *(len(part["share"]) for part in parts)])
        for part, split, leaf in zip(parts, splits, leaves, strict=False):
            for name in ("root", "child"):
                part[name] = np.where(part[name] < 0, part[name] - leaf, part[name] + split)
        joined = {name: np.concatenate([part[name] for part in parts]) for name in _DTYPES}
        return cls({name: torch.from_numpy(values) for name, values in joined.items()})

    @classmethod
    def load(cls, tensors: Mapping[str, torch.Tensor], features: int) -> Self:
        """The forest of a ``state_dict``; raises ``TagonautError`` if it is not one.

        ``features``: the c of ``colours[n, c]``. Each split has to lead to later splits or leaves,
        so that a damaged file cannot cause an endless loop.
        """
        if missing := [name for name in _DTYPES if name not in tensors]:
            raise TagonautError(f"not a forest: {missing[0]} is missing")
        forest = cls(tensors)
        splits, leaves, nodes = len(forest.feature), len(forest.share), forest.child
        own = torch.arange(splits)[:, None]
        fits = (
            (forest.root.ndim, nodes.ndim, forest.share.ndim) == (1, 2, 2)
            and len(forest.root) > 0
            and nodes.shape == (splits, 2)
            and forest.threshold.shape == forest.feature.shape == (splits,)
            and bool(((nodes < 0) | (nodes > own)).all())
            and bool(((forest.feature >= 0) & (forest.feature < features)).all())
            and all(
                bool(((some >= -leaves) & (some < splits)).all()) for some in (forest.root, nodes)
            )
        )
        if not fits:
            raise TagonautError("a damaged forest: its splits do not fit together")
        return forest

    @property
    def labels(self) -> int:
        """The number of labels."""
        return self.share.shape[1]

    def forward(self, colours: torch.Tensor) -> torch.Tensor:
        """Return ``scores``."""
        return self.scores(colours)

    @torch.inference_mode()
    def scores(self, colours: torch.Tensor) -> torch.Tensor:
        """``scores[n, k]`` of ``colours[n, c]``: the mean over the trees of their leaves' shares.

        They equal scikit-learn's ``predict_proba``, as float32.
        """
        # scikit-learn compares single-precision features with double-precision thresholds.
        values = colours.float().double()
        found = [self._scores(some) for some in values.split(ROWS_AT_ONCE)]
        return torch.cat(found) if found else values.new_zeros(0, self.labels).float()

    def _scores(self, values: torch.Tensor) -> torch.Tensor:
        rows = torch.arange(len(values), device=values.device)[:, None]
        node = self.root.expand(len(values), -1)
        while (inner := node >= 0).any():
            split = node.clamp(min=0)
            right = values[rows, self.feature[split]] > self.threshold[split]
            node = torch.where(inner, self.child[split, right.long()], node)
        total = values.new_zeros(len(values), self.labels)
        for leaf in (-1 - node).unbind(1):
            total += self.share[leaf]
        return (total / len(self.root)).float()


_DTYPES = {
    "root": torch.int64,
    "feature": torch.int64,
    "threshold": torch.float64,
    "child": torch.int64,
    "share": torch.float32,
}


def _nodes(tree: Any, classes: list[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """One of scikit-learn's trees, its splits and leaves numbered from 0."""
    is_leaf = tree.children_left < 0
    node = np.where(is_leaf, -np.cumsum(is_leaf), np.cumsum(~is_leaf) - 1)
    children = np.stack([tree.children_left, tree.children_right], axis=1)[~is_leaf]
    counts = tree.value[is_leaf]
    return {
        "root": node[:1],
        "feature": tree.feature[~is_leaf],
        "threshold": tree.threshold[~is_leaf],
        "child": node[children],
        "share": np.stack(
            [_share(counts[:, k], of_label) for k, of_label in enumerate(classes)], axis=1
        ),
    }


def _share(counts: NDArray[np.float64], classes: NDArray[Any]) -> NDArray[np.float64]:
    """The share of class 1 in ``counts[e, classes]``; the training rows may lack one class."""
    positive = np.flatnonzero(classes == 1)
    if not len(positive):
        return np.zeros(len(counts))
    return counts[:, positive[0]] / counts[:, : len(classes)].sum(axis=1)
