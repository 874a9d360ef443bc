"""Recovery: after a run was killed, the writes that it had begun are settled."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import ABSENT, Stamp, clear_temporaries, digest
from tagonaut.files.held import Root
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.records import Write, name_of


def recover(journal: Journal, root: Path, tool: ExifTool) -> None:
    """Find out whether each unfinished write replaced its photo, and note that in the journal.

    A write stays unfinished if its file cannot be read, as while a disk is away. Temporary files
    beside it are removed; no other run may be writing there. Raises ``PictureError`` for a path
    that leads out of the folder.
    """
    with Root(root) as held:
        for write in journal.unfinished():
            name = name_of(write.path)
            with suppress(OSError, PictureError), held.below(name.parent) as folder:
                clear_temporaries(folder)
            took_place = _took_place(journal, write, held, tool)
            if took_place:
                journal.done(write.number, _left(held, name))
            elif took_place is not None:
                journal.failed(write.number)


def _left(root: Root, name: Path) -> Stamp:
    with suppress(FileNotFoundError), root.below(name.parent) as folder:
        return Stamp.of(folder.stat(name.name))
    return ABSENT


def _took_place(journal: Journal, write: Write, root: Root, tool: ExifTool) -> bool | None:
    name = name_of(write.path)
    try:
        folder = root.below(name.parent)
    except (OSError, PictureError):
        # A folder that is gone may come back, and the file with it.
        return None
    with folder:
        try:
            with folder.file(name.name) as file:
                return _is_written(journal, write, file, tool)
        except FileNotFoundError:
            return not write.digest_after
        except (OSError, PictureError):
            return None


def _is_written(journal: Journal, write: Write, file: Path, tool: ExifTool) -> bool:
    replaced = _digest_replaced(journal, write)
    found = digest(file)
    if found in {write.digest_before, write.digest_after, replaced}:
        return found == write.digest_after
    if write.afresh and replaced:
        # The older copy of ours has the same words, so they prove nothing. If the write counts as
        # failed, the file that is there now is left alone.
        return False
    # Somebody has changed the file since: its fields are the evidence.
    there, wanted = _traces(write, read_keywords(tool, file))
    if write.run is None:
        # A tag that is still there can be removed again.
        return there == wanted
    # A person may have removed or added one of the tags since: the majority of the words decides.
    return 2 * there > wanted or wanted == 0


def _digest_replaced(journal: Journal, write: Write) -> str:
    """SHA-256 of the file that the write was to replace; empty if there was none."""
    if write.digest_there is not None:
        return write.digest_there
    # Journals of earlier versions do not have it.
    return (journal.last_digest(write.path) or "") if write.afresh else write.digest_before


def _traces(write: Write, now: Keywords) -> tuple[int, int]:
    """How many of the words that the write added or removed are so now, and their number."""
    there = wanted = 0
    for field in WORD_FIELDS:
        was, left, found = (
            Counter(one.words(field) or ()) for one in (write.before, write.after, now)
        )
        for word in was.keys() | left.keys():
            change, since = left[word] - was[word], found[word] - was[word]
            wanted += abs(change)
            if change * since > 0:
                there += min(abs(change), abs(since))
    return there, wanted
