"""The drawn film on disk: JPEG frames, and a table with a column a character."""

from pathlib import Path
from typing import NamedTuple

from tagonaut.drawing.folder import new_folder
from tagonaut.drawing.spread import spread
from tagonaut.errors import TagonautError
from tagonaut_samples.cartoon.challenge import distortion, draw_distorted, indices
from tagonaut_samples.cartoon.frames import check, draw
from tagonaut_samples.cartoon.script import LABELS, moment

QUALITY = 90


class _Order(NamedTuple):
    """One frame to be drawn; undistorted without a distortion's name."""

    folder: Path
    seed: int
    number: int  # of the frame in the film
    size: int
    distortion: str


def draw_cartoon(
    folder: Path,
    pictures: int,
    seed: int = 0,
    size: int = 256,
    start: int = 0,
    challenge: int = 0,
) -> Path:
    """Draw frames ``start`` to ``start + pictures - 1`` of a seed's film into a new folder.

    ``folder/images/frame0.jpg`` and so on, ``size`` pixels wide, and ``folder/labels.csv`` with
    the columns ``filename,fox,owl,scene``: 1 where the character is in the frame, else 0, and
    the scene, ``s0003``, for splits that keep scenes together. With ``challenge``, that number
    of distorted frames of later scenes in ``folder/challenge``, and ``folder/challenge.csv``
    with the column ``distortion`` besides. Returns the path of ``labels.csv``. ``TagonautError`` if
    the folder has something in it, or for a number out of range.
    """
    check(seed, start, size)
    if pictures < 1 or challenge < 0:
        raise TagonautError(
            f"cannot draw {pictures} pictures and {challenge} distorted ones; "
            "a collection has at least one picture"
        )
    images, hard = folder / "images", folder / "challenge"
    new_folder(folder, *((images, hard) if challenge else (images,)))
    orders = [_Order(images, seed, start + k, size, "") for k in range(pictures)]
    orders += [
        _Order(hard, seed, index, size, distortion(seed, number))
        for number, index in enumerate(indices(start + pictures, challenge))
    ]
    rows = list(spread(_drawn, orders, "drawing", pixels=size * size))
    if challenge:
        names = [f",{order.distortion}" for order in orders[pictures:]]
        lines = [row + name for row, name in zip(rows[pictures:], names, strict=True)]
        _write(folder / "challenge.csv", ",distortion", lines)
    return _write(folder / "labels.csv", "", rows[:pictures])


def _drawn(order: _Order) -> str:
    """Draw and save one frame; its line of the table."""
    folder, seed, index, size, name = order
    if name:
        picture, tags = draw_distorted(seed, index, name, size)
    else:
        picture, tags = draw(seed, index, size)
    file = f"frame{index}.jpg"
    picture.save(folder / file, quality=QUALITY)
    bits = ",".join(str(int(label in tags)) for label in LABELS)
    return f"{file},{bits},s{moment(seed, index).scene:04d}"


def _write(table: Path, more: str, lines: list[str]) -> Path:
    header = f"filename,{','.join(LABELS)},scene{more}"
    table.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8", newline="\n")
    return table
