"""Raw files: not their pixels are read, but the JPEG that the camera embedded."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.metadata.exiftool import PREVIEW_SHARE, ExifTool

SUFFIXES = frozenset(
    {".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".pef", ".srw"}
)

# The largest first: of several, one is a small picture for the camera's screen.
_PREVIEWS = ("JpgFromRaw", "PreviewImage", "OtherImage")


def is_raw(path: Path) -> bool:
    """Whether the file's name says that it is a raw file."""
    return path.suffix.lower() in SUFFIXES


@contextmanager
def preview(tool: ExifTool, path: Path) -> Iterator[Path]:
    """A file with the largest picture that is embedded in a raw file, as a JPEG, upright.

    Raises ``PictureError`` if there is none.
    """
    with tool.names([path]) as (name,):
        found = (tool.execute(["-b", f"-{tag}", name], share=PREVIEW_SHARE)[0] for tag in _PREVIEWS)
        best = next((jpeg for jpeg in found if jpeg.startswith(b"\xff\xd8\xff")), None)
        orientation, _ = tool.execute(["-s3", "-n", "-Orientation", name])
    if best is None:
        raise PictureError("a raw file without an embedded picture: only that could be scored")
    with tempfile.TemporaryDirectory(prefix="tagonaut-") as folder:
        file = Path(folder) / "preview.jpg"
        file.write_bytes(_upright(best, orientation.strip()))
        yield file


def _upright(jpeg: bytes, orientation: bytes) -> bytes:
    """The JPEG with the raw file's orientation, unless it has EXIF of its own."""
    if b"Exif\0\0" in jpeg[:64] or orientation not in {b"%d" % way for way in range(2, 9)}:
        return jpeg
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, int(orientation), 0)
    block = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]
