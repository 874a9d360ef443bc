"""Whether pictures may be turned: do they mean the same upside down and on their side?"""

from typing import Literal

import numpy as np

from tagonaut.deciding import mean_average_precision
from tagonaut.learning.fitting.examples import Examples
from tagonaut.models.network import Network, score_pixels
from tagonaut.pixels.preprocessing import Pixels, Preprocessing

TOLERANCE = 0.02
MOST_PICTURES = 400


def find_flip(
    network: Network,
    preprocessing: Preprocessing,
    pixels: Pixels,
    examples: Examples,
) -> tuple[Literal["dihedral", "horizontal"], str]:
    """``dihedral`` where turned pictures are recognised like upright ones, else ``horizontal``.

    ``network`` has a fitted head on frozen features, which never saw a turned picture. Its mAP on
    validation pictures (400 at most) upside down and on their side may be lower by 0.02. Pictures
    from above pass, photos with an up and a down do not. The second value says what was found.
    """
    rows = examples.validation[:MOST_PICTURES]
    targets, known = examples.targets[rows], examples.known[rows]
    upright = np.ascontiguousarray(pixels[rows])
    turned = (upright, upright[:, ::-1], upright.transpose(0, 2, 1, 3))
    everything = np.arange(len(rows))
    found = [
        mean_average_precision(
            targets, score_pixels(network, view, everything, preprocessing), known=known
        )
        for view in turned
    ]
    turns = min(found[1:]) >= found[0] - TOLERANCE
    told = (
        f"validation mAP {found[0]:.3f} upright, {found[1]:.3f} upside down, {found[2]:.3f} on"
        f" the side: pictures are {'flipped and turned' if turns else 'flipped left to right'}"
    )
    return ("dihedral" if turns else "horizontal"), told
