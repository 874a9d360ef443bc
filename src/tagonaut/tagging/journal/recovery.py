"""What a killed run has left open is settled."""

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
    """Find out of each write that a killed run left unfinished whether it took place.

    One whose file cannot be looked at, as while a disk is away, stays unfinished. What it left
    beside the file goes; nobody else may be writing there.
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
    stood = _stood_there(journal, write)
    try:
        found = digest(target)
        if found in {write.digest_before, write.digest_after, stood}:
            return found == write.digest_after
        if write.afresh and stood:
            # An older copy of ours stood there, with the same words: they cannot tell. As not
            # written, what stands there now is left alone.
            return False
        # Changed by somebody since: its fields have to tell.
        now = read_keywords(tool, target)
    except FileNotFoundError:
        # Where its folder is gone too, it may come back with it.
        return not write.digest_after if os.path.isdir(target.parent) else None  # noqa: PTH112
    except (OSError, PictureError):
        return None
    there, wanted = _traces(write, now)
    if write.run is None:
        # What was to be taken back and is there still can be taken back again.
        return there == wanted
    # A person may have taken one of the tags away since, or written one: most of the words tell.
    return 2 * there > wanted or wanted == 0


def _stood_there(journal: Journal, write: Write) -> str:
    """SHA-256 of what it was to take the place of; empty for nothing."""
    if write.digest_there is not None:
        return write.digest_there
    # Of a journal that an earlier version wrote.
    return (journal.last_digest(write.path) or "") if write.afresh else write.digest_before


def _traces(write: Write, now: Keywords) -> tuple[int, int]:
    """How many of the words that it put there or took away are so now, and of how many."""
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
