import numpy as np
import pytest

from tagonaut.explaining import agree, find_maps, occlude, peaks, strong
from tagonaut.models.heads import HourglassHead
from tests.explaining.conftest import SHAPES, draw_shapes, fit


def test_a_peak_is_the_middle_of_its_place():
    maps = np.zeros((2, 2, 4))
    maps[0, 1, 0] = 1
    maps[1, 0, 3] = -1
    maps[1] -= 2
    maps[1, 0, 3] = 0
    assert peaks(maps).tolist() == [[0.125, 0.75], [0.875, 0.25]]


def test_maps_of_other_sizes_agree_by_place():
    check = np.zeros((3, 8, 8))
    check[:, 6, 1], check[:, 0, 0] = 4, 1.9
    check[2] *= -1
    maps = np.zeros((3, 2, 2))
    maps[0, 1, 0] = maps[1, 0, 0] = maps[2, 1, 0] = 1
    places = strong(check)
    assert places.sum(axis=(1, 2)).tolist() == [1, 1, 0]
    fine = np.kron(maps, np.ones((1, 8, 8)))
    fine[:, 13, 3] += fine[:, 13, 3] > 0
    assert agree(fine, places).tolist() == [True, False, False]


def hits(maps, boxes):
    """Whether the maximum of each map lies in its box: left, top, right, bottom, as shares."""
    points, boxes = peaks(maps), np.array(list(boxes))
    return ((boxes[:, :2] <= points) & (points <= boxes[:, 2:])).all(axis=1)


@pytest.fixture(scope="module")
def pointed(network_of):
    """A small hourglass that has learned the shapes, and drawn pictures that it has not seen."""
    head = HourglassHead(stages=(1, 2), dilation=1)
    network, preprocessing = network_of("test_resnet", head, labels=len(SHAPES), size=48)
    fit(network, preprocessing, draw_shapes(400, 48, seed=0), steps=60)
    return network, preprocessing, draw_shapes(40, 48, seed=1)


def test_label_maps_point_at_the_drawn_objects(pointed):
    network, preprocessing, drawn = pointed
    found = find_maps(network, preprocessing.tensor(drawn.pictures), range(len(SHAPES)))
    assert found.method == "label maps"
    maps = np.stack([found.values[row, label] for row, label in drawn.boxes])
    boxes = list(drawn.boxes.values())
    area = np.mean([(right - left) * (bottom - top) for left, top, right, bottom in boxes])
    assert area < 0.1  # what a blind guess hits
    assert hits(maps, boxes).mean() > 0.8


def test_hiding_the_object_costs_its_label_most(pointed):
    network, preprocessing, drawn = pointed
    pictures = preprocessing.tensor(drawn.pictures)
    rows = [place for place in drawn.boxes if place[0] < 8]
    found = [occlude(network, pictures[row], [label]) for row, label in rows]
    maps = np.concatenate([one.values for one in found])
    assert hits(maps, [drawn.boxes[place] for place in rows]).mean() > 0.8
    labels = find_maps(network, pictures[:8], range(len(SHAPES))).values
    assert agree(np.stack([labels[place] for place in rows]), strong(maps)).mean() > 0.7
