"""The photo that a sidecar in an archive belongs to."""

import os
from pathlib import Path

from tagonaut.metadata.sidecars import photo_of
from tagonaut.tagging.journal import Journal, name_of


def photo_of_sidecar(journal: Journal, root: Path, path: bytes) -> bytes | None:
    """The path of the photo to which the sidecar at ``path`` belongs; None for a photo.

    The journal knows it of a sidecar with tags of ours; of one that was moved or copied, the files
    beside it tell, as for any sidecar. Raises ``PictureError`` as ``name_of`` does.
    """
    known = journal.photo_of(path)
    name = name_of(path)
    if known is not None or name.suffix.lower() != ".xmp":
        return known
    return os.fsencode(photo_of(root / name).relative_to(root))
