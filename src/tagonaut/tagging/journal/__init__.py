"""The journal of an archive: what was written into which photo, and by which run."""

from tagonaut.tagging.journal.events import Asked, Event
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.location import (
    OWN_FOLDER,
    archive_id,
    give_id,
    id_file,
    is_archive,
    journal_of,
)
from tagonaut.tagging.journal.moved_photos import find_moved
from tagonaut.tagging.journal.opening import checked, is_empty, missing, open_locked, open_read_only
from tagonaut.tagging.journal.records import (
    BETWEEN_LABELS,
    Fact,
    Seen,
    State,
    Write,
    name_of,
)
from tagonaut.tagging.journal.selection import Selection, find_runs, is_same_run, known_run

__all__ = [
    "BETWEEN_LABELS",
    "OWN_FOLDER",
    "Asked",
    "Event",
    "Fact",
    "Journal",
    "Seen",
    "Selection",
    "State",
    "Write",
    "archive_id",
    "checked",
    "find_moved",
    "find_runs",
    "give_id",
    "id_file",
    "is_archive",
    "is_empty",
    "is_same_run",
    "journal_of",
    "known_run",
    "missing",
    "name_of",
    "open_locked",
    "open_read_only",
]
