import numpy as np
import pytest

import tagonaut
from tagonaut.errors import DataError
from tagonaut.interrupts import Stop
from tagonaut.learning.preparing import Preparing, prepare
from tagonaut.learning.recipes import load_recipe


def dealt(count, *numbers):
    """``count`` splits: the first so many pictures train, the next validate, the next test."""
    splits = np.full(count, "unused", dtype="<U10")
    ends = np.cumsum(numbers)
    for end, number, name in zip(ends, numbers, ("train", "validation", "test"), strict=True):
        splits[end - number : end] = name
    return splits


def test_splits_are_taken_as_an_array(painted, weights):
    dataset, recipe = tagonaut.read(painted), load_recipe("fast", ["size=32"])
    splits = dealt(90, 50, 20, 10)
    dataset.paths[3].unlink()
    prepared = prepare(
        dataset, recipe, Preparing(weights, missing="skip"), splits=splits, stop=Stop()
    )
    kept = [row for row in range(80) if row != 3]
    assert prepared.rows.tolist() == kept
    assert prepared.dataset.ids == tuple(dataset.ids[row] for row in kept)
    assert prepared.table.splits.tolist() == splits[kept].tolist()
    assert prepared.dataset.columns.columns == dataset.columns.columns
    assert "10 of 90 pictures are in no split, and are not used" in prepared.notes


def test_what_is_left_is_counted_over_everything_that_was_there(painted, weights):
    dataset, recipe = tagonaut.read(painted), load_recipe("fast", ["size=32"])
    for path in dataset.paths[:72:2]:
        path.unlink()
    for path in dataset.paths[1:72:2]:
        path.write_bytes(path.name.encode())
    how = Preparing(weights, missing="skip")
    splits = np.tile(["train", "validation", "test"], 30)
    prepared = prepare(dataset, recipe, how, splits=splits, stop=Stop())
    assert prepared.rows.tolist() == list(range(72, 90))
    assert prepared.left_out == 72
    for path in dataset.paths[72:]:
        path.unlink()
    with pytest.raises(DataError, match="no picture can be read"):
        prepare(dataset, recipe, how, splits=splits, stop=Stop())
