"""A job for the actors of a cluster, and the summaries that they send back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from tagonaut.errors import TagonautError
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.ray.ledger import Ledger
from tagonaut.tagging.ray.seal import key_of
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.summary import KEPT_EXAMPLES, KEPT_FAILURES, Summary

if TYPE_CHECKING:
    from tagonaut.tagger import Tagger


HONOURED = (
    *("to", "choice", "keep_time", "break_signatures", "write_scores", "add", "until"),
    "iptc_charset",
)
"""The options of tagging that a cluster has, as on one machine; it refuses all others."""


@dataclass(frozen=True)
class Job:
    """Photos to tag, the store of the tagged copies, the run, and how the photos are tagged.

    ``run`` is the run's id in journals, ``session`` the id of one start of it, and ``key`` seals
    what the actors write beside the copies.
    """

    photos: Store
    out: Store
    run: str
    session: str
    options: TagOptions
    key: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or key_of(str(self.out)))

    @property
    def ledger(self) -> Ledger:
        """The files that this run keeps beside the photos."""
        return Ledger(self.out, self.run, self.key)


def check_options(options: TagOptions) -> str:
    """The place of the copies. Raises ``TagonautError`` for options that no cluster has."""
    if options.parts is not None:
        raise TagonautError("--engine ray takes one PHOTOS, a folder or a URL, and no parts of it")
    for option in fields(TagOptions):
        if option.name not in HONOURED and getattr(options, option.name) != option.default:
            name = option.name.replace("_", "-")
            raise TagonautError(f"--engine ray takes --to, and no --{name}")
    return str(options.to)


def run_of(tagger: "Tagger", options: TagOptions) -> str:
    """The id in journals of a run with these options."""
    return options.run_id(tagger.run_id, tagger.labels.names)


def to_json(summary: Summary) -> dict[str, Any]:
    """The summary of a partition as plain values."""
    left_out = {"journal", "scores", "passed", "archive", "said_of"}
    values = {key: value for key, value in vars(summary).items() if key not in left_out}
    return {**values, "passed": summary.passed.counts}


def add(summary: Summary, values: dict[str, Any]) -> None:
    """Add to a summary another one, given as plain values."""
    for name in ("seen", "written", "copied", "nothing_to_do", "failed"):
        setattr(summary, name, getattr(summary, name) + values[name])
    for name in ("tags", "changed", "taken"):
        getattr(summary, name).update(values[name])
    summary.passed.update(values["passed"])
    for note in values["notes"]:
        summary.note(note)
    keep(summary.failures, [(name, reason) for name, reason in values["failures"]], KEPT_FAILURES)
    examples = [(name, tuple(tags)) for name, tags in values["examples"]]
    keep(summary.examples, examples, KEPT_EXAMPLES)


def keep(kept: list[Any], more: Sequence[Any], most: int) -> None:
    """Append as many items as there is room for."""
    kept += more[: most - len(kept)]
