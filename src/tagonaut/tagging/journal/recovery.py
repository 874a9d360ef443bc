"""Recovery: after a run was killed, the writes that it had begun are settled."""

import os
from collections import Counter
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import clear_temporaries, digest, stamp_or_absent
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import WORD_FIELDS, Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.tagging.journal.journal import Journal
from tagonaut.tagging.journal.records import Write, name_of


def recover(journal: Journal, root: Path, tool: ExifTool) -> None:
    """Find out whether each unfinished write replaced its photo, and note that in the journal.

    A write stays unfinished if its file cannot be read, as while a disk is away. Temporary files
    beside it are removed; no other run may be writing there.
    """
    for write in journal.unfinished():
        target = root / name_of(write.path)
        clear_temporaries(target.parent)
        took_place = _took_place(journal, write, target, tool)
        if took_place:
            journal.done(write.number, stamp_or_absent(target))
        elif took_place is not None:
            journal.failed(write.number)


def _took_place(journal: Journal, write: Write, target: Path, tool: ExifTool) -> bool | None:
    replaced = _digest_replaced(journal, write)
    try:
        found = digest(target)
        if found in {write.digest_before, write.digest_after, replaced}:
            return found == write.digest_after
        if write.afresh and replaced:
            # The older copy of ours has the same words, so they prove nothing. If the write counts
            # as failed, the file that is there now is left alone.
            return False
        # Somebody has changed the file since: its fields are the evidence.
        now = read_keywords(tool, target)
    except FileNotFoundError:
        # A folder that is gone too may come back, and the file with it.
        return not write.digest_after if os.path.isdir(target.parent) else None  # noqa: PTH112
    except (OSError, PictureError):
        return None
    there, wanted = _traces(write, now)
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
