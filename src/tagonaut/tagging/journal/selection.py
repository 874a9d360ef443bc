"""A selection of the tags that runs wrote."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tagonaut.errors import TagonautError, nearest
from tagonaut.files.run_files import EXPORT_FILE, MODEL_FILE
from tagonaut.tagging.journal.records import BETWEEN_LABELS, Fact

# A run id is the name of the run folder and these hashes, of its model and of its choice of tags.
_HASHES = r"(-[0-9a-f]{12})?(\+[0-9a-f]{8})?"
_CONTENT = re.compile(r"-[0-9a-f]{12}(\+[0-9a-f]{8})?$")


@dataclass(frozen=True)
class Selection:
    """Tags by run, by label and by time of writing; None: all.

    ``labels`` are labels or tags. ``since`` (inclusive) and ``until`` (exclusive) are in seconds
    since 1970.
    """

    runs: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    since: float | None = None
    until: float | None = None

    def __bool__(self) -> bool:
        return self != Selection()

    def holds(self, fact: Fact) -> bool:
        """Whether a tag is selected."""
        return (
            (self.runs is None or fact.run in self.runs)
            and (self.labels is None or bool({fact.tag, *fact.labels} & {*self.labels}))
            and (self.since is None or fact.time >= self.since)
            and (self.until is None or fact.time < self.until)
        )

    def condition(self) -> tuple[str, tuple[object, ...]]:
        """``holds`` as an SQL condition on the table of facts, and its placeholders' values."""
        parts: list[str] = ["1"]
        values: list[object] = []
        if self.runs is not None:
            parts.append(f"run IN ({_places(self.runs)})")
            values += self.runs
        if self.labels is not None:
            one = "instr(? || label || ?, ? || ? || ?)"
            either = " OR ".join([f"tag IN ({_places(self.labels)})", *[one] * len(self.labels)])
            parts.append(f"({either})")
            values += self.labels
            for label in self.labels:
                values += (*[BETWEEN_LABELS] * 3, label, BETWEEN_LABELS)
        if self.since is not None:
            parts.append("time >= ?")
            values.append(self.since)
        if self.until is not None:
            parts.append("time < ?")
            values.append(self.until)
        return " AND ".join(parts), tuple(values)


def find_runs(asked: str, known: Sequence[str]) -> tuple[str, ...]:
    """The run ids that match a run folder, its name, or a whole run id.

    A run folder is also found by its content, as it may have had another name. Raises
    ``TagonautError`` if there is none.
    """
    folder = Path(asked)
    name = folder.resolve().name if folder.is_dir() else folder.name
    found = tuple(run for run in known if re.fullmatch(re.escape(name) + _HASHES, run))
    if not found and any((folder / model).is_file() for model in (MODEL_FILE, EXPORT_FILE)):
        from tagonaut.tagger import Tagger  # seconds of imports, for this rare case alone

        content = Tagger.load(folder).run_id
        found = tuple(run for run in known if is_same_run(run.partition("+")[0], content))
    if not found:
        raise TagonautError(
            f"no tags were written here by a run {nearest(name, known)}; there are"
            f" {', '.join(known) or 'none'}"
        )
    return found


def is_same_run(one: str, other: str) -> bool:
    """Whether two run ids are of one content: the run's folder may have been renamed."""
    first, second = (_CONTENT.search(run) for run in (one, other))
    return one == other or bool(first and second and first[0] == second[0])


def known_run(run: str, known: Iterable[str]) -> str:
    """The known id of a run of this content, which may have had another name; else its own."""
    alike = [other for other in known if is_same_run(other, run)]
    return run if run in alike or not alike else alike[0]


def _places(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
