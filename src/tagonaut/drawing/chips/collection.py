"""A drawn collection of chips on disk: JPEG pictures, and their tags in Planet's table format."""

from functools import partial
from pathlib import Path

from tagonaut.drawing.chips.chip import check, draw
from tagonaut.drawing.folder import new_folder
from tagonaut.drawing.spread import spread
from tagonaut.errors import TagonautError

QUALITY = 90


def draw_chips(
    folder: Path,
    pictures: int,
    seed: int = 0,
    size: int = 128,
    labelled: bool = True,
    start: int = 0,
) -> Path:
    """Draw chips ``start`` to ``start + pictures - 1`` of a seed into a new folder.

    Labelled: ``folder/images/chip_00000.jpg`` and so on, and ``folder/labels.csv`` with one line
    ``image_name,tags`` per picture: its name without the extension, its tags with spaces between.
    That table's path is returned. Not labelled: the pictures lie in the folder itself, there is no
    table, and the folder's path is returned. Collections of one seed that share no index share no
    picture. ``TagonautError`` if the folder has something in it, or for a number out of range.
    """
    check(seed, start, size)
    if pictures < 1:
        raise TagonautError(f"cannot draw {pictures} pictures; a collection has at least one")
    images = folder / "images" if labelled else folder
    new_folder(folder, images)
    indices = range(start, start + pictures)
    tags = spread(partial(_draw_one, images, seed, size), indices, "drawing", pixels=size * size)
    rows = [f"{_name(k)},{' '.join(found)}" for k, found in zip(indices, tags, strict=True)]
    if not labelled:
        return folder
    table = folder / "labels.csv"
    text = "\n".join(["image_name,tags", *rows])
    table.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return table


def _draw_one(images: Path, seed: int, size: int, index: int) -> list[str]:
    chip, tags = draw(seed, index, size)
    chip.save(images / f"{_name(index)}.jpg", quality=QUALITY)
    return tags


def _name(index: int) -> str:
    return f"chip_{index:05d}"
