"""A drawn collection of any kind."""

from pathlib import Path
from typing import Literal, get_args

from tagonaut_samples.amazon.collection import draw_amazon
from tagonaut_samples.cartoon.collection import draw_cartoon
from tagonaut_samples.orbit.collection import draw_orbit

from tagonaut.drawing.chips_collection import draw_chips
from tagonaut.errors import TagonautError, nearest

Kind = Literal["amazon", "orbit", "cartoon", "chips"]


def draw(
    folder: Path,
    kind: Kind,
    pictures: int,
    *,
    seed: int = 0,
    size: int | None = None,
    start: int = 0,
    tif: bool = False,
    challenge: int = 0,
    labelled: bool = True,
) -> Path:
    """Draw a collection into a new folder; returns what ``read`` takes: its table, or the folder.

    ``amazon``: satellite chips with 17 labels as Planet's (``tif``: in four bands too); ``orbit``:
    astronauts' photos with keywords in their metadata; ``cartoon``: a film's frames with two
    characters (``challenge``: so many distorted ones beside); ``chips``: satellite chips with nine
    frequent labels. ``size``: pixels of the longer side, default the kind's own. ``labelled``:
    orbit and chips can be drawn without. The same seed and index give the same picture. Raises
    ``TagonautError`` for what does not go together, or a folder with something in it.
    """
    sizes = {} if size is None else {"size": size}
    if tif and kind != "amazon":
        raise TagonautError("--tif goes with --kind amazon: other pictures have no further bands")
    if challenge and kind != "cartoon":
        raise TagonautError("--challenge goes with --kind cartoon")
    if not labelled and kind not in {"orbit", "chips"}:
        raise TagonautError("--unlabelled goes with --kind orbit or chips")
    match kind:
        case "amazon":
            return draw_amazon(folder, pictures, seed=seed, start=start, tif=tif, **sizes)
        case "orbit":
            return draw_orbit(folder, pictures, seed=seed, start=start, labelled=labelled, **sizes)
        case "cartoon":
            return draw_cartoon(
                folder, pictures, seed=seed, start=start, challenge=challenge, **sizes
            )
        case "chips":
            return draw_chips(folder, pictures, seed=seed, start=start, labelled=labelled, **sizes)
    raise TagonautError(f"there is no kind of collection {nearest(kind, get_args(Kind))}")
