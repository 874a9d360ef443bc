"""A raw file as small as can be."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

RED_ABOVE = np.zeros((32, 48, 3), dtype=np.uint8)
RED_ABOVE[:20] = (250, 30, 30)


def dng(path: Path, pixels: np.ndarray = RED_ABOVE, orientation: int = 1) -> Path:
    """A DNG of nothing but its preview, which has no EXIF; ExifTool reads it as one."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    jpeg = buffer.getvalue()
    entries: list[tuple[int, int, int, int | bytes | None]] = [
        (0xFE, 4, 1, 1), (0x100, 4, 1, 32), (0x101, 4, 1, 32), (0x103, 3, 1, 7), (0x106, 3, 1, 6),
        (0x111, 4, 1, None), (0x112, 3, 1, orientation), (0x115, 3, 1, 3),
        (0x117, 4, 1, len(jpeg)), (0xC612, 1, 4, b"\1\4\0\0"),
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(entries) + 4
    out = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, kind, count, value in entries:
        number = start if value is None else value
        text = number if isinstance(number, bytes) else struct.pack("<I", number)
        out += struct.pack("<HHI", tag, kind, count) + text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out + struct.pack("<I", 0) + jpeg)
    return path
