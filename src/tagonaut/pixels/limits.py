"""Checks what a picture claims before it is decoded: its pixels, and the memory for them."""

from tagonaut.limits import MEMORY, PIXELS


def check_pixels(width: int, height: int) -> None:
    """Raise ``PictureError`` for a picture over the limit; it names the way to raise that."""
    PIXELS.check(width * height, f"{width} × {height} pixels are")


def check_memory(width: int, height: int, bytes_per_pixel: int, *, besides: int = 0) -> None:
    """Raise ``PictureError`` if the decoding of a picture would take too much memory.

    ``bytes_per_pixel`` counts every copy that is held at the same time; ``besides`` are bytes that
    do not depend on the pixels.
    """
    claim = f"{width} × {height} pixels of {bytes_per_pixel} bytes, copies included, are"
    MEMORY.check(width * height * bytes_per_pixel + besides, claim)
