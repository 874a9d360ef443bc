import numpy as np
import pytest

from tagonaut.pixels.augment import AugmentSettings
from tagonaut.reports.augmented_sheet import APART, CELL, GAP, MARGIN, VERSIONS, augmented_sheet

RGB = ("red", "green", "blue")


def pictures(count=3, channels=3, side=CELL, dtype=np.uint8):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, (count, side, side, channels), dtype=dtype)


def sheet(pixels, channels=RGB, titles=None, strength=None, seed=0, **settings):
    titles = ["grass, trees"] * len(pixels) if titles is None else titles
    strength = np.ones(len(pixels), dtype=np.float32) if strength is None else strength
    return augmented_sheet(
        pixels, channels, titles, strength, AugmentSettings(**settings), seed=seed
    )


def cells(found, count):
    """``[count, 1 + versions, CELL, CELL, 3]``: a row's top is where its first cell is found."""
    array = np.asarray(found)
    inked = (array[:, MARGIN : MARGIN + CELL] != 255).any(axis=2).mean(axis=1) > 0.9
    tops = np.flatnonzero(inked & ~np.roll(inked, 1))
    assert len(tops) == count
    lefts = [MARGIN] + [MARGIN + CELL + APART + n * (CELL + GAP) for n in range(VERSIONS)]
    return np.array(
        [[array[top : top + CELL, left : left + CELL] for left in lefts] for top in tops]
    )


def test_originals_stand_at_the_left_and_changed_ones_beside():
    pixels = pictures()
    found = cells(sheet(pixels, flip="horizontal"), 3)
    assert (found[:, 0] == pixels).all()
    mirrored = 0
    for row, versions in enumerate(found[:, 1:]):
        for version in versions:
            turned = (version == pixels[row, :, ::-1]).all()
            assert turned or (version == pixels[row]).all()
            mirrored += int(turned)
    assert 3 <= mirrored <= 18


def test_without_augmentation_all_are_as_they_are():
    pixels = pictures()
    assert (cells(sheet(pixels), 3) == pixels[:, None]).all()


def test_a_seed_gives_the_same_sheet():
    settings = {"rotate": 30, "brightness": 0.3, "mixup": 0.4, "cutmix": 1}
    pixels = pictures(6, side=32)
    first = sheet(pixels, seed=1, **settings)
    assert first == sheet(pixels, seed=1, **settings)
    assert first != sheet(pixels, seed=2, **settings)


def test_colours_are_those_that_people_see():
    pixels = pictures(1, 4, dtype=np.uint16) // 20
    pixels[:, : CELL // 2, :, 0] += 5_000
    original = cells(sheet(pixels, (*RGB, "infrared"), flip="dihedral"), 1)[0, 0]
    above, below = original[: CELL // 2].mean((0, 1)), original[CELL // 2 :].mean((0, 1))
    assert above[0] > below[0] + 60
    assert np.abs(above - below)[1:].max() < 10


def test_bands_of_one_row_are_stretched_alike():
    pixels = pictures(1, 4, dtype=np.uint16) // 20
    found = cells(sheet(pixels, (*RGB, "infrared"), brightness=0.3), 1)[0]
    light = found.mean(axis=(1, 2, 3))
    assert np.ptp(light) > 20


@pytest.mark.parametrize("channels", [("grey",), ("near", "far")])
def test_one_channel_is_grey(channels):
    dtype = np.uint8 if len(channels) == 1 else np.uint16
    found = cells(sheet(pictures(2, len(channels), 16, dtype), channels, contrast=0.5), 2)
    assert (np.ptp(found, axis=4) <= 1).all()
    assert found.std() > 20


def text_above(found):
    array = np.asarray(found.convert("L"))
    return array[: MARGIN + 46]


def test_titles_settings_and_strengths_are_told():
    pixels = pictures(1, side=16)
    plain = text_above(sheet(pixels))
    assert (plain != text_above(sheet(pixels, titles=["water"]))).any()
    assert (plain != text_above(sheet(pixels, rotate=20))).any()
    assert (plain != text_above(sheet(pixels, strength=np.float32([2])))).any()
    endless = sheet(pixels, titles=["сад, Bäume,\n木 " * 200])
    assert endless.size == sheet(pixels).size
    assert (np.asarray(endless)[:, -MARGIN:] == 255).all()


def test_mixed_pictures_tell_of_whom():
    pixels = pictures(4, side=16)
    plain, mixed = sheet(pixels, flip="horizontal"), sheet(pixels, mixup=1)
    assert mixed.height == plain.height + 4 * 16
