"""Do things look like what they are? Measured on the pixels that are theirs alone."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tagonaut.drawing.canvas import View, turned
from tagonaut.drawing.chips.chip import SEEN
from tagonaut.drawing.chips.scene import Scene, scene
from tagonaut.drawing.chips.sky import developed
from tagonaut.drawing.noise import textures

Pixels = NDArray[np.float64]


def view(seed: int, size: int = 96) -> View:
    rng = np.random.default_rng((77, seed))
    sun = turned(rng.uniform(0, 6.2832))
    return View(size, rng, textures(size), sun, 2.5, rng.uniform(0.05, 0.95))


def laid_out(here: View, *wanted: str) -> Scene:
    """A scene without lone trees, which would stand in the way of measuring the grass."""
    while (found := scene(here, set(wanted), village=True)) is None:
        pass
    return replace(found, trees=None)


def seen(found: Scene, here: View) -> Pixels:
    """The developed picture, ``[size, size, 3]`` in 0…255."""
    return np.asarray(developed(found.painted(here), here)).astype(float)


def scenes(*wanted: str, count: int = 12) -> Iterator[tuple[Scene, Pixels]]:
    for index in range(count):
        here = view(index)
        found = laid_out(here, *wanted)
        yield found, seen(found, here)


def inside_and_outside(thing: str, part: str = "mask") -> tuple[Pixels, Pixels]:
    """Mean colour of the thing and of the grassland around it, ``[n, 3]`` each."""
    inside, outside = [], []
    for found, picture in scenes(thing):
        owner = getattr(found, {"road": "roads", "field": "fields"}.get(thing, thing))
        mask = getattr(owner, part)
        inside.append(picture[mask > 0.9].mean(axis=0))
        outside.append(picture[mask < 0.01].mean(axis=0))
    return np.array(inside), np.array(outside)


def saturation(colour: Pixels) -> Pixels:
    return (colour.max(axis=-1) - colour.min(axis=-1)) / colour.max(axis=-1)


def test_forest_is_darker_than_grass_and_green():
    forest, grass = inside_and_outside("forest")
    assert (forest.sum(axis=1) < 0.85 * grass.sum(axis=1)).all()
    assert (forest.argmax(axis=1) == 1).all()


def test_forest_is_rougher_than_grass():
    ratios = []
    for found, picture in scenes("forest"):
        assert found.forest is not None
        blocks = picture.mean(axis=2).reshape(12, 8, 12, 8).std(axis=(1, 3))
        covered = found.forest.mask.reshape(12, 8, 12, 8).mean(axis=(1, 3))
        if np.any(covered == 0):
            ratios.append(blocks[covered > 0.6].mean() / blocks[covered == 0].mean())
    assert len(ratios) > 5
    assert np.mean(ratios) > 1.5


def test_a_lake_is_dark_and_blue():
    lake, grass = inside_and_outside("lake")
    assert (lake.sum(axis=1) < 0.85 * grass.sum(axis=1)).all()
    assert (lake[:, 2] > lake[:, 0]).all()
    assert (grass[:, 2] < grass[:, 0]).all()


def test_a_river_is_bluer_than_grass_and_darker_on_average():
    river, grass = inside_and_outside("river")
    blue = river[:, 2] / river.sum(axis=1)
    assert (blue > grass[:, 2] / grass.sum(axis=1)).all()
    assert river.mean() < 0.9 * grass.mean()


def test_a_river_reaches_two_edges():
    for found, _ in scenes("river"):
        assert found.river is not None
        wet = found.river.mask > 0.5
        edges = np.concatenate([wet[0], wet[:, -1], wet[-1, ::-1], wet[::-1, 0]])
        starts = np.count_nonzero(edges & ~np.roll(edges, 1))
        assert starts >= 2


def test_a_road_is_brighter_than_grass_and_paler():
    road, grass = inside_and_outside("road")
    assert (road.sum(axis=1) > grass.sum(axis=1)).all()
    assert road.mean() > 1.2 * grass.mean()
    assert (saturation(road) < saturation(grass)).all()


def test_bare_ground_is_redder_than_grass():
    soil, grass = inside_and_outside("bare_ground")
    assert (soil[:, 0] - soil[:, 1] > 8 + grass[:, 0] - grass[:, 1]).all()
    assert soil.mean() > grass.mean()


def test_fields_differ_from_one_another_more_than_grass_from_itself():
    for found, picture in scenes("field"):
        assert found.fields is not None
        parcels, mask = found.fields.parcel, found.fields.mask
        numbers, pixels = np.unique(parcels[mask > 0.9], return_counts=True)
        means = [picture[(parcels == k) & (mask > 0.9)].mean(axis=0) for k in numbers[pixels > 100]]
        assert len(means) >= 3
        assert np.std(means, axis=0).max() > 12


def test_houses_have_roofs_brighter_than_their_shadows():
    ratios = []
    for found, picture in scenes("houses", "road"):
        assert found.houses is not None
        if found.seen()["houses"] >= SEEN["houses"]:
            roofs = picture[found.houses.mask > 0.9].max(axis=1)
            ratios.append(roofs.mean() / picture[found.houses.shadow > 0.9].max(axis=1).mean())
    assert len(ratios) > 5
    assert min(ratios) > 1.2
    assert np.mean(ratios) > 1.5


def test_clouds_brighten_what_they_cover_and_darken_only_by_their_shadow():
    shadows = 0
    for index in range(12):
        here = view(index)
        cloudy = laid_out(here, "cloudy", "forest", "field", "road")
        twin = deepcopy(here)
        clear = seen(replace(cloudy, clouds=None), twin)
        picture = seen(cloudy, here)
        assert cloudy.clouds is not None
        mask, shadow = cloudy.clouds.mask, cloudy.clouds.shadow
        covered = mask > 0.8
        assert picture[covered].mean() > clear[covered].mean() + 40
        assert picture[covered].min() > 120
        free = (mask < 0.001) & (shadow < 0.001)
        assert np.abs(picture - clear)[free].mean() < 2
        shaded = (mask < 0.001) & (shadow > 0.2)
        if np.count_nonzero(shaded) > 50:
            shadows += 1
            assert picture[shaded].mean() < 0.85 * clear[shaded].mean()
        assert 0.05 < np.mean(mask > 0.6) < 0.55
    assert shadows > 5


@pytest.mark.parametrize("label", ["forest", "river", "lake", "road", "field", "bare_ground"])
def test_what_is_not_wanted_is_not_there(label: str):
    others = {"forest", "river", "lake", "road", "field", "bare_ground", "houses"} - {label}
    assert set(laid_out(view(1), *others).seen()) == others


def test_what_a_cloud_hides_is_not_seen():
    found = laid_out(view(2), "field", "road", "cloudy")
    assert found.clouds is not None
    overcast = replace(found.clouds, mask=np.ones_like(found.clouds.mask))
    assert replace(found, clouds=overcast).seen() == {"cloudy": 1.0, "road": 0.0, "field": 0.0}
    assert found.seen()["field"] <= replace(found, clouds=None).seen()["field"]
