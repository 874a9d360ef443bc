"""The drawn Amazon collection on disk: files and table as Planet's are."""

from functools import partial
from pathlib import Path

from tagonaut.drawing.folder import new_folder
from tagonaut.drawing.spread import spread
from tagonaut.errors import TagonautError
from tagonaut_samples.amazon.chips import check, draw
from tagonaut_samples.amazon.views import levels, picture

QUALITY = 90


def draw_amazon(
    folder: Path,
    pictures: int,
    seed: int = 0,
    size: int = 256,
    start: int = 0,
    tif: bool = False,
) -> Path:
    """Draw chips ``start`` to ``start + pictures - 1`` of a seed into a new folder.

    ``folder/train-jpg/train_0.jpg`` and so on, with ``tif`` also ``folder/train-tif/train_0.tif``
    (16 bits, blue, green, red, near-infrared), and ``folder/labels.csv`` with a line
    ``image_name,tags`` a chip: its name without the extension, its tags with spaces between. That
    table's path is returned. Collections of one seed that share no index share no chip.
    ``TagonautError`` if the folder has something in it, or for a number out of range.
    """
    check(seed, start, size)
    if pictures < 1:
        raise TagonautError(f"cannot draw {pictures} pictures; a collection has at least one")
    new_folder(folder, folder / "train-jpg", *([folder / "train-tif"] if tif else []))
    write = partial(_written, folder, seed, size, tif)
    indices = range(start, start + pictures)
    rows = ["image_name,tags"]
    for index, tags in zip(
        indices, spread(write, indices, "drawing", pixels=size * size), strict=True
    ):
        rows.append(f"train_{index},{' '.join(tags)}")
    table = folder / "labels.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")
    return table


def _written(folder: Path, seed: int, size: int, tif: bool, index: int) -> list[str]:
    """Draw and write one chip; its tags."""
    bands, tags = draw(seed, index, size)
    picture(bands).save(folder / "train-jpg" / f"train_{index}.jpg", quality=QUALITY)
    if tif:
        import tifffile

        tifffile.imwrite(
            folder / "train-tif" / f"train_{index}.tif",
            levels(bands),
            photometric="rgb",
            planarconfig="contig",
            extrasamples=["assocalpha"],
            metadata=None,
            software=False,
        )
    return tags
