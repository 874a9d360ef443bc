import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from tagonaut.pixels.decode import decode
from tagonaut.pixels.perceptual_hash import NEAR, clusters, near_pairs, perceptual_hash


def saved(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def without_edge(image, share):
    across, down = round(image.width * share), round(image.height * share)
    return image.crop((across, down, image.width - across, image.height - down))


COPIES = {
    "saved again": lambda image: saved(image, 50),
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "larger": lambda image: image.resize((image.width * 5 // 3, image.height * 5 // 3)),
    "stretched": lambda image: image.resize((image.width, image.height // 2)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.25),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "cropped": lambda image: without_edge(image, 0.01),
    "small and saved": lambda image: saved(image.resize((80, 80)), 70),
}


def distance(one, other):
    return (one ^ other).bit_count()


def drawn(seed, side=120):
    """A soft pattern of blobs, nearly a texture."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(128, 60, (14, 14, 3)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_drawn_pictures_are_near(name):
    distances = [
        distance(
            perceptual_hash(np.asarray(drawn(seed))),
            perceptual_hash(np.asarray(COPIES[name](drawn(seed)))),
        )
        for seed in range(40)
    ]
    assert np.mean(np.array(distances) <= NEAR) >= (0.95 if name == "cropped" else 1)


def test_different_drawn_pictures_are_far():
    hashes = np.array([perceptual_hash(np.asarray(drawn(seed))) for seed in range(300)], np.uint64)
    assert len(near_pairs(hashes)) == 0


def test_aerial_chips_have_no_false_pairs_and_their_copies_are_found(shared):
    paths = sorted(shared("data/aerial/images").iterdir())
    hashes = np.array([perceptual_hash(decode(path, (64, 64))) for path in paths], np.uint64)
    assert len(near_pairs(hashes)) == 0
    rows = range(0, len(paths), 7)
    # Brightness is the worst: the white of the beaches has no room above it.
    for name, least in (("saved again", 0.98), ("brighter", 0.96), ("small and saved", 0.98)):
        copies = [COPIES[name](Image.fromarray(decode(paths[row]))) for row in rows]
        near = [
            distance(perceptual_hash(np.asarray(copy)), int(hashes[row])) <= NEAR
            for copy, row in zip(copies, rows, strict=True)
        ]
        assert np.mean(near) >= least


def flat(*colour, noise=0.0, side=64):
    rng = np.random.default_rng(0)
    values = np.array(colour) + rng.normal(0, noise, (side, side, 3))
    return perceptual_hash(values.round().clip(0, 255).astype(np.uint8))


def test_flat_pictures_are_near_only_if_their_colours_are():
    black, white, blue = flat(0, 0, 0), flat(255, 255, 255), flat(0, 0, 255)
    assert min(distance(black, white), distance(black, blue), distance(white, blue)) > 2 * NEAR
    assert distance(black, flat(0, 0, 0, side=200)) == 0
    assert distance(flat(90, 120, 40), flat(91, 120, 40)) <= NEAR
    assert distance(flat(90, 120, 40), flat(90, 120, 40, noise=1)) <= NEAR
    greys = np.array([flat(level, level, level) for level in range(256)], dtype=np.uint64)
    pairs = near_pairs(greys)
    assert np.diff(pairs, axis=1).max() <= 8
    near_next = {(i, i + 1) for i in range(255)} & set(map(tuple, pairs.tolist()))
    assert len(near_next) >= 250


def test_flat_pictures_are_far_from_those_with_structure():
    structured = [perceptual_hash(np.asarray(drawn(seed))) for seed in range(50)]
    for level in range(0, 256, 15):
        grey = flat(level, level, level)
        assert min(distance(grey, other) for other in structured) > NEAR


def test_the_smallest_pictures_are_hashed():
    small = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    large = np.asarray(Image.fromarray(small).resize((64, 64), Image.Resampling.BILINEAR))
    assert 0 <= perceptual_hash(small) < 2**64
    assert distance(perceptual_hash(small), perceptual_hash(large)) <= NEAR


def linked(n, pairs):
    """Clusters the slow way: one set a row, merged pair by pair."""
    member = list(range(n))
    for i, j in pairs:
        one, other = member[i], member[j]
        member = [one if number == other else number for number in member]
    order = list(dict.fromkeys(member))
    return [order.index(number) for number in member]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 20), st.integers(0, 60))
def test_near_pairs_are_all_pairs_within_the_distance(seed, limit, n):
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64, n, dtype=np.uint64)
    for row in range(n // 3, n):
        # Near an earlier one by up to twelve bits, or its equal.
        flips = rng.choice(64, rng.integers(0, 13), replace=False).astype(np.uint64)
        mask = np.bitwise_or.reduce(np.uint64(1) << flips, initial=np.uint64(0))
        hashes[row] = hashes[rng.integers(0, row)] ^ mask if row else hashes[row]
    pairs = near_pairs(hashes, limit)
    every = [
        (i, j)
        for j in range(n)
        for i in range(j)
        if distance(int(hashes[i]), int(hashes[j])) <= limit
    ]
    first = {value: hashes.tolist().index(value) for value in hashes.tolist()}
    expected = [
        (i, j)
        for i, j in every
        if i == first[int(hashes[i])] and (hashes[i] == hashes[j] or j == first[int(hashes[j])])
    ]
    assert sorted(map(tuple, pairs.tolist())) == sorted(expected)
    assert clusters(n, pairs).tolist() == linked(n, every)


def test_many_hashes_and_many_equal_ones():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 60_000, dtype=np.uint64)
    hashes[20_000:50_000] = hashes[7]
    planted = rng.choice(np.arange(50_000, 60_000), 500, replace=False)
    for row in planted:
        flips = rng.choice(64, NEAR, replace=False).astype(np.uint64)
        hashes[row] = hashes[row - 40_000] ^ np.bitwise_or.reduce(np.uint64(1) << flips)
    pairs = near_pairs(hashes)
    found = set(map(tuple, pairs.tolist()))
    assert {(7, row) for row in range(20_000, 50_000)} <= found
    assert {(row - 40_000, row) for row in planted.tolist()} <= found
    assert len(found) < 30_000 + 500 + 10
    assert np.bincount(clusters(len(hashes), pairs)).max() == 30_001


def test_no_hashes():
    pairs = near_pairs(np.zeros(0, dtype=np.uint64))
    assert pairs.shape == (0, 2)
    assert clusters(3, pairs).tolist() == [0, 1, 2]
