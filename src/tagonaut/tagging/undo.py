"""All tags that were written to a folder of photos are taken back."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop
from tagonaut.overlap import overlap
from tagonaut.progress import track
from tagonaut.tagging.archive import journal_of, looked_at, opened
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.records import name_of
from tagonaut.tagging.replacing import clear_temporaries
from tagonaut.tagging.summary import Outcome, Summary, attempt
from tagonaut.tagging.workers import WRITERS, Tools, ending
from tagonaut.tagging.writing import untag_photo


def untag_folder(
    root: Path, *, dry_run: bool = False, journal: Path | None = None, stop: Stop | None = None
) -> Summary:
    """Take back everything that was written to the photos below ``root``.

    ``root`` is the folder that was tagged in place, or that the copies were written to. A keyword
    field that reads as it was left becomes exactly what it was before; from any other only the
    words go that were added. Files stay where they are. Raises ``TagonautError`` where there is no
    journal, and as ``tag_folder`` does.
    """
    path = journal or journal_of(root)
    if not path.exists():
        raise TagonautError(f"{root} was not tagged by Tagonaut: there is no journal {path}")
    summary = Summary(journal=path, dry_run=dry_run)
    with ExitStack() as stack:
        known = stack.enter_context(looked_at(path) if dry_run else opened(root, path))
        if known is not None:
            tools = Tools()
            stack.callback(tools.close)
            _work(root, known, tools, summary, stop or Stop())
    return summary


def _work(root: Path, journal: Journal, tools: Tools, summary: Summary, stop: Stop) -> None:
    def take_back(path: bytes) -> Outcome:
        return attempt(
            name_of(path), untag_photo, tools, journal, root, path, dry_run=summary.dry_run
        )

    paths = _tagged(root, journal, summary, stop)
    with ending(overlap(take_back, paths, workers=WRITERS, ahead=2 * WRITERS)) as outcomes:
        for outcome in track(outcomes, "taking tags back"):
            summary.add(outcome)


def _tagged(root: Path, journal: Journal, summary: Summary, stop: Stop) -> Iterator[bytes]:
    cleared: set[Path] = set()
    for path in journal.tagged():
        if stop.asked:
            summary.stopped = True
            return
        folder = (root / name_of(path)).parent
        # Once a folder, and before anything in it is under way.
        if folder not in cleared and not summary.dry_run:
            clear_temporaries(folder)
            cleared.add(folder)
        yield path
