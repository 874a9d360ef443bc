"""Tables that hold little and claim much."""

import json
import time

import polars as pl
import pytest

from tagonaut.data.readers.read import look
from tagonaut.data.tables import read_table
from tagonaut.data.text import read_text
from tagonaut.errors import DataError


def save(path, text):
    path.write_text(text)
    return path


def test_a_csv_of_many_columns(tmp_path, monkeypatch):
    header = ",".join(f"c{n}" for n in range(20_000))
    wide = save(tmp_path / "wide.csv", f"{header}\n{','.join('a' * 20_000)}\n")
    begun = time.monotonic()
    table = read_table(wide)
    assert [table.column(name) for name in table.header][-1] == ["a"]
    assert time.monotonic() - begun < 2
    wider = save(tmp_path / "wider.csv", ",".join(f"c{n}" for n in range(100_001)) + "\na\n")
    with pytest.raises(DataError, match=r"100,001 columns are over .* set TAGONAUT_MAX_PARTS"):
        read_table(wider)
    monkeypatch.setenv("TAGONAUT_MAX_CELLS", "100")
    with pytest.raises(DataError, match=r"its cells are over .* set TAGONAUT_MAX_CELLS"):
        read_table(save(tmp_path / "x.csv", "a,b\n" + "1,2\n" * 101))


def test_the_size_of_a_text_is_limited(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", "4000")
    assert read_text(save(tmp_path / "x.csv", "a" * 1_000)) == "a" * 1_000
    with pytest.raises(DataError, match=r"size is over the limit of 1,000 bytes .*MAX_MEMORY"):
        read_text(save(tmp_path / "x.csv", "a" * 1_001))


def test_a_key_of_its_own_in_each_line(tmp_path):
    lines = "\n".join(json.dumps({f"k{n}": 1}) for n in range(20_000))
    with pytest.raises(DataError, match=r"its cells are over .* set TAGONAUT_MAX_CELLS"):
        read_table(save(tmp_path / "x.jsonl", lines))


@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
@pytest.mark.parametrize("text", ['[{"a": %s}]' % ("1" * 5_000), "[" * 100_000])
def test_json_that_python_refuses(tmp_path, name, text):
    with pytest.raises(DataError, match="not"):
        read_table(save(tmp_path / name, text))


def test_parquet_that_repeats_itself(tmp_path, monkeypatch):
    path = tmp_path / "x.parquet"
    pl.DataFrame({"image": ["x" * 1_000], "more": [[1] * 50]}).select(
        pl.all().repeat_by(1_000).explode()
    ).write_parquet(path)
    assert path.stat().st_size < 20_000
    assert len(read_table(path).rows) == 1_000
    for variable, limit, message in (
        ("TAGONAUT_MAX_CELLS", 1_999, "its cells are"),
        ("TAGONAUT_MAX_CELLS", 49_999, "the items of its lists are"),
        ("TAGONAUT_MAX_MEMORY", 3_999_999, "its texts are"),
    ):
        monkeypatch.setenv(variable, str(limit))
        with pytest.raises(DataError, match=f"{message} over .* set {variable}"):
            read_table(path)
        monkeypatch.delenv(variable)


def test_a_label_for_each_picture(tmp_path):
    document = {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(12_000)],
        "categories": [{"id": n, "name": f"label {n}"} for n in range(12_000)],
        "annotations": [{"image_id": n, "category_id": n} for n in range(12_000)],
    }
    path = save(tmp_path / "x.json", json.dumps(document))
    begun = time.monotonic()
    with pytest.raises(DataError, match="12,000 pictures times 12,000 labels are over"):
        look(path)
    assert time.monotonic() - begun < 3


def test_tags_that_are_no_labels_are_not_all_compared(tmp_path):
    rows = "".join(f"{n}.jpg,tag {n}\n" for n in range(3_000))
    path = save(tmp_path / "x.csv", "image,tags\n" + rows)
    begun = time.monotonic()
    with pytest.raises(DataError, match="3,000 tags are not among the 3000 labels"):
        look(path, delimiter=";", labels=[f"label {n}" for n in range(3_000)])
    assert time.monotonic() - begun < 10
