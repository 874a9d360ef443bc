"""The settings of augmentation: random changes of training pictures."""

from typing import Literal

from pydantic import Field

from tagonaut.settings import Settings

Flip = Literal["none", "horizontal", "dihedral", "auto"]

ROTATE_MOST, SHIFT_MOST, ZOOM_MOST, CROP_MOST, DISTORT_MOST = 180.0, 0.5, 0.9, 0.9, 0.5
COLOUR_MOST, HUE_MOST = 1.0, 0.5


class AugmentSettings(Settings):
    """The largest changes of a picture; by default, pictures are not changed."""

    flip: Flip = Field(
        default="none",
        description="random flips: none; horizontal, left to right; dihedral, the eight flips and"
        " quarter turns, for pictures from straight above; auto, dihedral if a fitted head"
        " recognises turned validation pictures as well as upright ones, otherwise horizontal",
    )
    rotate: float = Field(
        default=0.0,
        ge=0,
        le=ROTATE_MOST,
        description="largest rotation in degrees, in either direction",
    )
    shift: float = Field(
        default=0.0,
        ge=0,
        le=SHIFT_MOST,
        description="largest shift as a share of the side, in either direction",
    )
    zoom: float = Field(
        default=0.0,
        ge=0,
        le=ZOOM_MOST,
        description="pictures are scaled by a factor from 1 - zoom to 1 / (1 - zoom)",
    )
    crop: float = Field(
        default=0.0,
        ge=0,
        le=CROP_MOST,
        description="random crop: largest share of the area that it leaves out; its sides have"
        " ratios up to 4:3",
    )
    distort: float = Field(
        default=0.0,
        ge=0,
        le=DISTORT_MOST,
        description="random perspective: each corner moves by up to half this share of the side",
    )
    brightness: float = Field(
        default=0.0,
        ge=0,
        le=COLOUR_MOST,
        description="values are multiplied by a factor from 1 / (1 + brightness) to 1 + brightness",
    )
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=COLOUR_MOST,
        description="distances from a channel's mean are multiplied by a factor from"
        " 1 / (1 + contrast) to 1 + contrast",
    )
    saturation: float = Field(
        default=0.0,
        ge=0,
        le=COLOUR_MOST,
        description="distances from grey are multiplied by a factor from 1 / (1 + saturation) to"
        " 1 + saturation; red, green and blue only",
    )
    hue: float = Field(
        default=0.0,
        ge=0,
        le=HUE_MOST,
        description="largest rotation of the colour circle, as a share of a full turn, in either"
        " direction; red, green and blue only",
    )
    rare: float = Field(
        default=1.0,
        ge=1,
        le=10,
        description="factor that widens all ranges above for pictures with a rare label (one of"
        " fewer than 5 % of the training pictures)",
    )
    mixup: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="mixup: alpha of the Beta distribution from which the share of a blended second"
        " picture is drawn; 0 disables, 0.2 is mild",
    )
    cutmix: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="cutmix: alpha of the Beta distribution from which the share of a pasted part"
        " of a second picture is drawn; 0 disables; with mixup, each picture gets one of them",
    )
