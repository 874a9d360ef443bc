"""Flips pictures; rotates, shifts, zooms, crops and distorts them in a single resampling.

Positions are those of ``torch.nn.functional.grid_sample``: -1 to 1 from the outer edge of the first
pixel to that of the last, x to the right, y down. A ``sampling[n, 3, 3]`` matrix maps positions
(x, y, 1) in the changed picture to positions in the original; positions outside of it take the
nearest pixel. Matrices are multiplied, so that pictures are resampled, and blurred, only once.
"""

import torch
from torch.nn.functional import grid_sample

from tagonaut.pixels.augment.random_ranges import RandomRanges
from tagonaut.pixels.augment.settings import (
    CROP_MOST,
    DISTORT_MOST,
    ROTATE_MOST,
    SHIFT_MOST,
    ZOOM_MOST,
    AugmentSettings,
    Flip,
)

SQUARE = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
LONGEST_SIDE = 4 / 3


def flipped(pictures: torch.Tensor, flip: Flip, ranges: RandomRanges) -> torch.Tensor:
    """``pictures[n, c, s, s]``, flipped: their pixels are rearranged, none is changed."""
    if flip == "none":
        return pictures
    pictures = _some(ranges, pictures.flip(3), pictures)
    if flip == "dihedral":
        pictures = _some(ranges, pictures.flip(2), pictures)
        pictures = _some(ranges, pictures.transpose(2, 3), pictures)
    return pictures


def warped(pictures: torch.Tensor, settings: AugmentSettings, ranges: RandomRanges) -> torch.Tensor:
    """Windows of ``pictures[n, c, s, s]``, rotated, zoomed, shifted and distorted."""
    if not any((settings.rotate, settings.shift, settings.zoom, settings.crop, settings.distort)):
        return pictures
    sampling = (
        _cropped(settings, ranges)
        @ rotation(ranges.width(settings.rotate, ROTATE_MOST) * ranges.uniform())
        @ zoom((1 - ranges.width(settings.zoom, ZOOM_MOST)) ** ranges.uniform())
        @ shift(ranges.width(settings.shift, SHIFT_MOST)[:, None] * ranges.uniform(2))
        # Last, since the horizon of a perspective must never lie within the frame.
        @ _distorted(settings, ranges)
    )
    return resampled(pictures, sampling)


def resampled(pictures: torch.Tensor, sampling: torch.Tensor) -> torch.Tensor:
    """``pictures[n, c, s, s]``, resampled bilinearly by ``sampling[n, 3, 3]``."""
    side = pictures.shape[-1]
    steps = (torch.arange(side, device=pictures.device) * 2 + 1) / side - 1
    x, y = steps.repeat(side), steps.repeat_interleave(side)
    x, y, depth = (sampling @ torch.stack([x, y, torch.ones_like(x)])).unbind(1)
    grid = torch.stack([x / depth, y / depth], dim=2).unflatten(1, (side, side))
    return grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def rotation(degrees: torch.Tensor) -> torch.Tensor:
    """Rotate by ``degrees[n]`` about the centre, anticlockwise."""
    angle = degrees.deg2rad()
    one, zero = torch.ones_like(angle), torch.zeros_like(angle)
    cos, sin = angle.cos(), angle.sin()
    return _matrix([[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]])


def zoom(width: torch.Tensor) -> torch.Tensor:
    """Show the central ``width[n]`` of the side: less than 1 enlarges."""
    return window(torch.zeros(len(width), 2, device=width.device), width[:, None].expand(-1, 2))


def shift(by: torch.Tensor) -> torch.Tensor:
    """Shift by ``by[n, 2]`` sides, right and down."""
    return window(-2 * by, torch.ones_like(by))


def window(middle: torch.Tensor, sides: torch.Tensor) -> torch.Tensor:
    """Show the window around the position ``middle[n, 2]``, ``sides[n, 2]`` of the side large."""
    one, zero = torch.ones_like(sides[:, 0]), torch.zeros_like(sides[:, 0])
    (x, y), (width, height) = middle.unbind(1), sides.unbind(1)
    return _matrix([[width, zero, x], [zero, height, y], [zero, zero, one]])


def perspective(corners: torch.Tensor) -> torch.Tensor:
    """Show the area between the positions ``corners[n, 4, 2]``, clockwise from the upper left."""
    x, y = corners.new_tensor(SQUARE).expand(len(corners), -1, -1).unbind(2)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    u, v = corners.unbind(2)
    # For the matrix [[a, b, c], [d, e, f], [g, h, 1]]: a x + b y + c - u (g x + h y) = u; so v.
    across = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=2)
    down = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=2)
    found = torch.linalg.solve(torch.cat([across, down], dim=1), torch.cat([u, v], dim=1))
    return torch.cat([found, one[:, :1]], dim=1).unflatten(1, (3, 3))


def _cropped(settings: AugmentSettings, ranges: RandomRanges) -> torch.Tensor:
    """A window with 1 - crop to all of the area, anywhere in the picture."""
    area = 1 - ranges.width(settings.crop, CROP_MOST) * (ranges.uniform() + 1) / 2
    # In a window with nearly all of the area, neither side can be much longer than the other.
    longest = (1 / area).clamp(max=LONGEST_SIDE)
    shape = longest ** ranges.uniform()
    sides = torch.stack([(area * shape).sqrt(), (area / shape).sqrt()], dim=1)
    return window(ranges.uniform(2) * (1 - sides), sides)


def _distorted(settings: AugmentSettings, ranges: RandomRanges) -> torch.Tensor:
    # Half a share of the side is a whole share of the distance from the middle to the edge.
    reach = ranges.width(settings.distort, DISTORT_MOST)[:, None, None]
    return perspective(reach.new_tensor(SQUARE) + reach * ranges.uniform(4, 2))


def _matrix(rows: list[list[torch.Tensor]]) -> torch.Tensor:
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def _some(ranges: RandomRanges, changed: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    return torch.where(ranges.coin_flips().view(-1, 1, 1, 1), changed, pictures)
