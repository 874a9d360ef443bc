"""What a killed run has left open is settled."""

import os
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import lacking
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.records import Write, name_of
from tagonaut.tagging.replacing import digest, stamp_or_absent


def recover(journal: Journal, root: Path, tool: ExifTool) -> None:
    """Find out of each write that a killed run left unfinished whether it took place.

    One whose file cannot be looked at, as while a disk is away, stays unfinished.
    """
    for write in journal.unfinished():
        target = root / name_of(write.path)
        took_place = _took_place(write, target, tool)
        if took_place:
            journal.done(write.number, stamp_or_absent(target))
        elif took_place is not None:
            journal.failed(write.number)


def _took_place(write: Write, target: Path, tool: ExifTool) -> bool | None:
    try:
        found = digest(target)
        if found in {write.digest_before, write.digest_after}:
            return found == write.digest_after
        # Changed by somebody since. Tags are ours if they are there; what was to be taken back
        # and is there still can be taken back again.
        now = read_keywords(tool, target)
    except FileNotFoundError:
        # Where its folder is gone too, it may come back with it.
        return not write.digest_after if os.path.isdir(target.parent) else None  # noqa: PTH112
    except (OSError, PictureError):
        return None
    before, after = write.before, write.after
    ours = lacking(before.subject or (), after.subject or ())
    iptc = lacking(before.iptc or (), after.iptc or ())
    there = not lacking(now.subject or (), ours) and not lacking(now.iptc or (), iptc)
    gone = not {*write.taken} & {*(now.subject or ()), *(now.iptc or ())}
    return write.run is not None and there and gone
