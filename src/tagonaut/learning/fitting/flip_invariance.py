"""Flip invariance: whether pictures keep their labels upside down and on their side."""

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
    """``dihedral`` if turned pictures are recognised like upright ones, else ``horizontal``.

    ``network`` has a fitted head on frozen features, which never saw a turned picture. Its mAP on
    at most 400 validation pictures may fall by 0.02 if they are upside down or on their side.
    Pictures from above pass this test; photos with an up and a down do not. The second value
    describes the finding.
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
    invariant = min(found[1:]) >= found[0] - TOLERANCE
    note = (
        f"augment.flip = auto: validation mAP {found[0]:.3f} upright, {found[1]:.3f} upside down,"
        f" {found[2]:.3f} on the side: pictures are"
        f" {'flipped and turned' if invariant else 'flipped left to right'}"
    )
    return ("dihedral" if invariant else "horizontal"), note
