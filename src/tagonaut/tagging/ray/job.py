"""What all workers of a run are told, and what they tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tagonaut.tagging.choice import Choice
from tagonaut.tagging.ray.ledger import Ledger
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.summary import KEPT_EXAMPLES, KEPT_FAILURES, Summary

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger


@dataclass(frozen=True)
class Job:
    """From where to where, what is written, and the session: one start of one run."""

    photos: Store
    out: Store
    run: str
    session: str
    choice: Choice = field(default_factory=Choice)
    keep_time: bool = False
    write_scores: bool = False

    @property
    def ledger(self) -> Ledger:
        """What this run keeps beside the photos."""
        return Ledger(self.out, self.run)


def run_of(tagger: "Tagger", choice: Choice, *, write_scores: bool) -> str:
    """What journals call a run with this choice."""
    return choice.run_id(tagger.run_id, tagger.labels.names, scores=write_scores)


def to_json(summary: Summary) -> dict[str, Any]:
    """What is counted and told of a partition, as plain values."""
    return {key: value for key, value in vars(summary).items() if key not in {"journal", "scores"}}


def add(summary: Summary, told: dict[str, Any]) -> None:
    """Count what another summary, as plain values, has counted."""
    for name in ("seen", "written", "copied", "nothing_to_do", "failed"):
        setattr(summary, name, getattr(summary, name) + told[name])
    for name in ("tags", "changed", "taken"):
        getattr(summary, name).update(told[name])
    for note in told["notes"]:
        summary.tell(note)
    keep(summary.failures, [(name, reason) for name, reason in told["failures"]], KEPT_FAILURES)
    examples = [(name, tuple(tags)) for name, tags in told["examples"]]
    keep(summary.examples, examples, KEPT_EXAMPLES)


def keep(kept: list[Any], more: Sequence[Any], most: int) -> None:
    """Append as many as there is room for."""
    kept += more[: most - len(kept)]
