import os
import subprocess
import sys
from collections import Counter
from hashlib import sha256

import numpy as np
import pytest

from tagonaut.drawing.chips.chip import LABELS, SEEN, draw
from tagonaut.errors import TagonautError

SMALL = 48


@pytest.fixture(scope="module")
def tags() -> list[list[str]]:
    return [draw(5, index, SMALL)[1] for index in range(300)]


def test_same_seed_and_index_give_the_same_chip_in_any_order():
    forwards = {index: draw(3, index) for index in range(4)}
    for index in reversed(range(4)):
        chip, tags = draw(3, index)
        assert chip.tobytes() == forwards[index][0].tobytes()
        assert tags == forwards[index][1]


def test_every_seed_and_index_gives_another_chip():
    chips = {draw(seed, index, SMALL)[0].tobytes() for seed in range(5) for index in range(5)}
    assert len(chips) == 25


DIGEST = """
from hashlib import sha256
from tagonaut.drawing.chips.chip import draw
print(sha256(b"".join(draw(4, index)[0].tobytes() for index in range(8))).hexdigest())
"""


def test_a_machine_without_wide_vectors_draws_the_same_bytes():
    plain = {**os.environ, "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"}
    here = sha256(b"".join(draw(4, index)[0].tobytes() for index in range(8))).hexdigest()
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DIGEST],
        env=plain,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here


@pytest.mark.parametrize("size", [32, 100, 200])
def test_a_chip_has_the_size_asked_for(size: int):
    chip, tags = draw(0, 0, size)
    assert chip.size == (size, size)
    assert chip.mode == "RGB"
    assert tags
    assert np.asarray(chip).std() > 5


def test_tags_are_labels_in_their_order(tags: list[list[str]]):
    for row in tags:
        assert row == [label for label in LABELS if label in row]


def test_exactly_one_of_clear_and_cloudy_holds(tags: list[list[str]]):
    assert all(("clear" in row) != ("cloudy" in row) for row in tags)
    assert set(SEEN) == set(LABELS) - {"clear"}


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [
        ("forest", 0.5, 0.75),
        ("river", 0.13, 0.3),
        ("lake", 0.07, 0.22),
        ("road", 0.42, 0.65),
        ("field", 0.35, 0.6),
        ("houses", 0.24, 0.45),
        ("bare_ground", 0.1, 0.26),
        ("clear", 0.6, 0.8),
        ("cloudy", 0.2, 0.4),
    ],
)
def test_how_often_a_label_holds(tags: list[list[str]], label: str, low: float, high: float):
    assert low < sum(label in row for row in tags) / len(tags) < high


def test_labels_overlap(tags: list[list[str]]):
    counts = Counter(map(len, tags))
    assert 3.2 < np.mean([len(row) for row in tags]) < 4
    assert sum(counts[k] for k in (3, 4, 5)) > 0.7 * len(tags)
    pairs = Counter((a, b) for row in tags for a in row for b in row if a < b)
    things = sorted(set(LABELS) - {"clear", "cloudy"})
    missing = [(a, b) for a in things for b in things if a < b and not pairs[a, b]]
    assert missing in ([], [("lake", "river")])
    houses = sum("houses" in row for row in tags)
    assert 0.6 * houses < pairs["houses", "road"] < houses


@pytest.mark.parametrize(
    ("seed", "index", "size"), [(-1, 0, 64), (0, -1, 64), (0, 0, 16), (0, 0, 4000)]
)
def test_numbers_out_of_range_are_an_error(seed: int, index: int, size: int):
    with pytest.raises(TagonautError, match="numbers start at 0, sizes go from 32 to 512"):
        draw(seed, index, size)
