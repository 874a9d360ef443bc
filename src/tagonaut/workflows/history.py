"""The record of an archive: every tag that was written or taken back, and every failure."""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tagonaut.data.text import formula_notes, one_line, printable
from tagonaut.errors import TagonautError
from tagonaut.files.out_file import file_written_whole
from tagonaut.tagging.files import archive_around
from tagonaut.tagging.journal import (
    BETWEEN_LABELS,
    Asked,
    Event,
    Journal,
    find_runs,
    is_archive,
    journal_of,
    open_read_only,
)

COLUMNS = ("time", "photo", "file", "done", "tag", "label", "score", "state", "since", "run", "why")
REPLACED = "(a photo that another has replaced)"


@dataclass(frozen=True)
class HistoryOptions:
    """The part of the record: by default all of it.

    ``photo``: a path, or a name relative to the folder. ``run``: a run folder, its name, or a whole
    run id. ``since`` (inclusive) and ``until`` (exclusive): seconds since 1970. ``journal``: by
    default this machine keeps one per archive.
    """

    photo: str | None = None
    run: str | None = None
    since: float | None = None
    until: float | None = None
    journal: Path | None = None


@dataclass(frozen=True)
class History:
    """An archive, its journal's path, and its events, the oldest first; they are read once."""

    archive: Path
    journal: Path
    events: Iterator[Event]


@contextmanager
def history(photos: Path, options: HistoryOptions | None = None) -> Iterator[History]:
    """The record of an archive, or of a folder in it, while the journal is open for reading.

    Raises ``TagonautError`` for a folder that was never tagged, a journal that is missing, and a
    run or photo that the journal does not know.
    """
    options = options or HistoryOptions()
    if not photos.is_dir():
        raise TagonautError(f"{photos}: folder not found, or not a folder")
    root = photos
    if not options.journal and not is_archive(photos):
        root = archive_around(photos) or photos
    path = options.journal or journal_of(root)
    with open_read_only(root, path) as journal:
        if journal is None:
            raise TagonautError(f"{root} was not tagged by Tagonaut: there is no journal of it")
        yield History(root, path, journal.events(_asked(journal, root, photos, options)))


def _asked(journal: Journal, root: Path, photos: Path, options: HistoryOptions) -> Asked:
    asked = Asked(since=options.since, until=options.until)
    below = photos.resolve().relative_to(root.resolve())
    if below != Path():
        asked = replace(asked, below=os.fsencode(below))
    if options.run is not None:
        asked = replace(asked, runs=find_runs(options.run, journal.runs_at_work()))
    if options.photo is not None:
        asked = replace(asked, photo=_path_of(root, photos, options.photo))
    return asked


def _path_of(root: Path, photos: Path, photo: str) -> bytes:
    """A photo's path in the journal; it need not be there any more."""
    given = Path(photo)
    inside = photos / given
    place = inside if os.path.lexists(inside) or not os.path.lexists(given) else given
    # Only its folder: the photo itself may be a link.
    real = place.absolute().parent.resolve() / place.name
    if not real.is_relative_to(root.resolve()):
        raise TagonautError(f"--photo {photo} is not in {root}")
    return os.fsencode(real.relative_to(root.resolve()))


def row_of(event: Event) -> dict[str, Any]:
    """An event as plain values, by column; names are text on one line."""
    return {
        "time": _iso(event.time),
        "photo": _name(event.photo),
        "file": _name(event.path),
        "done": event.done,
        "tag": event.tag,
        "label": ", ".join(event.label.split(BETWEEN_LABELS)),
        "score": event.score,
        "state": event.state,
        "since": None if event.since is None else _iso(event.since),
        "run": event.run,
        "why": event.reason,
    }


def write_csv(events: Iterator[Event], file: Path) -> tuple[int, tuple[str, ...]]:
    """Write a new CSV file, a row for each event; their number, and notes on it.

    Raises ``TagonautError`` for a file that exists.
    """
    if os.path.lexists(file):
        raise TagonautError(f"{file} exists already: choose another --csv")
    rows = 0

    def write(new: Path) -> Iterator[str]:
        nonlocal rows
        with new.open("w", newline="", encoding="utf-8") as opened:
            table = csv.writer(opened)
            table.writerow(COLUMNS)
            for event in events:
                rows += 1
                cells = [
                    "" if cell is None else one_line(str(cell)) for cell in row_of(event).values()
                ]
                table.writerow(cells)
                yield from cells

    with file_written_whole(file) as new:
        notes = formula_notes(write(new))
    return rows, notes


def _name(path: bytes) -> str:
    return REPLACED if path.startswith(b"\0") else one_line(printable(os.fsdecode(path)))


def _iso(seconds: float) -> str:
    """A time in this machine's zone, with the zone; journals may hold any number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
