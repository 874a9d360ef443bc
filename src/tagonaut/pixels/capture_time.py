"""The camera that took a photo, and the time on its clock."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tagonaut.errors import PictureError
from tagonaut.pixels.decoder import ask


class CaptureTime(NamedTuple):
    """The camera that took a photo (make, model, serial number), and the time on its clock.

    ``seconds`` count from 1970, as if the camera's clock were Greenwich's.
    """

    camera: tuple[str, str, str]
    seconds: float


def capture_time(path: Path) -> CaptureTime | None:
    """The camera and the time in a photo's Exif data; None if there is no (readable) time."""
    try:
        make, model, serial, time, fraction = map(str, ask("capture_time", path).value)
        taken = datetime.strptime(time, "%Y:%m:%d %H:%M:%S")
    except (PictureError, ValueError):
        return None
    seconds = (taken - datetime(1970, 1, 1)).total_seconds()
    if fraction.isdecimal():
        seconds += float(f"0.{fraction}")
    return CaptureTime((make, model, serial), seconds)
