import random
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tagonaut.data.dataset import Dataset
from tagonaut.labels import LabelSet
from tagonaut.pixels.inspect import Header, Inspection
from tagonaut.reports.duplicates import shown_pairs
from tagonaut.reports.explore.album import MOST_THUMBNAILS, SAMPLES, Album, Reservoir
from tagonaut.reports.explore.facts import PictureFacts, find_duplicates, picture_figures
from tagonaut.reports.explore.findings import findings
from tagonaut.reports.explore.sizes import draw_sizes


def inspected(*, likeness=0, content=b"", size=(40, 30), grey=0.0):
    header = Header(*size, "PNG", "RGB")
    square = np.full((64, 64, 3), grey, dtype=np.uint8)
    mean = (grey, grey, grey)
    return Inspection(header, 10, content.ljust(32), mean, 9.0, False, likeness, square, square[:8])


def dataset_of(targets, known=None):
    targets = np.array(targets, dtype=np.uint8)
    n, k = targets.shape
    return Dataset(
        tuple(f"p{row}" for row in range(n)),
        tuple(Path(f"p{row}.png") for row in range(n)),
        targets,
        np.ones((n, k), dtype=bool) if known is None else np.array(known, dtype=bool),
        LabelSet(tuple("abcdefgh"[:k])),
        pl.DataFrame(),
    )


def test_a_reservoir_takes_each_item_as_often():
    taken = Counter()
    for seed in range(3000):
        reservoir = Reservoir(8, random.Random(seed))
        for row in range(40):
            reservoir.offer(row, lambda: b"")
        items = reservoir.items()
        assert len(items) == 8
        taken.update(row for row, _ in items)
    # 600 of 3,000 each; five standard deviations are 110.
    assert all(abs(taken[row] - 600) < 110 for row in range(40))


def test_jpegs_are_made_only_of_what_is_taken():
    made = []
    reservoir = Reservoir(2, random.Random(0))
    for row in range(1000):
        reservoir.offer(row, lambda row=row: made.append(row) or b"")
    assert len(made) < 30


def test_mean_pictures_and_sets_of_an_album():
    album = Album([0, 2], 2, 0)
    for row, (labels, grey) in enumerate([([0, 1], 10), ([0, 2], 20), ([2], 250), ([], 255)]):
        album.add(row, labels, row - 1, inspected(grey=grey))
    assert (album.mean_of_label[0].mean() == 15).all()
    assert (album.mean_of_label[2].mean() == 135).all()
    assert (album.mean_of_all.mean() == 134).all()
    assert album.mean_of_label.keys() == {0, 2}
    assert [[row for row, _ in of.items()] for of in album.of_set] == [[1], [2]]


@pytest.mark.parametrize(("labels", "each"), [(17, SAMPLES), (80, SAMPLES), (400, 2)])
def test_many_labels_show_fewer_samples_each(labels, each):
    album = Album(range(labels), 0, 0)
    assert {reservoir.capacity for reservoir in album.of_label.values()} == {each}
    assert labels * each <= MOST_THUMBNAILS


def test_duplicates_and_whether_their_labels_agree():
    dataset = dataset_of(
        [[1, 0], [1, 0], [0, 1], [1, 1], [0, 0], [0, 0]],
        [[1, 1], [1, 1], [1, 1], [1, 0], [1, 1], [1, 1]],
    )
    facts = PictureFacts(np.ones(6, dtype=bool))
    far = 0xFFFF_FFFF_0000_0000
    for row, (likeness, content) in enumerate(
        [(0, b"A"), (0, b"A"), (0b111, b"B"), (far, b"C"), (far ^ 1, b"D")]
    ):
        facts.put(row, inspected(likeness=likeness, content=content))
    found = find_duplicates(dataset, facts)
    assert found.exact == [[0, 1]]
    assert found.exact_disagree == [False]
    # Row 1 is a copy of row 0, row 5 was not read; of row 3 the second label is not known.
    assert found.pairs.tolist() == [[0, 2], [3, 4]]
    assert found.distances.tolist() == [3, 1]
    assert found.pairs_disagree.tolist() == [True, True]
    assert found.clusters.tolist() == [0, -1, 0, 1, 1, -1]
    assert shown_pairs(found) == [1, 0]
    agreeing = find_duplicates(dataset_of(np.zeros((6, 2))), facts)
    assert agreeing.pairs_disagree.tolist() == [False, False]


def test_figures_of_pictures_count_what_was_read():
    facts = PictureFacts(np.array([True, True, True, False]))
    facts.put(0, inspected(grey=10))
    facts.put(1, inspected(grey=40, size=(90, 20)))
    facts.failures[2] = "empty"
    figures = picture_figures(facts)
    assert (figures["there"], figures["measured"], figures["bytes"]) == (3, 2, 20)
    assert figures["mean_rgb"] == [25.0, 25.0, 25.0]
    assert figures["distinct_sizes"] == 2
    assert figures["modes"] == {"RGB": 2}


def test_sizes_are_drawn_where_there_are_many():
    few = np.array([100, 200, 100, 200])
    assert draw_sizes(few, few) == ""
    many = np.arange(10, 5000, 300)
    assert draw_sizes(many, many[::-1]).startswith("<svg")
    assert draw_sizes(np.full(9, 240), np.arange(240, 249)).startswith("<svg")


def test_nothing_odd_is_no_finding():
    nothing = {
        "summary": {"pictures": 5, "labelled": 5, "unknown_cells": 0, "cells": 10},
        "pictures": {"there": 5},
        "labels": [{"label": "a", "rare": False, "scarce": False}],
        "groups": [],
        "duplicates": {"exact": {"groups": 0}, "near": {"pairs": 0}},
        "problems": {
            "unreadable": [], "without_row": {"count": 0}, "one_colour": [], "small": [],
            "extreme_shape": [], "labels_of_none": [], "labels_of_all": [], "constant_columns": [],
        },
        "rules": {"scarce_below_pictures": 10},
    }  # fmt: skip
    assert findings(nothing) == []
    nothing["summary"] |= {"labelled": 3}
    assert findings(nothing) == [
        {"text": "no label is known for 2 of 5 pictures", "where": "labels"}
    ]
