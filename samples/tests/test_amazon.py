import csv
import os
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tagonaut_samples.amazon.chips import draw
from tagonaut_samples.amazon.collection import draw_amazon
from tagonaut_samples.amazon.scene import SEEN, scene
from tagonaut_samples.amazon.tags import LABELS, drawn_tags
from tagonaut_samples.amazon.views import levels, picture

from tagonaut.drawing.canvas import View, turned
from tagonaut.drawing.folder import new_folder
from tagonaut.drawing.noise import textures
from tagonaut.errors import TagonautError

SMALL = 64
WEATHER = {"clear", "partly_cloudy", "haze", "cloudy"}
SAMPLE = 20_000

# Counted in Planet's table of 40,479 chips, which is no part of this repository.
REAL_CHIPS = 40_479
REAL = {
    "primary": 37513,
    "clear": 28431,
    "agriculture": 12315,
    "road": 8071,
    "water": 7411,
    "partly_cloudy": 7261,
    "cultivation": 4477,
    "habitation": 3660,
    "haze": 2697,
    "cloudy": 2089,
    "bare_ground": 862,
    "selective_logging": 340,
    "artisinal_mine": 339,
    "blooming": 332,
    "slash_burn": 209,
    "conventional_mine": 100,
    "blow_down": 98,
}
REAL_PAIRS = {
    "clear primary": 27668,
    "agriculture primary": 11972,
    "agriculture clear": 9150,
    "primary road": 7728,
    "partly_cloudy primary": 7175,
    "primary water": 7001,
    "clear road": 6295,
    "agriculture road": 6034,
    "clear water": 5502,
    "cultivation primary": 4455,
    "agriculture cultivation": 3377,
    "habitation road": 2786,
    "agriculture habitation": 2737,
    "agriculture water": 2712,
    "haze primary": 2670,
    "agriculture partly_cloudy": 2493,
    "road water": 2125,
    "cultivation road": 1294,
    "habitation water": 915,
    "cultivation habitation": 895,
    "cultivation water": 868,
    "bare_ground clear": 747,
    "bare_ground primary": 683,
    "agriculture haze": 672,
    "primary selective_logging": 340,
    "bare_ground road": 323,
    "artisinal_mine water": 299,
    "agriculture bare_ground": 225,
    "bare_ground habitation": 163,
    "road selective_logging": 151,
    "cultivation slash_burn": 126,
    "artisinal_mine road": 110,
    "conventional_mine road": 59,
    "cloudy primary": 0,
    "agriculture cloudy": 0,
}


@pytest.fixture(scope="module")
def sampled() -> list[frozenset[str]]:
    rng = np.random.default_rng(2017)
    return [drawn_tags(rng) for _ in range(SAMPLE)]


def near(found: int, real: int) -> bool:
    """Within four standard deviations of the count that the real share would give.

    One part in ten more where the figure comes from the model of rare labels.
    """
    expected = real * SAMPLE / REAL_CHIPS
    return abs(found - expected) <= 4 * expected**0.5 + (0.1 * expected if real < 1000 else 0)


def test_every_label_is_as_frequent_as_in_the_real_table(sampled: list[frozenset[str]]):
    found = Counter(tag for tags in sampled for tag in tags)
    assert set(REAL) == set(LABELS)
    assert {label: n for label, n in REAL.items() if not near(found[label], n)} == {}


def test_every_frequent_pair_is_as_frequent_as_in_the_real_table(sampled: list[frozenset[str]]):
    found = Counter(" ".join(pair) for tags in sampled for pair in combinations(sorted(tags), 2))
    assert {pair: n for pair, n in REAL_PAIRS.items() if not near(found[pair], n)} == {}


def test_there_is_one_weather_and_something_under_it(sampled: list[frozenset[str]]):
    assert all(len(tags & WEATHER) == 1 for tags in sampled)
    assert all((tags - WEATHER != set()) != ("cloudy" in tags) for tags in sampled)


def of(tags: str, index: int, size: int = SMALL) -> np.ndarray:
    """The bands of a chip that has these tags."""
    rng = np.random.default_rng((1, index))
    view = View(size, rng, textures(size), turned(rng.uniform(0, 6.2832)), 2.0, rng.random())
    return scene(view, frozenset(tags.split()))


def mean(tags: str) -> np.ndarray:
    """Mean light ``[4]`` in blue, green, red and near-infrared over some chips with the tags."""
    return np.mean([of(tags, k).mean(axis=(1, 2)) for k in range(12)], axis=0)


def test_labels_change_the_light_as_they_do_on_the_ground():
    forest = mean("clear primary")
    assert forest[3] > 1.5 * forest[2]  # leaves are bright in near-infrared
    assert forest[0] > forest[1] > forest[2]  # and air is blue
    river = mean("clear water")
    assert river[3] < 0.5 * forest[3]
    for tags in ("clear agriculture", "clear bare_ground", "clear conventional_mine primary"):
        assert mean(tags)[2] > forest[2] + 0.02  # soil and dry grass are redder
    assert mean("clear primary slash_burn")[3] < forest[3] - 0.02
    hazy, cloudy = mean("haze primary"), mean("cloudy")
    assert np.all(cloudy[:3] > hazy[:3] + 0.05)
    assert np.all(hazy[:3] > forest[:3] + 0.04)


def colours(tags: str, index: int) -> np.ndarray:
    """Red, red less green and near-infrared over red, as they stray from the chip's medians."""
    _, green, red, infrared = of(tags, index, 128)
    found = np.stack([red, red - green, infrared / red])
    return found - np.median(found, axis=(1, 2), keepdims=True)


@pytest.fixture(scope="module")
def bounds() -> np.ndarray:
    """Between what colours nearly all pixels of a forest lie: ``[2, 3, 1, 1]``."""
    forests = np.stack([colours("clear primary", k) for k in range(40, 52)])
    return np.quantile(forests, [0.001, 0.999], axis=(0, 2, 3))[..., None, None]


@pytest.mark.parametrize("label", sorted(set(SEEN) - {"primary", "cloudy"}))
def test_a_label_is_a_colour_that_plain_forest_lacks(label: str, bounds: np.ndarray):
    tags = f"primary {label}" if label in WEATHER else f"clear primary {label}"
    found = np.stack([colours(tags, k) for k in range(8)])
    share = ((found < bounds[0]) | (found > bounds[1])).any(axis=1).mean(axis=(1, 2))
    assert np.all(share > 0.75 * SEEN[label])
    assert np.median(share) > 0.015


def test_same_seed_and_index_give_the_same_chip_in_any_order():
    forwards = {index: draw(3, index, SMALL) for index in range(6)}
    for index in reversed(range(6)):
        bands, tags = draw(3, index, SMALL)
        assert np.array_equal(bands, forwards[index][0])
        assert tags == forwards[index][1] == [label for label in LABELS if label in tags]
    assert len({bands.tobytes() for bands, _ in forwards.values()}) == 6


DIGEST = """
from hashlib import sha256
from tagonaut_samples.amazon.chips import draw
print(sha256(b"".join(draw(4, index, 64)[0].tobytes() for index in range(24))).hexdigest())
"""


def test_a_machine_without_wide_vectors_draws_the_same_bits():
    plain = {**os.environ, "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"}
    here = sha256(b"".join(draw(4, index, 64)[0].tobytes() for index in range(24))).hexdigest()
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DIGEST],
        env=plain,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here


def test_the_files_are_as_planets_are(tmp_path: Path):
    table = draw_amazon(tmp_path / "new", 3, seed=2, size=80, start=5, tif=True)
    assert table == tmp_path / "new" / "labels.csv"
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image_name", "tags"]
    assert [row["image_name"] for row in rows] == ["train_5", "train_6", "train_7"]
    for index, row in enumerate(rows, 5):
        bands, tags = draw(2, index, 80)
        assert row["tags"].split() == tags
        with Image.open(table.parent / "train-jpg" / f"train_{index}.jpg") as jpeg:
            assert (jpeg.format, jpeg.mode, jpeg.size) == ("JPEG", "RGB", (80, 80))
            apart = np.asarray(jpeg).astype(float) - np.asarray(picture(bands))
        assert np.abs(apart).mean() < 4
        with tifffile.TiffFile(table.parent / "train-tif" / f"train_{index}.tif") as tif:
            page = tif.pages[0]
            assert (page.shape, page.dtype) == ((80, 80, 4), np.uint16)
            assert (page.compression, page.planarconfig, page.photometric) == (1, 1, 2)
            assert np.array_equal(page.asarray(), levels(bands))


def test_picture_and_levels_show_the_same_scene():
    bands = of("clear primary agriculture road water", 1)
    rgb, raw = np.asarray(picture(bands)).astype(float), levels(bands).astype(float)
    for channel, band in enumerate((2, 1, 0)):
        assert np.corrcoef(rgb[..., channel].ravel(), raw[..., band].ravel())[0, 1] > 0.97
    low, high = np.quantile(raw, [0.01, 0.99])
    assert 200 < low < high < 20_000


def test_the_same_collection_twice_is_the_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        draw_amazon(tmp_path / name, 2, seed=9, size=48, tif=True)
    files = [file for file in (tmp_path / "a").rglob("*") if file.is_file()]
    assert len(files) == 5
    for file in files:
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


@pytest.mark.parametrize(
    ("pictures", "seed", "size", "start"),
    [(0, 0, 64, 0), (1, -1, 64, 0), (1, 0, 64, -1), (1, 0, 16, 0), (1, 0, 4000, 0)],
)
def test_numbers_out_of_range_are_an_error_and_leave_no_folder(
    tmp_path: Path, pictures: int, seed: int, size: int, start: int
):
    with pytest.raises(TagonautError, match="cannot draw"):
        draw_amazon(tmp_path / "new", pictures, seed, size, start)
    assert not (tmp_path / "new").exists()


def test_only_a_new_or_empty_folder_is_drawn_into(tmp_path: Path):
    new_folder(tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "c" / "d")
    assert (tmp_path / "a" / "b").is_dir()
    assert (tmp_path / "a" / "c" / "d").is_dir()
    with pytest.raises(TagonautError, match="is not empty; name a new folder"):
        draw_amazon(tmp_path / "a", 1, size=48)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(TagonautError, match="is a file"):
        new_folder(tmp_path / "file")
    with pytest.raises(TagonautError, match="cannot make the folder"):
        new_folder(tmp_path / "file" / "deeper")
