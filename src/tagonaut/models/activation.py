"""The meaning of a network's outputs: from ``outputs[n, m]`` to ``scores[n, k]``."""

from typing import Literal, Self

import torch
from pydantic import Field, model_validator

from tagonaut.settings import Settings

# The distance of a threshold above the largest logit, or below the smallest one.
MARGIN = 1.0


class Activation(Settings):
    """Turns ``outputs[n, m]`` into scores of k labels, in one of these ways.

    - ``sigmoid``: one logit per label.
    - ``groups``: one logit per label; softmax within each exclusive group, sigmoid elsewhere.
    - ``threshold``: k logits, then their k learned thresholds (Li, Song & Luo 2017).
    - ``count``: k logits, then ``most + 1`` logits for the number of a picture's labels (the same
      paper). If n is the most probable number, the threshold lies between the n-th largest logit
      and the next.
    """

    kind: Literal["sigmoid", "groups", "threshold", "count"] = Field(
        description="the meaning of the outputs"
    )
    labels: int = Field(ge=0, description="the number of labels, k")
    groups: tuple[tuple[int, ...], ...] = Field(
        default=(), description="for groups: the columns of labels of which exactly one holds"
    )
    most: int = Field(
        default=0, ge=0, description="for count: the largest number of labels of a picture"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        columns = [column for group in self.groups for column in group]
        if columns and self.kind != "groups":
            raise ValueError(f"an activation of kind {self.kind} has no groups")
        if any(len(group) < 2 for group in self.groups) or len(set(columns)) < len(columns):
            raise ValueError("a group has at least two labels, each of them in one group only")
        if columns and not 0 <= min(columns) <= max(columns) < self.labels:
            raise ValueError(f"groups name columns that are not among the {self.labels} labels")
        if self.most > (self.labels if self.kind == "count" else 0):
            raise ValueError(f"most is {self.most}, of {self.labels} labels by {self.kind}")
        return self

    @property
    def outputs(self) -> int:
        """The m of ``outputs[n, m]``."""
        more = {"threshold": self.labels, "count": self.most + 1}
        return self.labels + more.get(self.kind, 0)

    def split(self, outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """``outputs[n, m]`` as one logit per label ``[n, k]``, and the rest, which decides."""
        if outputs.shape[-1] != self.outputs:
            raise ValueError(f"{outputs.shape[-1]} outputs, but {self.kind} has {self.outputs}")
        return outputs[:, : self.labels], outputs[:, self.labels :]

    def scores(self, outputs: torch.Tensor) -> torch.Tensor:
        """``scores[n, k]`` in [0, 1] of ``outputs[n, m]``, float32."""
        return self.logits(outputs).sigmoid()

    def logits(self, outputs: torch.Tensor) -> torch.Tensor:
        """``[n, k]``, whose sigmoid is the scores; float32."""
        logits, rest = self.split(outputs.float())
        match self.kind:
            case "sigmoid":
                return logits
            case "groups":
                return _grouped(logits, self.groups)
            case "threshold":
                return logits - rest
            case "count":
                return logits - _midpoint(logits, rest.argmax(dim=1))


def _grouped(logits: torch.Tensor, groups: tuple[tuple[int, ...], ...]) -> torch.Tensor:
    """The log-odds of a softmax: each logit minus the log-sum-exp of the others in its group."""
    found = logits.clone()
    for group in groups:
        inside = logits[:, list(group)]
        itself = torch.eye(len(group), dtype=torch.bool, device=logits.device)
        others = inside[:, None, :].masked_fill(itself, -torch.inf).logsumexp(dim=2)
        found[:, list(group)] = inside - others
    return found


def _midpoint(logits: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """``[n, 1]``: half-way between the ``count[n]``-th largest logit and the next."""
    if not logits.shape[1]:
        return logits.new_zeros(len(logits), 1)
    ranked = logits.sort(dim=1, descending=True).values
    beyond = 2 * MARGIN
    ranked = torch.cat([ranked[:, :1] + beyond, ranked, ranked[:, -1:] - beyond], dim=1)
    at = count[:, None]
    return (ranked.gather(1, at) + ranked.gather(1, at + 1)) / 2
