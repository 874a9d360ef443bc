import csv
import dataclasses
import json
import shutil
import subprocess
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from tagonaut_samples.orbit.collection import draw_orbit
from tagonaut_samples.orbit.keywording import written
from tagonaut_samples.orbit.label_sets import LABELS, SETS, drawn_set
from tagonaut_samples.orbit.passes import frame
from tagonaut_samples.orbit.photo import photo

from tagonaut.data.readers.keywords import READER
from tagonaut.errors import TagonautError

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="needs ExifTool, which is not installed"
)
SIXTY = 60


@pytest.fixture(scope="module")
def sixty(tmp_path_factory) -> Path:
    return draw_orbit(tmp_path_factory.mktemp("orbit") / "drawn", SIXTY, seed=4, size=64)


@pytest.fixture(scope="module")
def told(sixty):
    """What ExifTool reads in each photo, by its name below the folder."""
    options = ["-json", "-struct", "-G1", "-n", "-validate", "-warning", "-a"]
    fields = ["-Keywords", "-Subject", "-HierarchicalSubject", "-Title", "-Description"]
    fields += ["-ObjectName", "-Caption-Abstract", "-IPTCDigest", "-CurrentIPTCDigest"]
    fields += ["-Orientation", "-DateTimeOriginal", "-ISO", "-LensModel", "-Model", "-GPS:all"]
    command = ["exiftool", *options, *fields, "-charset", "iptc=UTF8", "-r", "."]
    answer = subprocess.run(command, cwd=sixty, capture_output=True, check=True)
    return {entry.pop("SourceFile")[2:]: entry for entry in json.loads(answer.stdout)}


def pixels(taken, size=64) -> np.ndarray:
    return np.asarray(photo(taken, size).image, dtype=float)


def scene_of(labels, number, size=96) -> np.ndarray:
    plain = dataclasses.replace(
        frame(0, 0), labels=labels, pass_seed=(9, number, 0), seconds=0.0, orientation=1
    )
    return pixels(plain, size)


def as_words(value) -> tuple[str, ...]:
    return tuple(str(word) for word in (value if isinstance(value, list) else [value]))


def test_the_label_sets_are_those_of_the_real_table(shared):
    with (shared("data/iss") / "training_data.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    names = [name.strip() for name in header[1:13]]
    assert tuple(names) == LABELS
    found = Counter(
        tuple(name for name, cell in zip(names, row[1:13], strict=True) if int(cell))
        for row in rows
    )
    assert {labels: n for labels, n in found.items() if n >= 8} == SETS
    assert len(found) - len(SETS) == 15
    assert len(rows) - sum(SETS.values()) == 34


def test_label_sets_are_drawn_as_often_as_in_the_table():
    rng = np.random.default_rng(1)
    n = 20_000
    drawn = Counter(drawn_set(rng) for _ in range(n))
    assert set(drawn) <= set(SETS)
    for labels, count in SETS.items():
        share = count / sum(SETS.values())
        assert abs(drawn[labels] / n - share) < 5 * (share * (1 - share) / n) ** 0.5


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_photos_follow_each_other_in_time_and_in_name(seed, index):
    one, next_ = frame(seed, index), frame(seed, index + 1)
    assert one == frame(seed, index)
    assert one.name < next_.name or one.mission < next_.mission
    apart = next_.taken - one.taken
    if one.pass_seed == next_.pass_seed:
        assert timedelta(seconds=1) <= apart <= timedelta(seconds=3)
        assert (next_.labels, next_.orientation) == (one.labels, one.orientation)
        assert next_.seconds - one.seconds == apart.total_seconds()
    else:
        assert apart > timedelta(minutes=8)
        assert next_.seconds == 0


def test_passes_have_several_frames_and_missions_many_passes():
    frames = [frame(3, index) for index in range(2400)]
    passes = Counter(taken.pass_seed for taken in frames)
    assert max(passes.values()) >= 5
    assert 0.4 < sum(n for n in passes.values() if n > 1) / len(frames) < 0.9
    assert len({taken.mission for taken in frames}) == 10
    assert len({taken.name for taken in frames}) == len(frames)
    assert 0.05 < np.mean([taken.orientation != 1 for taken in frames]) < 0.2


def test_frames_of_a_pass_show_nearly_the_same():
    """What a split that separates them would leak."""
    frames = [frame(4, index) for index in range(40)]
    seen = [np.asarray(photo(taken, 64).image.convert("L"), dtype=float) for taken in frames]
    alike, other = [], []
    for (a, x), (b, y) in pairwise(zip(frames, seen, strict=True)):
        if x.shape == y.shape:
            bucket = alike if a.pass_seed == b.pass_seed else other
            bucket.append(np.abs(x - y).mean())
            assert not np.array_equal(x, y)
    assert min(len(alike), len(other)) >= 8
    assert np.median(alike) < 0.35 * np.median(other)


@pytest.mark.parametrize("labels", SETS, ids=lambda labels: ",".join(labels) or "none")
def test_every_label_set_makes_a_picture_with_something_in_it(labels):
    drawn = scene_of(labels, 3)
    assert drawn.shape == (64, 96, 3)
    assert drawn.std() > 4
    assert not np.array_equal(drawn, scene_of(labels, 4))


def test_the_pictures_show_what_their_labels_say():
    several = range(6)
    light = {
        labels: np.array([scene_of(labels, k).mean() for k in several])
        for labels in [("Day",), ("Night",), ("Stars",), ("Inside ISS",)]
    }
    assert light["Night",].max() < 45 < light["Day",].min()
    assert light["Stars",].max() < 30
    assert light["Inside ISS",].min() > 50
    for k in several:
        aurora = scene_of(("Aurora",), k).mean(axis=(0, 1))
        assert aurora[1] > aurora[0]
        assert aurora[1] > aurora[2]


def test_a_scene_is_the_same_in_every_size():
    taken = dataclasses.replace(frame(4, 0), orientation=1)
    small = pixels(taken, 96)
    large = photo(taken, 1500).image
    assert large.size == (1500, 1000)
    reduced = np.asarray(large.resize((96, 64), Image.Resampling.BOX), dtype=float)
    assert np.corrcoef(reduced.ravel(), small.ravel())[0, 1] > 0.9


def test_the_largest_photo_has_grain_everywhere():
    plain = dataclasses.replace(frame(4, 0), labels=("Day",), orientation=1, seconds=0.0)
    image = photo(plain, 8000).image
    assert image.size == (8000, 5333)
    for box in [(0, 0, 64, 64), (7936, 0, 8000, 64), (7936, 5269, 8000, 5333)]:
        corner = np.asarray(image.crop(box).convert("L"), dtype=float)
        assert np.abs(np.diff(corner, axis=1)).mean() > 0.5


def test_the_same_index_is_the_same_photo_wherever_a_collection_starts(sixty, tmp_path):
    draw_orbit(tmp_path / "some", 3, seed=4, size=64, start=20)
    drawn = sorted((tmp_path / "some").rglob("*.jpg"))
    assert [path.relative_to(tmp_path / "some").as_posix() for path in drawn] == [
        frame(4, index).name for index in (20, 21, 22)
    ]
    for path in drawn:
        twin = sixty / path.relative_to(tmp_path / "some")
        assert path.read_bytes() == twin.read_bytes()


def test_a_photo_held_upright_is_upright_when_turned():
    plain = dataclasses.replace(frame(4, 0), labels=("Movie", "Day"), seconds=0.0)
    for orientation in (6, 8):
        taken = dataclasses.replace(plain, orientation=orientation)
        image = photo(taken, 96).image
        assert image.size == (96, 64)
        image.getexif()[0x0112] = orientation
        upright = ImageOps.exif_transpose(image)
        assert upright.size == (64, 96)
        rows = np.asarray(upright.convert("L"), dtype=float).mean(axis=1)
        assert rows[:8].mean() < 0.5 * rows[-40:].mean()  # the black sky is above


@needs_exiftool
def test_exiftool_reads_what_was_meant_and_finds_nothing_wrong(told):
    assert len(told) == SIXTY
    for index in range(SIXTY):
        taken = frame(4, index)
        meant, found = written(taken, labelled=True), told[taken.name]
        # An empty subject, which the real photos have too, is worth a minor warning to ExifTool.
        empty = ["[minor] Ignored empty rdf:Bag list for dc:subject"] * (meant.subject == ())
        assert [found[name] for name in found if name.endswith("Warning")] == empty
        assert found["ExifTool:Validate"] == f"0 {len(empty)} {len(empty)}"
        for field, words in (
            ("IPTC:Keywords", meant.iptc),
            ("XMP-dc:Subject", meant.subject),
            ("XMP-lr:HierarchicalSubject", meant.hierarchical or None),
        ):
            assert (field in found) == (words is not None)
            if words is not None:
                assert as_words(found[field]) == (words or ("",))
        assert found.get("XMP-dc:Title") == found.get("IPTC:ObjectName") == meant.title
        assert (
            found.get("XMP-dc:Description") == found.get("IPTC:Caption-Abstract") == meant.caption
        )
        assert found.get("Photoshop:IPTCDigest") == found.get("File:CurrentIPTCDigest")
        assert found["ExifIFD:DateTimeOriginal"] == f"{taken.taken:%Y:%m:%d %H:%M:%S}"
        assert found["IFD0:Orientation"] == taken.orientation
        assert found["IFD0:Model"] == "NIKON D5"
        assert {"ExifIFD:ISO", "ExifIFD:LensModel"} <= set(found)
        assert not any(name.startswith("GPS") for name in found)


@needs_exiftool
def test_the_reader_finds_the_drawn_labels(sixty):
    dataset = READER.read(sixty, {"labels": LABELS})
    frames = sorted((frame(4, index) for index in range(SIXTY)), key=lambda taken: taken.name)
    assert list(dataset.ids) == [taken.name for taken in frames]
    assert [tuple(tags) for tags in dataset.labels.decode(dataset.targets)] == [
        taken.labels for taken in frames
    ]
    assert len({taken.labels for taken in frames}) >= 5


def test_the_fields_are_as_untidy_as_in_real_archives():
    frames = [frame(1, index) for index in range(1500)]
    fields = [written(taken, labelled=True) for taken in frames]
    shares = {
        "both": np.mean([bool(f.iptc and f.subject) for f in fields]),
        "subject only": np.mean([f.iptc is None and bool(f.subject) for f in fields]),
        "iptc only": np.mean([bool(f.iptc) and f.subject is None for f in fields]),
        "empty subject": np.mean([f.subject == () for f in fields]),
        "hierarchical": np.mean([bool(f.hierarchical) for f in fields]),
        "repeated": np.mean([len(set(f.iptc or ())) < len(f.iptc or ()) for f in fields]),
        "caption": np.mean([f.caption is not None for f in fields]),
    }
    assert all(share > 0.02 for share in shares.values()), shares
    assert shares["both"] > 0.5
    assert all(f.iptc or f.subject or f.hierarchical for f in fields)
    words = {word for f in fields for word in (f.iptc or ())}
    assert {"Küste", "雲", "Mission 12"} <= words
    assert max(len(word.encode()) for word in words) <= 64  # what IPTC has room for
    trees = [
        taken.labels == ("Volcano", "Day") and "Surface|Volcano" in f.hierarchical
        for taken, f in zip(frames, fields, strict=True)
    ]
    assert any(trees)


@needs_exiftool
def test_photos_that_are_not_labelled_have_no_keyword(tmp_path):
    folder = draw_orbit(tmp_path / "new", 12, seed=4, size=64, labelled=False)
    dataset = READER.read(folder, {"labels": LABELS})
    assert len(dataset.ids) == 12
    assert dataset.targets.sum() == 0
    fields = ["-Keywords", "-Subject", "-HierarchicalSubject"]
    answer = subprocess.run(
        ["exiftool", "-q", "-s", *fields, "-r", "."], cwd=folder, capture_output=True, check=True
    )
    lines = [line for line in answer.stdout.decode().splitlines() if not line.startswith("=")]
    assert lines == []


@pytest.mark.parametrize(
    "numbers",
    [{"pictures": 0}, {"seed": -1}, {"start": -1}, {"size": 63}, {"size": 8001}],
    ids=str,
)
def test_numbers_out_of_range_are_an_error_and_leave_no_folder(tmp_path, numbers):
    with pytest.raises(TagonautError, match="cannot draw"):
        draw_orbit(tmp_path / "new", **{"pictures": 1, "size": 64, **numbers})
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_in_it_is_an_error(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TagonautError, match="is not empty"):
        draw_orbit(tmp_path, 1, size=64)
