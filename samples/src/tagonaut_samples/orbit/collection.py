"""A drawn collection on disk: a folder of photos a mission, their labels in their metadata."""

from functools import partial
from pathlib import Path

from tagonaut.drawing.folder import new_folder
from tagonaut.drawing.spread import spread
from tagonaut.errors import TagonautError
from tagonaut_samples.orbit.keywording import written
from tagonaut_samples.orbit.passes import frame
from tagonaut_samples.orbit.photo import photo
from tagonaut_samples.orbit.segments import jpeg


def draw_orbit(
    folder: Path,
    pictures: int,
    seed: int = 0,
    size: int = 3000,
    start: int = 0,
    labelled: bool = True,
) -> Path:
    """Draw photos ``start`` to ``start + pictures - 1`` of a seed into a new folder, and return it.

    They are ``size`` pixels along the longer side, 3 : 2, and lie in folders by mission:
    ``folder/mission-12/m012-e-00345.jpg``. Labelled: with keywords in their metadata, where
    ``passes.frame`` tells the labels. The same seed and index give the same photo, whatever else
    is drawn; collections of one seed that share no index share no photo, but may share a pass.
    ``TagonautError`` if the folder has something in it, or for a number out of range.
    """
    if pictures < 1 or seed < 0 or start < 0 or not 64 <= size <= 8000:
        raise TagonautError(
            f"cannot draw {pictures} photos from {start} of seed {seed} at {size} pixels: draw one"
            " or more, numbers start at 0, sizes go from 64 to 8000"
        )
    indices = range(start, start + pictures)
    missions = {frame(seed, index).mission for index in indices}
    new_folder(folder, *(folder / f"mission-{mission}" for mission in sorted(missions)))
    draw = partial(_draw, folder, seed, size, labelled)
    for _ in spread(draw, indices, "drawing", pixels=size * size * 2 // 3):
        pass
    return folder


def _draw(folder: Path, seed: int, size: int, labelled: bool, index: int) -> None:
    taken = frame(seed, index)
    (folder / taken.name).write_bytes(jpeg(photo(taken, size), taken, written(taken, labelled)))
