"""How training pictures are changed at random."""

from typing import Literal

from pydantic import Field

from tagonaut.settings import Settings

Flip = Literal["none", "horizontal", "dihedral", "auto"]

ROTATE_MOST, SHIFT_MOST, ZOOM_MOST, CROP_MOST, DISTORT_MOST = 180.0, 0.5, 0.9, 0.9, 0.5
COLOUR_MOST, HUE_MOST = 1.0, 0.5


class AugmentSettings(Settings):
    """Ranges, each the furthest that one picture is changed; by default nothing changes."""

    flip: Flip = Field(
        default="none",
        description="horizontal: half of the pictures mirrored left to right; dihedral: the eight"
        " flips and quarter turns, for pictures from straight above; auto: dihedral where a fitted"
        " head recognises turned validation pictures as well as upright ones, else horizontal",
    )
    rotate: float = Field(
        default=0.0,
        ge=0,
        le=ROTATE_MOST,
        description="degrees by which pictures are turned, either way",
    )
    shift: float = Field(
        default=0.0,
        ge=0,
        le=SHIFT_MOST,
        description="share of the side by which pictures are moved, across and down",
    )
    zoom: float = Field(
        default=0.0,
        ge=0,
        le=ZOOM_MOST,
        description="pictures are shown 1 - zoom to 1 / (1 - zoom) times as large",
    )
    crop: float = Field(
        default=0.0,
        ge=0,
        le=CROP_MOST,
        description="share of a picture's area that a random window, brought to full size, may"
        " leave out; its sides are up to 4 to 3",
    )
    distort: float = Field(
        default=0.0,
        ge=0,
        le=DISTORT_MOST,
        description="perspective: each corner is moved by up to half this share of the side",
    )
    brightness: float = Field(
        default=0.0,
        ge=0,
        le=COLOUR_MOST,
        description="values are multiplied by 1 / (1 + brightness) to 1 + brightness",
    )
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=COLOUR_MOST,
        description="distances from a channel's mean are multiplied by 1 / (1 + contrast) to"
        " 1 + contrast",
    )
    saturation: float = Field(
        default=0.0,
        ge=0,
        le=COLOUR_MOST,
        description="distances from grey are multiplied by 1 / (1 + saturation) to 1 + saturation;"
        " of red, green and blue alone",
    )
    hue: float = Field(
        default=0.0,
        ge=0,
        le=HUE_MOST,
        description="share of a full turn of the colour circle, either way; of red, green and blue"
        " alone",
    )
    rare: float = Field(
        default=1.0,
        ge=1,
        le=10,
        description="all ranges above are so many times as wide for pictures with a label that less"
        " than 5 % of the training pictures have",
    )
    mixup: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="alpha of the Beta distribution of the share that a laid-over second picture"
        " gets (0: no mixing; 0.2 is mild)",
    )
    cutmix: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="alpha of the Beta distribution of the share that a pasted piece of a second"
        " picture gets (0: no pasting); with mixup too, a coin decides for each picture",
    )
