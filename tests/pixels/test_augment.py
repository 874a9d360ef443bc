"""Random changes of training pictures: exact where they can be, within their ranges elsewhere."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from pydantic import ValidationError

from tagonaut.pixels.augment import AugmentSettings, augment, mix, rare_strength, views
from tagonaut.pixels.augment.colour import hue, mixed, saturation
from tagonaut.pixels.augment.geometry import (
    SQUARE,
    perspective,
    resampled,
    rotation,
    shift,
    window,
    zoom,
)

FEW = settings(max_examples=40, deadline=None)
SIDE = 33  # odd: the middle pixel's position is 0
MEAN, STD = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.25])
EVERYTHING = {
    "flip": "dihedral",
    "rotate": 180,
    "shift": 0.5,
    "zoom": 0.9,
    "crop": 0.9,
    "distort": 0.5,
    "brightness": 1,
    "contrast": 1,
    "saturation": 1,
    "hue": 0.5,
}


def drawn(count=8, channels=3, side=SIDE, seed=0):
    """Shares of the peak, 0 to 1."""
    return torch.rand(count, channels, side, side, generator=seeded(seed))


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def changed(pictures, strength=None, seed=0, mean=None, std=None, **settings):
    channels = pictures.shape[1]
    return augment(
        pictures,
        AugmentSettings(**settings),
        strength,
        mean=torch.zeros(channels) if mean is None else mean,
        std=torch.ones(channels) if std is None else std,
        generator=seeded(seed),
    )


def ramps(count):
    """Two channels: each pixel's position, x and y."""
    steps = (torch.arange(SIDE) * 2 + 1) / SIDE - 1
    x = steps.expand(SIDE, SIDE)
    return torch.stack([x, x.T]).expand(count, 2, SIDE, SIDE)


def positions(count, strength=None, seed=0, **settings):
    """Where pixels come from: [n, s, s, 2]."""
    return changed(ramps(count), strength, seed, **settings).permute(0, 2, 3, 1)


def middle_and_steps(found):
    """The middle pixel's position, and what one step of position, right and down, changes."""
    at = SIDE // 2
    middle = found[:, at, at]
    right = (found[:, at, at + 1] - middle) * SIDE / 2
    down = (found[:, at + 1, at] - middle) * SIDE / 2
    return middle, right, down


# Settings


def test_nothing_is_changed_by_default_and_every_key_is_explained():
    pictures = drawn()
    assert changed(pictures) is pictures
    mixed_up = mix(pictures, torch.ones(8, 2), torch.ones(8, 2), AugmentSettings())
    assert mixed_up[0] is pictures
    assert all(field.description for field in AugmentSettings.model_fields.values())


@pytest.mark.parametrize(
    "wrong",
    [{"rotate": 181}, {"shift": 0.6}, {"zoom": 1}, {"crop": -0.1}, {"hue": float("nan")},
     {"rare": 0.5}, {"mixup": -1}, {"flip": "vertical"}, {"turn": 3}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValidationError):
        AugmentSettings(**wrong)


def test_auto_is_not_guessed():
    with pytest.raises(ValueError, match="auto"):
        changed(drawn(), flip="auto")


# Flips and views


def as_bytes(pictures):
    return [picture.numpy().tobytes() for picture in pictures]


def squares(array):
    """The eight flips and quarter turns, by NumPy."""
    turned = [np.rot90(array, turns, (-2, -1)) for turns in range(4)]
    return {view.tobytes() for view in turned + [view[..., ::-1] for view in turned]}


@pytest.mark.parametrize(("flip", "expected"), [("horizontal", 2), ("dihedral", 8)])
def test_flips_rearrange_pixels_and_each_picture_has_its_own_dice(flip, expected):
    picture = drawn(1, 4)
    found = as_bytes(changed(picture.repeat(200, 1, 1, 1), flip=flip))
    allowed = squares(picture[0].numpy())
    if flip == "horizontal":
        allowed = set(as_bytes([picture[0], picture[0].flip(2)]))
    assert set(found) == allowed
    assert len(allowed) == expected
    assert min(found.count(view) for view in allowed) > 200 / expected / 3


def test_views_begin_with_the_picture_and_are_all_of_the_square():
    pictures = drawn(2)
    assert views(pictures, "none") == [pictures]
    first, second = views(pictures, "flip")
    assert first is pictures
    assert torch.equal(second, pictures.flip(3))
    every = views(pictures, "dihedral")
    assert every[0] is pictures
    assert torch.equal(every[1], pictures.flip(3))
    assert {view[1].numpy().tobytes() for view in every} == squares(pictures[1].numpy())
    again = {
        view[1].numpy().tobytes() for some in every for view in views(some.contiguous(), "dihedral")
    }
    assert again == squares(pictures[1].numpy())  # a group: nothing new comes of doing it twice


def test_channels_last_stays():
    pictures = drawn().contiguous(memory_format=torch.channels_last)
    every = [changed(pictures, **{name: value}) for name, value in EVERYTHING.items()]
    every += views(pictures, "dihedral")
    targets = torch.ones(8, 1)
    every += [mix(pictures, targets, targets, AugmentSettings(mixup=1, cutmix=1))[0]]
    assert all(some.is_contiguous(memory_format=torch.channels_last) for some in every)


# Geometry


@pytest.mark.parametrize(("degrees", "turns"), [(90.0, 1), (180.0, 2), (-90.0, 3)])
@pytest.mark.parametrize("side", [8, 9])
def test_quarter_turns_are_those_of_torch(degrees, turns, side):
    pictures = drawn(2, side=side)
    found = resampled(pictures, rotation(torch.full((2,), degrees)))
    assert torch.allclose(found, pictures.rot90(turns, (2, 3)), atol=1e-4)


@FEW
@given(across=st.integers(-8, 8), down=st.integers(-8, 8))
def test_shifts_by_whole_pixels_repeat_the_edge(across, down):
    picture = drawn(1, side=8)
    by = torch.tensor([[across / 8, down / 8]])
    padded = np.pad(picture.numpy(), ((0, 0), (0, 0), (8, 8), (8, 8)), mode="edge")
    expected = padded[:, :, 8 - down : 16 - down, 8 - across : 16 - across]
    assert np.allclose(resampled(picture, shift(by)), expected, atol=1e-5)


def test_zoom_shows_the_middle_at_another_scale():
    found = resampled(ramps(2), zoom(torch.tensor([0.5, 0.75])))
    assert torch.allclose(found[0], ramps(1)[0] * 0.5, atol=1e-5)
    assert torch.allclose(found[1], ramps(1)[0] * 0.75, atol=1e-5)


def test_a_window_of_whole_pixels_is_a_crop():
    picture = drawn(1, side=8)
    # Columns 4 to 8, rows 2 to 6: at an even scale of 2, samples lie a quarter off the pixels.
    found = resampled(picture, window(torch.tensor([[0.5, 0.0]]), torch.tensor([[0.5, 0.5]])))
    image = Image.fromarray(picture[0, 0].numpy())
    expected = np.asarray(image.resize((8, 8), Image.Resampling.BILINEAR, box=(4, 2, 8, 6)))
    assert np.allclose(found[0, 0, 1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-5)


@FEW
@given(st.lists(st.floats(-0.45, 0.45), min_size=8, max_size=8))
def test_perspective_takes_the_corners_where_it_is_told(moved):
    corners = torch.tensor(SQUARE) + torch.tensor(moved).view(4, 2)
    matrix = perspective(corners[None])[0]
    found = matrix @ torch.cat([torch.tensor(SQUARE).T, torch.ones(1, 4)])
    assert torch.allclose((found[:2] / found[2]).T, corners, atol=1e-4)
    assert (found[2] > 0).all()


def test_perspective_looks_as_pillow_has_it():
    corners = torch.tensor([[[-0.8, -1.0], [1.0, -0.7], [0.9, 0.8], [-0.6, 0.9]]])
    picture = torch.nn.functional.avg_pool2d(drawn(1, 1, 64), 9, 1, 4)
    matrix = perspective(corners)
    to_position = torch.tensor([[2 / 64, 0, -1], [0, 2 / 64, -1], [0, 0, 1]])
    pixels = to_position.inverse() @ matrix[0] @ to_position
    data = (pixels / pixels[2, 2]).flatten()[:8].tolist()
    image = Image.fromarray(picture[0, 0].numpy())
    method = Image.Transform.PERSPECTIVE
    expected = image.transform((64, 64), method, data, Image.Resampling.BILINEAR)
    found = resampled(picture, matrix)[0, 0]
    assert np.allclose(found[2:-2, 2:-2], np.asarray(expected)[2:-2, 2:-2], atol=1e-4)


@FEW
@given(st.integers(1, 180), st.integers(0, 99))
def test_pictures_turn_either_way_up_to_the_range(degrees, seed):
    _, right, down = middle_and_steps(positions(150, rotate=degrees, seed=seed))
    angles = torch.rad2deg(torch.atan2(right[:, 1], right[:, 0]))
    assert angles.abs().max() <= degrees + 0.1
    assert angles.max() > 0.8 * degrees
    assert angles.min() < -0.8 * degrees
    assert torch.allclose(right.norm(dim=1), torch.ones(150), atol=1e-3)
    assert (right * down).sum(dim=1).abs().max() < 1e-3


@FEW
@given(st.floats(0.01, 0.5), st.integers(0, 99))
def test_pictures_move_either_way_up_to_the_range(share, seed):
    middle, _, _ = middle_and_steps(positions(150, shift=share, seed=seed))
    sides = middle / 2
    assert sides.abs().max() <= share + 1e-4
    assert (sides.amax(dim=0) > 0.8 * share - 1 / SIDE).all()
    assert (sides.amin(dim=0) < -0.8 * share + 1 / SIDE).all()
    assert torch.corrcoef(sides.T)[0, 1].abs() < 0.5


@FEW
@given(st.floats(0.05, 0.9), st.integers(0, 99))
def test_pictures_zoom_in_and_out_up_to_the_range(share, seed):
    middle, right, down = middle_and_steps(positions(150, zoom=share, seed=seed))
    width = right[:, 0]
    assert torch.allclose(width, down[:, 1], atol=1e-3)
    assert middle.abs().max() < 1e-4
    assert 1 - share - 1e-3 <= width.min() < 1 - 0.8 * share
    assert 1 + 0.5 * share < width.max() <= 1 / (1 - share) + 1e-3


@FEW
@given(st.floats(0.05, 0.9), st.integers(0, 99))
def test_windows_lie_within_the_picture_and_keep_their_area(share, seed):
    middle, right, down = middle_and_steps(positions(150, crop=share, seed=seed))
    sides = torch.stack([right[:, 0], down[:, 1]], dim=1)
    area = sides.prod(dim=1)
    assert area.min() >= 1 - share - 1e-3
    assert area.max() <= 1 + 1e-3
    assert area.min() < 1 - 0.8 * share
    assert (middle.abs() + sides <= 1 + 1e-3).all()
    assert (sides[:, 0] / sides[:, 1]).log().abs().max() <= np.log(4 / 3) + 1e-3


@FEW
@given(st.floats(0.05, 0.5), st.integers(0, 99))
def test_corners_are_distorted_up_to_the_range(share, seed):
    found = positions(100, distort=share, seed=seed)
    corner = found[:, 0, 0]
    # Half of the share of a side that is 2 long; a pixel's middle is half a pixel from its corner.
    assert corner.max() <= -1 + share + 3 / SIDE
    assert corner.max() > -1 + 0.5 * share
    assert not torch.allclose(corner[:, 0], corner[:, 1], atol=0.01)


# Colour


def shown(picture):
    """A picture as Pillow has it, and as shares of whole values."""
    whole = (picture * 255).round().to(torch.uint8)
    return Image.fromarray(whole.permute(1, 2, 0).numpy()), (whole / 255)[None]


def on_shares(pictures, matrix, contrast=1.0):
    zero, one = torch.zeros(3), torch.ones(3)
    return mixed(pictures, matrix, torch.tensor([contrast]), zero, one)[0]


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
def test_brightness_and_saturation_are_those_of_pillow(factor):
    image, pictures = shown(drawn(1)[0])
    some = torch.tensor([factor])
    for enhance, matrix in [
        (ImageEnhance.Brightness, torch.eye(3)[None] * factor),
        (ImageEnhance.Color, saturation(some)),
    ]:
        expected = np.asarray(enhance(image).enhance(factor)).transpose(2, 0, 1) / 255
        assert np.abs(on_shares(pictures, matrix).numpy() - expected).max() < 1.6 / 255


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.8])
def test_contrast_of_grey_pictures_is_that_of_pillow(factor):
    image, pictures = shown(drawn(1, 1)[0].expand(3, -1, -1))
    expected = np.asarray(ImageEnhance.Contrast(image).enhance(factor)).transpose(2, 0, 1) / 255
    found = on_shares(pictures, torch.eye(3)[None], factor)
    assert np.abs(found.numpy() - expected).max() < 1.6 / 255


def test_a_third_of_a_turn_makes_red_green():
    _, pictures = shown(drawn(1)[0])
    found = on_shares(pictures, hue(torch.tensor([1 / 3])))
    assert torch.allclose(found, pictures[0].roll(1, 0), atol=1e-5)
    red, green, blue = pictures[0, :, 3, 4].tolist()
    tone, light, full = colorsys.rgb_to_hls(red, green, blue)
    expected = colorsys.hls_to_rgb((tone + 1 / 3) % 1, light, full)
    assert np.allclose(found[:, 3, 4], expected, atol=1e-5)


@FEW
@given(st.floats(-0.5, 0.5))
def test_hue_turns_and_turns_back_and_leaves_greys(turn):
    matrix = hue(torch.tensor([turn]))[0]
    assert torch.allclose(matrix @ hue(torch.tensor([-turn]))[0], torch.eye(3), atol=1e-5)
    assert torch.allclose(matrix.sum(dim=1), torch.ones(3), atol=1e-5)


def test_a_small_turn_of_hue_is_that_of_colorsys_in_direction():
    found = on_shares(torch.tensor([0.8, 0.3, 0.3]).view(1, 3, 1, 1), hue(torch.tensor([0.05])))
    before, _, _ = colorsys.rgb_to_hsv(0.8, 0.3, 0.3)
    after, _, _ = colorsys.rgb_to_hsv(*found.flatten().tolist())
    assert after - before == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_factors_stay_in_their_range_and_reach_both_ends(name):
    pictures = torch.tensor([[0.2, 0.4]]).expand(300, 1, 1, 2)
    found = changed(pictures, **{name: 0.5}).flatten(1)
    now = found.mean(dim=1) / 0.3 if name == "brightness" else (found[:, 1] - found[:, 0]) / 0.2
    assert 1 / 1.5 - 1e-4 <= now.min() < 0.7
    assert 1.45 < now.max() <= 1.5 + 1e-4
    if name == "contrast":
        assert torch.allclose(found.mean(dim=1), torch.full((300,), 0.3))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_saturation_and_hue_are_of_red_green_and_blue_alone(channels):
    pictures = drawn(4, channels)
    found = changed(pictures, saturation=0.8, hue=0.3)
    colours = 3 if channels >= 3 else 0
    assert torch.allclose(found[:, colours:], pictures[:, colours:], atol=1e-6)
    if colours:
        assert not torch.allclose(found[:, :3], pictures[:, :3], atol=0.05)
    brighter = changed(pictures, brightness=0.8)
    assert (brighter - pictures).abs().amax(dim=(0, 2, 3)).min() > 0.01


def test_standardised_pictures_are_changed_as_they_look():
    pictures = drawn()
    colours = {"brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.2, "rotate": 30}
    mean, std = MEAN.view(3, 1, 1), STD.view(3, 1, 1)
    found = changed((pictures - mean) / std, mean=MEAN, std=STD, **colours) * std + mean
    assert torch.allclose(found, changed(pictures, **colours), atol=1e-5)
    assert found.min() >= -1e-6
    assert found.max() <= 1 + 1e-6


# RandomRanges and strength


def test_a_seed_gives_the_same_again_and_pictures_differ():
    same = drawn(1).expand(6, -1, -1, -1)
    found = changed(same, seed=5, **EVERYTHING)
    assert torch.equal(found, changed(same, seed=5, **EVERYTHING))
    assert not torch.allclose(found, changed(same, seed=6, **EVERYTHING))
    assert len(set(as_bytes(found))) == 6
    every, scale = AugmentSettings(**EVERYTHING), {"mean": MEAN, "std": STD}
    torch.manual_seed(3)
    first = augment(same, every, **scale)
    torch.manual_seed(3)
    assert torch.equal(first, augment(same, every, **scale))


@pytest.mark.parametrize(
    ("name", "half"),
    [("rotate", 40.0), ("shift", 0.1), ("zoom", 0.2), ("crop", 0.3), ("distort", 0.2),
     ("brightness", 0.3), ("contrast", 0.3), ("saturation", 0.3), ("hue", 0.1)],
)  # fmt: skip
def test_strength_widens_the_range_up_to_the_widest(name, half):
    pictures = drawn(3)
    strength = torch.tensor([1.0, 2.0, 100.0])
    found = changed(pictures, strength, **{name: half})
    for row, value in enumerate([half, 2 * half, EVERYTHING[name]]):
        assert torch.allclose(found[row], changed(pictures, **{name: value})[row], atol=1e-5)


@FEW
@given(st.integers(0, 10_000))
def test_the_widest_ranges_give_numbers(seed):
    strength = torch.full((16,), 10.0)
    found = changed(drawn(16, 4, 7), strength, seed, **EVERYTHING)
    assert found.isfinite().all()
    assert found.min() >= 0
    assert found.max() <= 1


def test_half_precision_around_it_changes_nothing():
    pictures = drawn(side=64)
    expected = changed(pictures, **EVERYTHING)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(changed(pictures, **EVERYTHING), expected)


# Rare labels


def test_pictures_with_a_rare_label_are_changed_more():
    targets, known = np.zeros((60, 3), dtype=np.uint8), np.ones((60, 3), dtype=bool)
    targets[:40, 0] = 1
    targets[[0, 7], 1] = 1  # 2 of 50: rare
    targets[[1, 2, 3], 2] = 1  # 3 of 50 are not, but row 3 is not known: 2 of 49
    known[3, 2] = False
    targets[50:, 1] = 1  # not training pictures
    rows = np.arange(50)[::-1]
    found = rare_strength(targets, known, rows, 3.0)
    assert found.dtype == np.float32
    assert np.flatnonzero(found == 3).tolist() == [49 - row for row in (7, 2, 1, 0)]
    assert (found == 1).sum() == 46


def test_a_label_of_a_twentieth_is_not_rare():
    targets = (np.arange(40) < 2)[:, None].astype(np.uint8)
    known = np.ones((40, 1), dtype=bool)
    assert (rare_strength(targets, known, np.arange(40), 2.0) == 1).all()
    assert rare_strength(targets, known, np.arange(1, 40), 2.0).max() == 2


# Mixing


def mixed_up(count=12, side=8, seed=0, **settings):
    """Pictures of one value each, and what is whose, ``parts[n, n]``."""
    values = torch.arange(1.0, count + 1)
    pictures = values.view(-1, 1, 1, 1).expand(count, 2, side, side)
    every = torch.ones(count, count)
    pictures, parts, _ = mix(
        pictures, torch.eye(count), every, AugmentSettings(**settings), seeded(seed)
    )
    return values, pictures, parts


@FEW
@given(st.integers(0, 999), st.floats(0.05, 5))
def test_mixup_mixes_targets_as_it_mixes_pixels(seed, alpha):
    values, pictures, parts = mixed_up(seed=seed, mixup=alpha)
    assert torch.allclose(parts.sum(dim=1), torch.ones(12))
    assert ((parts > 0).sum(dim=1) <= 2).all()
    assert torch.allclose(pictures, (parts @ values).view(-1, 1, 1, 1).expand_as(pictures))


@FEW
@given(st.integers(0, 999), st.floats(0.05, 5))
def test_cutmix_counts_pixels_and_pastes_rectangles(seed, alpha):
    values, pictures, parts = mixed_up(seed=seed, cutmix=alpha)
    seen = (pictures[:, 0, :, :, None] == values).float()
    assert (seen.sum(dim=3) == 1).all()  # each pixel is of one picture
    assert torch.allclose(seen.mean(dim=(1, 2)), parts, atol=1e-6)
    for row, piece in enumerate(pictures[:, 0] != values.view(-1, 1, 1)):
        inside = piece.any(dim=1)[:, None] & piece.any(dim=0)
        assert torch.equal(piece, inside), row


def test_shares_are_of_the_beta_distribution():
    for alpha in (0.2, 1.0, 4.0):
        _, _, parts = mixed_up(3000, 1, mixup=alpha)
        own = parts.diagonal()
        own = own[own < 1]
        assert own.mean() == pytest.approx(0.5, abs=0.03)
        assert own.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_a_coin_decides_between_mixup_and_cutmix():
    values, pictures, parts = mixed_up(400, 16, mixup=1, cutmix=1)
    laid_over = ((pictures[:, 0, :, :, None] == values).sum(dim=3) == 0).any(dim=(1, 2))
    assert 0.4 < laid_over.float().mean() < 0.6
    assert len({float(share) for share in parts.diagonal()}) > 100  # each has its own share


def test_labels_of_both_stay_and_unknown_ones_of_either_are_unknown():
    pictures = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
    targets = torch.tensor([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
    known = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0]])
    for seed in range(50):
        found, shares, both = mix(pictures, targets, known, AugmentSettings(mixup=1), seeded(seed))
        other = float(found[0])
        if not other:  # each is its own partner
            assert torch.equal(both, known)
            continue
        expected = torch.tensor([1.0, 1 - other, other, 0.0])
        assert torch.allclose(shares[0], expected)
        assert both.tolist() == [[1, 1, 1, 0]] * 2
        return
    pytest.fail("two pictures were never mixed")
