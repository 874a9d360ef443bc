"""Embeds pictures in a page, which then needs no other file."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A small JPEG of ``pixels[h, w, 3]``."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=78, optimize=True)
    return buffer.getvalue()


def data_uri(jpeg: bytes) -> str:
    """A JPEG as an address that a page can hold."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
