"""Raw files and the like: their pixels are not read, but the JPEG that is embedded in them."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagonaut.errors import PictureError
from tagonaut.metadata.exiftool import PREVIEW_SHARE, ExifTool

# Those of ExifTool's list of file types that hold a camera's raw picture.
_CAMERA = (
    ".3fr .ari .arq .arw .ciff .cr2 .cr3 .crw .cs1 .dcr .dng .eip .erf .fff .gpr .iiq .k25 .kdc"
    " .mef .mos .mrw .nef .nrw .orf .ori .pef .raf .raw .rw2 .rwl .rwz .sr2 .srf .srw .x3f"
)
CAMERA_SUFFIXES = frozenset(_CAMERA.split())
# Pictures of programs and archives that are not decoded, but may hold a preview.
_PREVIEWED = {".j2k", ".jp2", ".jpf", ".jpm", ".jpx", ".jxl", ".psb", ".psd", ".psdt"}
SUFFIXES = CAMERA_SUFFIXES | _PREVIEWED

# The largest first: of several, one is a small picture for the camera's screen.
_PREVIEWS = ("JpgFromRaw", "PreviewImage", "OtherImage")
_SMALL_PREVIEWS = ("PhotoshopThumbnail", "ThumbnailImage")


class NoPreviewError(PictureError):
    """A picture that is read by its preview alone, and has none."""


def is_raw(path: Path) -> bool:
    """Whether the file's name says that only its embedded preview is read: a raw file's, mostly."""
    return path.suffix.lower() in SUFFIXES


def is_camera_raw(path: Path) -> bool:
    """Whether the file's name says that it is a camera's raw file."""
    return path.suffix.lower() in CAMERA_SUFFIXES


@contextmanager
def preview(tool: ExifTool, path: Path) -> Iterator[Path]:
    """A file with the largest picture that is embedded in a raw file, as a JPEG, upright.

    Raises ``PictureError`` if there is none, ``NoPreviewError`` for a file of no camera.
    """
    camera = is_camera_raw(path)
    tags = _PREVIEWS if camera else (*_PREVIEWS, *_SMALL_PREVIEWS)
    with tool.names([path]) as (name,):
        found = (tool.execute(["-b", f"-{tag}", name], share=PREVIEW_SHARE)[0] for tag in tags)
        best = next((jpeg for jpeg in found if jpeg.startswith(b"\xff\xd8\xff")), None)
        orientation, _ = tool.execute(["-s3", "-n", "-Orientation", name])
    if best is None and not camera:
        raise NoPreviewError("it has no embedded picture: only that could be scored")
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
