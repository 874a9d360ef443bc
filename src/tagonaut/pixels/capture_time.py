"""The camera that took a photo, the time on its clock, and the document that it became."""

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

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
        return _time_of(ask("capture_time", path).value)
    except PictureError:
        return None


def origin(path: Path) -> tuple[CaptureTime | None, tuple[str, ...]]:
    """The camera and the time, not of a PNG, and the ids of the document in the photo's XMP."""
    try:
        taken, documents = ask("origin", path).value
    except PictureError:
        return None, ()
    return _time_of(taken), tuple(map(str, documents))


def _time_of(texts: Any) -> CaptureTime | None:
    try:
        make, model, serial, time, fraction = map(str, texts)
        taken = datetime.strptime(time, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    seconds = (taken - datetime(1970, 1, 1)).total_seconds()
    if fraction.isdecimal():
        seconds += float(f"0.{fraction}")
    return CaptureTime((make, model, serial), seconds)
