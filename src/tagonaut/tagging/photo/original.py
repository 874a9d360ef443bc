"""The file that a photo was before any tag of ours: rebuilt byte for byte where possible."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.files.atomic import digest
from tagonaut.files.delta import rebuild
from tagonaut.files.held import HeldFolder, private_file
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.sidecars import check_only_lists
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.photo.history import History


@dataclass(frozen=True)
class Original:
    """The file before the first write in force: its fields, its SHA-256, and the deltas to it.

    The first delta leads from the file as it is now to that before the last write, and so on.
    """

    fields: Keywords
    content: str
    deltas: Sequence[bytes]


def original_of(journal: Journal, known: History) -> Original | None:
    """The original of a photo that nobody touched since we wrote it; None if it cannot be had."""
    if not known.writes or not is_as_written(known):
        return None
    deltas, first = journal.deltas(known.writes), known.writes[-1]
    return None if deltas is None else Original(first.before, first.digest_before, deltas)


def is_as_written(known: History) -> bool:
    """Whether a photo is the file of our last write, and each write began with that before it."""
    return (
        bool(known.writes)
        and known.content == known.writes[0].digest_after
        and all(later.digest_before == one.digest_after for later, one in pairwise(known.writes))
    )


def rebuilt(
    original: Original, file: Path, new: Path, folder: HeldFolder, *, sidecar: bool
) -> bool:
    """Write the original to the path ``new``, from the photo's open ``file``, and check it.

    False, and nothing is left at ``new``, if that is not the very file; then its fields alone can
    be restored. ``folder`` takes the files between. Raises ``OSError``.
    """
    try:
        with ExitStack() as stack:
            source = file
            for packed in original.deltas[:-1]:
                between = stack.enter_context(private_file(folder))
                rebuild(source, packed, between.path)
                source = between.path
            rebuild(source, original.deltas[-1], new)
        if digest(new) != original.content:
            raise PictureError("what was rebuilt is not the original")
        # Whatever a journal says, untagging changes metadata alone.
        if sidecar:
            check_only_lists(file, new)
        else:
            check_pixels(file, new, exif=False)
    except PictureError:
        new.unlink(missing_ok=True)
        return False
    return True
