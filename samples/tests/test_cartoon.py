import csv
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tagonaut_samples.cartoon.acting import acted, stage
from tagonaut_samples.cartoon.challenge import draw_distorted
from tagonaut_samples.cartoon.collection import draw_cartoon
from tagonaut_samples.cartoon.distortions import NAMES, tiny
from tagonaut_samples.cartoon.frames import draw, shown
from tagonaut_samples.cartoon.pen import blob, box, limb, oval, polygon
from tagonaut_samples.cartoon.scenery.stage import HIGH, WIDE
from tagonaut_samples.cartoon.script import ACT, LABELS, chance_of, moment
from tagonaut_samples.cartoon.visibility import PLAN, visible

from tagonaut.data.readers.table import READER
from tagonaut.errors import TagonautError

SMALL = 64


def levels(picture: Image.Image) -> NDArray[np.float64]:
    return np.asarray(picture).astype(float)


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_same_seed_and_index_give_the_same_frame_in_any_order():
    forwards = {index: draw(3, index, SMALL) for index in (0, 1, 30, 500)}
    for index in reversed(forwards):
        frame, tags = draw(3, index, SMALL)
        assert frame.tobytes() == forwards[index][0].tobytes()
        assert tags == forwards[index][1]


DIGEST = """
from hashlib import sha256
from tagonaut_samples.cartoon.frames import draw
print(sha256(b"".join(draw(4, index, 64)[0].tobytes() for index in range(0, 60, 12))).hexdigest())
"""


def test_another_process_without_wide_vectors_draws_the_same_bytes():
    here = sha256(b"".join(draw(4, index, 64)[0].tobytes() for index in range(0, 60, 12)))
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DIGEST],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here.hexdigest()


def test_every_frame_is_another_one():
    frames = [draw(seed, index, SMALL)[0].tobytes() for seed in (0, 1) for index in range(30)]
    assert len(set(frames)) == 60


@pytest.mark.parametrize(("size", "high"), [(64, 48), (100, 75), (257, 193)])
def test_a_frame_has_the_size_asked_for(size: int, high: int):
    frame, _ = draw(0, 5, size)
    assert frame.size == (size, high)
    assert frame.mode == "RGB"
    assert levels(frame).std() > 10


def test_size_changes_neither_tags_nor_what_is_to_be_seen():
    for index in (2, 40, 77):
        small, tags = draw(6, index, 96)
        large, same = draw(6, index, 384)
        assert same == tags
        shrunk = levels(large.resize(small.size, Image.Resampling.BOX))
        assert np.corrcoef(shrunk.ravel(), levels(small).ravel())[0, 1] > 0.9


def test_how_often_the_characters_come():
    tags = [tuple(draw(5, index, SMALL)[1]) for index in range(2 * ACT)]
    counts = Counter(tags)
    assert counts == {(): 28, ("fox",): 34, ("owl",): 28, ("fox", "owl"): 22}


def test_scenes_are_8_to_20_frames_in_a_row():
    scenes = [moment(8, index).scene for index in range(20 * ACT)]
    runs = [(scene, len(list(run))) for scene, run in groupby(scenes)]
    assert [scene for scene, _ in runs] == list(range(len(runs)))
    assert all(8 <= frames <= 20 for _, frames in runs)
    assert len({frames for _, frames in runs}) > 6


def test_frames_of_a_scene_resemble_each_other():
    frames = [levels(draw(2, index, SMALL)[0]) for index in range(ACT)]
    scenes = [moment(2, index).scene for index in range(ACT)]
    apart: dict[bool, list[float]] = {True: [], False: []}
    for k in range(ACT - 1):
        away = np.abs(frames[k] - frames[k + 1]).mean()
        apart[scenes[k] == scenes[k + 1]].append(float(away))
    assert np.median(apart[True]) < 0.35 * np.median(apart[False])


def differing(one: Image.Image, other: Image.Image) -> NDArray[np.bool_]:
    return np.abs(levels(one) - levels(other)).max(axis=2) > 12


def test_every_character_with_a_tag_is_seen_and_no_other_is_in_the_frame():
    for index in range(0, 5 * ACT, 5):
        when = moment(9, index)
        full, set_ = acted(9, when), stage(9, when.scene, 128)
        picture, tags = draw(9, index, 128)
        assert {actor.label for actor in full.actors} == set(tags)
        for actor in full.actors:
            without = replace(full, actors=tuple(a for a in full.actors if a is not actor))
            missing = shown(9, index, set_, without, 128)
            assert differing(picture, missing).mean() > 0.002
        empty = shown(9, index, set_, replace(full, actors=()), 128)
        if not tags:
            assert picture.tobytes() == empty.tobytes()


def test_characters_are_small_and_large_whole_and_cut_off():
    heights, places = [], []
    for index in range(0, 12 * ACT, 6):
        frame = acted(1, moment(1, index))
        for actor in frame.actors:
            heights.append(actor.high / frame.camera.high)
            places.append((actor.place.real - frame.camera.left) / frame.camera.wide)
    assert np.percentile(heights, 5) < 0.18
    assert np.percentile(heights, 95) > 0.65
    assert min(places) < 0.1
    assert max(places) > 0.9


def test_mean_colour_does_not_tell_the_characters():
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    drawn = [draw(0, index, SMALL) for index in range(0, 24 * ACT, 7)]
    colour = np.array([levels(frame).mean(axis=(0, 1)) for frame, _ in drawn]) / 255
    half = len(drawn) // 2
    for label in LABELS:
        there = np.array([label in tags for _, tags in drawn])
        model = LogisticRegression(C=100).fit(colour[:half], there[:half])
        assert roc_auc_score(there[half:], model.predict_proba(colour[half:])[:, 1]) < 0.75


def test_the_table_says_what_was_drawn(tmp_path: Path):
    table = draw_cartoon(tmp_path / "film", 12, seed=2, size=SMALL, start=50)
    assert table == tmp_path / "film" / "labels.csv"
    read = READER.read(table, {})
    assert read.ids == tuple(f"frame{k}.jpg" for k in range(50, 62))
    assert read.labels.names == LABELS
    assert tuple(read.columns) == ("scene",)
    expected = [[label in draw(2, k, SMALL)[1] for label in LABELS] for k in range(50, 62)]
    assert read.targets.tolist() == np.array(expected).astype(int).tolist()
    assert [row["scene"] for row in rows(table)] == [
        f"s{moment(2, k).scene:04d}" for k in range(50, 62)
    ]
    assert not (tmp_path / "film" / "challenge").exists()
    assert not (tmp_path / "film" / "challenge.csv").exists()


def test_the_pictures_are_the_frames(tmp_path: Path):
    draw_cartoon(tmp_path, 2, seed=2, size=80)
    files = sorted((tmp_path / "images").iterdir())
    assert [file.name for file in files] == ["frame0.jpg", "frame1.jpg"]
    for k, file in enumerate(files):
        with Image.open(file) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (80, 60))
            assert np.abs(levels(picture) - levels(draw(2, k, 80)[0])).mean() < 8


def test_the_challenge_has_all_distortions_of_scenes_that_are_not_in_the_labels(tmp_path: Path):
    table = draw_cartoon(tmp_path, 10, seed=4, size=SMALL, challenge=22)
    hard = rows(tmp_path / "challenge.csv")
    assert list(hard[0]) == ["filename", *LABELS, "scene", "distortion"]
    assert Counter(row["distortion"] for row in hard) == dict.fromkeys(NAMES, 2)
    assert not {row["scene"] for row in hard} & {row["scene"] for row in rows(table)}
    files = {file.name for file in (tmp_path / "challenge").iterdir()}
    assert files == {row["filename"] for row in hard}
    read = READER.read(tmp_path / "challenge.csv", {})
    assert read.labels.names == LABELS
    assert tuple(read.columns) == ("scene", "distortion")
    for row, target in zip(hard, read.targets.tolist(), strict=True):
        index = int(row["filename"].removeprefix("frame").removesuffix(".jpg"))
        tags = draw(4, index, SMALL)[1]
        assert target == [int(label in tags) for label in LABELS]


def test_distortions_do_what_their_names_say():
    plain = levels(draw(7, 20, 128)[0])
    seen = {name: levels(draw_distorted(7, 20, name, 128)[0]) for name in NAMES}
    assert all(picture.shape == plain.shape for picture in seen.values())
    for name in ("greyscale", "sketch", "halftone"):
        assert np.ptp(seen[name], axis=2).max() == 0
    assert np.ptp(plain, axis=2).max() > 20
    assert np.array_equal(seen["inverted"], 255 - plain)
    assert np.array_equal(seen["mirrored"], plain[:, ::-1])
    roughness = {k: np.abs(np.diff(v, axis=1)).mean() for k, v in {**seen, "": plain}.items()}
    assert roughness["blurred"] < 0.4 * roughness[""]
    assert roughness["noisy"] > 3 * roughness[""]
    assert np.median(seen["sketch"]) == 255
    covered = seen["covered"][np.abs(seen["covered"] - plain).max(axis=2) > 0]
    assert 0.15 < len(covered) / (128 * 96) < 0.7
    assert len(np.unique(covered, axis=0)) == 1
    assert (seen["sepia"][..., 0] >= seen["sepia"][..., 2]).all()


def test_tiny_characters_are_tiny_and_yet_there():
    chance = chance_of(0, 0)
    for index in range(0, 2 * ACT, 4):
        when = moment(7, index)
        set_ = replace(stage(7, when.scene, PLAN), front=Image.new("RGBX", (WIDE, HIGH)))
        frame = tiny(set_, acted(7, when), chance)
        assert len(frame.actors) == len(draw(7, index, SMALL)[1])
        for mask, whole in visible(set_, frame):
            assert 0.0005 < mask.mean() < 0.02
            assert np.count_nonzero(mask) > 0.5 * whole


@pytest.mark.parametrize(
    ("seed", "index", "size"), [(-1, 0, 64), (0, -1, 64), (0, 0, 63), (0, 0, 1025)]
)
def test_numbers_out_of_range_are_an_error(seed: int, index: int, size: int):
    with pytest.raises(TagonautError, match="numbers start at 0, sizes go from 64 to 1024"):
        draw(seed, index, size)


@pytest.mark.parametrize(
    ("pictures", "start", "size", "challenge"),
    [(0, 0, 64, 0), (1, -1, 64, 0), (1, 0, 8, 0), (1, 0, 64, -1)],
)
def test_numbers_that_make_no_collection_are_an_error_and_leave_no_folder(
    tmp_path: Path, pictures: int, start: int, size: int, challenge: int
):
    with pytest.raises(TagonautError, match="cannot draw"):
        draw_cartoon(tmp_path / "new", pictures, size=size, start=start, challenge=challenge)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_in_it_is_an_error(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TagonautError, match="is not empty"):
        draw_cartoon(tmp_path, 2, size=SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "shape",
    [
        box(0, 0, 10, 6),
        polygon(0j, 6j, 10 + 6j, 10 + 0j),  # the other way round
        oval(5 + 5j, 4, 4),
        blob(0j, 8 + 0j, 8 + 8j, 8j),
        limb([0j, 10 + 0j, 20 + 0j], [4, 4, 4]),
    ],
)
def test_ink_lies_around_a_shape(shape):
    def area(points: NDArray[np.complex128]) -> float:
        following = np.roll(points, -1)
        return abs(float((points.conj() * following).imag.sum())) / 2

    width = 0.5
    plain, inked = area(shape.points), area(shape.points + width * shape.outward)
    around = float(np.abs(np.diff(shape.points, append=shape.points[:1])).sum())
    # A convex shape grows by its girth times the width, and by its corners.
    assert around * width * 0.97 < inked - plain < around * width + 4.5 * width * width
