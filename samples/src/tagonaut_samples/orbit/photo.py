"""One photo, drawn and developed."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tagonaut_samples.orbit.developing import developed
from tagonaut_samples.orbit.passes import Frame
from tagonaut_samples.orbit.scene import scene
from tagonaut_samples.orbit.shot import Shot

BROAD = 1200  # pixels along the longer side at which a scene is drawn; finer there is only grain


@dataclass(frozen=True)
class Photo:
    """The picture as it lies in the file, and how wide the camera saw, in degrees."""

    image: Image.Image
    across: float


def photo(frame: Frame, size: int) -> Photo:
    """The photo of a frame, ``size`` pixels along its longer side, 3 : 2.

    An orientation of 6 or 8 is that of a photo that is seen upright when turned.
    """
    jitter = np.random.default_rng((4, *frame.pass_seed, frame.index))
    width, height = size, max(1, round(size * 2 / 3))
    broad = min(size, BROAD)
    wide, high = broad, max(1, round(broad * 2 / 3))
    if frame.orientation != 1:
        width, height, wide, high = height, width, high, wide
    sway = 0.012 * jitter.uniform(-1, 1, 2) if frame.seconds else (0.0, 0.0)
    rng = np.random.default_rng((3, *frame.pass_seed))
    shot = Shot(wide, high, rng, frame.seconds, (float(sway[0]), float(sway[1])))
    drawn = scene(shot, frame.labels)
    drawn.picture[:] *= np.float32(jitter.uniform(0.97, 1.03))
    image = developed(drawn.picture, drawn.detail, width, height, jitter, drawn.noise)
    if frame.orientation == 6:
        image = image.transpose(Image.Transpose.ROTATE_90)
    elif frame.orientation == 8:
        image = image.transpose(Image.Transpose.ROTATE_270)
    return Photo(image, drawn.across)
