"""A drawn collection on disk: JPEG pictures, and their tags in the table format of Planet."""

from pathlib import Path

from tagonaut.drawing.chips import check, draw
from tagonaut.errors import TagonautError
from tagonaut.progress import track

QUALITY = 90


def draw_collection(
    folder: Path,
    pictures: int,
    seed: int = 0,
    size: int = 128,
    labelled: bool = True,
    start: int = 0,
) -> Path:
    """Draw chips ``start`` to ``start + pictures - 1`` of a seed into a new folder.

    Labelled: ``folder/images/chip_00000.jpg`` and so on, and ``folder/labels.csv`` with a line
    ``image_name,tags`` a picture: its name without the extension, its tags with spaces between.
    That table's path is returned. Not labelled: the pictures lie in the folder itself, there is
    no table, and the folder's path is returned. Collections of one seed that share no index
    share no picture. ``TagonautError`` if the folder has something in it, or for a number out of
    range.
    """
    check(seed, start, size)
    if pictures < 1:
        raise TagonautError(f"cannot draw {pictures} pictures; a collection has at least one")
    images = folder / "images" if labelled else folder
    _make(folder, images)
    rows = ["image_name,tags"]
    for index in track(range(start, start + pictures), "drawing"):
        chip, tags = draw(seed, index, size)
        name = f"chip_{index:05d}"
        chip.save(images / f"{name}.jpg", quality=QUALITY)
        rows.append(f"{name},{' '.join(tags)}")
    if not labelled:
        return folder
    table = folder / "labels.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    return table


def _make(folder: Path, images: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise TagonautError(f"{folder} is a file; name a new folder to draw into")
    if folder.exists() and any(folder.iterdir()):
        raise TagonautError(f"{folder} is not empty; name a new folder to draw into")
    try:
        images.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TagonautError(f"cannot make the folder {images}: {error.strerror}") from error
