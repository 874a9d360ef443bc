from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import tagonaut.pixels.perceptual_hash
from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import group_by
from tagonaut.errors import DataError, Interrupted, TagonautError
from tagonaut.interrupts import Stop
from tagonaut.labels import LabelSet


def dataset(paths, **columns):
    n = len(paths)
    targets = np.zeros((n, 1), dtype=np.uint8)
    ids = tuple(Path(path).stem for path in paths)
    known = np.ones((n, 1), dtype=bool)
    labels = LabelSet(("a",))
    return Dataset(ids, tuple(map(Path, paths)), targets, known, labels, pl.DataFrame(columns))


def table(n=5, **columns):
    return dataset([f"p{row}.jpg" for row in range(n)], **columns)


def test_equal_values_are_together_and_empty_ones_alone():
    data = table(place=["x", "y", "", "x", None], **{"a:b": list("ppqqr")})
    assert group_by(data, "place").tolist() == [0, 1, 2, 0, 3]
    assert group_by(data, "column:place").tolist() == [0, 1, 2, 0, 3]
    assert group_by(data, "a:b").tolist() == [0, 0, 1, 1, 2]


def test_several_bind_what_any_of_them_binds():
    data = table(6, a=["1", "1", "2", "3", "", ""], b=["x", "y", "y", "z", "z", ""])
    assert group_by(data, "a, b").tolist() == [0, 0, 0, 1, 1, 2]


def test_columns_with_the_names_of_other_ways():
    data = table(near=list("aabbc"), time=list("xyyzz"))
    assert group_by(data, "column:near").tolist() == [0, 0, 1, 1, 2]
    assert group_by(data, "column:time").tolist() == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("plaec", r"no column 'plaec' .*'place'.* it has place, near or time:SECONDS"),
        ("column:plaec", r"no column 'plaec' .*'place'"),
        ("near:many", "near:many: a number of bits from 0 to 31"),
        ("near:32", "a number of bits from 0 to 31"),
        ("time", "a number of seconds, such as time:60"),
        ("time:-1", "a number of seconds"),
        ("place,", "no column ''"),
    ],
)
def test_mistakes_are_told(by, message):
    with pytest.raises(TagonautError, match=message):
        group_by(table(place=list("aabbc")), by)


def photo(path, time=None, *, model="D4", fraction=None, serial=None):
    exif = Image.Exif()
    exif[0x0110] = model
    folder = exif.get_ifd(0x8769)
    for tag, value in ((0x9003, time), (0x9291, fraction), (0xA431, serial)):
        if value is not None:
            folder[tag] = value
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return path


def taken(folder, *photos):
    return dataset([photo(folder / f"{n}.jpg", *one[:1], **one[1]) for n, one in enumerate(photos)])


def test_photos_in_a_row_are_together_whatever_their_order(tmp_path):
    day = "2013:07:10 12:00:"
    data = taken(
        tmp_path,
        (f"{day}50", {}),
        (f"{day}30", {}),
        (f"{day}40", {}),  # ten seconds after the one and before the other
        ("2013:07:10 12:01:01", {}),  # eleven after the last
        (f"{day}41", {"model": "D5"}),  # another camera
        (f"{day}42", {"serial": "7"}),
        (f"{day}44", {"serial": "7"}),
        ("2013:07:11 12:00:41", {}),  # another day
        (None, {}),
        ("0000:00:00 00:00:00", {}),  # a camera whose clock was never set
    )
    told = []
    assert group_by(data, "time:10", report=told.append).tolist() == [0, 0, 0, 1, 2, 3, 3, 4, 5, 6]
    assert len(told) == 1
    assert told[0].startswith("2 pictures do not say when")
    assert group_by(data, "time:11").tolist() == [0, 0, 0, 0, 1, 2, 2, 3, 4, 5]


def test_fractions_of_a_second_count(tmp_path):
    one, other = "2013:07:10 12:00:00", "2013:07:10 12:00:01"
    data = taken(tmp_path, (one, {"fraction": "90"}), (other, {"fraction": "10"}))
    assert group_by(data, "time:0.21").tolist() == [0, 0]
    assert group_by(data, "time:0.19").tolist() == [0, 1]


def test_no_time_at_all_is_an_error():
    with pytest.raises(DataError, match="no picture says when it was taken"):
        group_by(table(2), "time:60")


def texture(seed, side=96):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


@pytest.fixture
def pictures(tmp_path):
    texture(1).save(tmp_path / "a.png")
    texture(2).save(tmp_path / "b.png")
    texture(1).resize((60, 60)).save(tmp_path / "c.jpg", quality=60)
    (tmp_path / "d.png").write_bytes((tmp_path / "b.png").read_bytes())
    (tmp_path / "e.png").write_bytes(b"no picture")
    texture(3).save(tmp_path / "f.png")
    return dataset([*sorted(tmp_path.iterdir()), tmp_path / "missing.png"])


def test_near_duplicates_are_together(pictures):
    told = []
    assert group_by(pictures, "near", report=told.append).tolist() == [0, 1, 0, 1, 2, 3, 4]
    assert len(told) == 1
    assert told[0].startswith("2 pictures cannot be compared")
    assert "e.png: not a picture" in told[0]
    assert group_by(pictures.subset([1, 3]), "near:0").tolist() == [0, 0]


def test_pictures_are_compared_once(pictures, monkeypatch):
    data = pictures.subset([0, 1, 2, 3])
    first = group_by(data, "near")
    monkeypatch.setattr(tagonaut.pixels.perceptual_hash, "decode", None)
    assert np.array_equal(group_by(data, "near"), first)


def test_nothing_to_compare_is_an_error(pictures):
    with pytest.raises(DataError, match=r"no picture can be compared .*e\.png: not a picture"):
        group_by(pictures.subset([4, 6]), "near")


@pytest.mark.parametrize("by", ["near", "time:1"])
def test_grouping_stops_when_asked(pictures, by):
    stop = Stop()
    stop.asked = True
    with pytest.raises(Interrupted):
        group_by(pictures, by, stop=stop)
