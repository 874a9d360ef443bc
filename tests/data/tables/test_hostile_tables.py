"""Tables that hold little and claim much."""

import json
import re
import struct
import time
from contextlib import suppress
from mmap import ACCESS_READ, mmap

import numpy as np
import polars as pl
import pytest

from tagonaut.data.readers.read import look
from tagonaut.data.splitting.split_table import read_parquet
from tagonaut.data.tables import read_label_table, read_table
from tagonaut.data.tables.parquet_pages import check_pages, page_headers
from tagonaut.data.text import read_text
from tagonaut.errors import DataError, TagonautError


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


@pytest.mark.parametrize("read", [read_table, read_parquet], ids=["a table", "a run's"])
def test_parquet_pages_that_lie_about_their_size(tmp_path, monkeypatch, read):
    """Pages of two kilobytes that claim to become 134 MB each are counted before they are read."""
    path = tmp_path / "x.parquet"
    # A page of a MiB: its header begins with its kind (0), and the two sizes in Thrift's numbers.
    words = [f"{n:06}{'x' * 1014}" for n in range(9 * 1025)]
    pl.DataFrame({"image": words}).write_parquet(
        path, row_group_size=1025, statistics=False, data_page_size=1 << 30
    )
    read(path)
    content = path.read_bytes()
    headers = re.compile(rb"(\x15[\x00\x04]\x15)[\x80-\xff]{3}[\x00-\x7f](?=\x15)")
    content, pages = headers.subn(lambda found: found[1] + b"\xfe\xff\xff\x7f", content)
    assert pages >= 9
    path.write_bytes(content)
    monkeypatch.delattr(pl, "read_parquet")
    with pytest.raises(TagonautError, match=r"pages become bytes .* set TAGONAUT_MAX_MEMORY"):
        read(path)


@pytest.mark.parametrize("packed", ["zstd", "snappy", "gzip", "lz4_raw", "brotli", "uncompressed"])
def test_pages_are_counted_as_another_reader_counts_them(tmp_path, packed):
    parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow comes with the extra of Ray")
    path = tmp_path / "x.parquet"
    frame = pl.DataFrame({"image": [f"{n}.jpg" for n in range(2_000)]}).with_columns(
        tags=pl.lit(["a", "b"]), score=pl.lit(0.5)
    )
    frame.write_parquet(
        path, row_group_size=700, compression="lz4" if packed == "lz4_raw" else packed
    )
    index = parquet.read_metadata(path)
    claimed = sum(
        index.row_group(group).column(column).total_uncompressed_size
        for group in range(index.num_row_groups)
        for column in range(index.num_columns)
    )
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        pages = list(page_headers(data, DataError, None))
    assert sum(page[2] for page in pages) == pytest.approx(claimed, rel=0.05)
    assert {page[5][1] for page in pages if 5 in page} >= {700, 600}
    for columns, values in ((None, 8_000), (["image"], 2_000)):
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            found = list(page_headers(data, DataError, columns))
        assert sum(page[5][1] for page in found if 5 in page) == values


def test_damaged_parquet_is_told_in_a_line(tmp_path):
    path = tmp_path / "x.parquet"
    pl.DataFrame({"image": ["a.jpg", "b.jpg"], "tags": ["x", "y"]}).write_parquet(path)
    content = path.read_bytes()
    for at in range(4, len(content), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x5A]) + content[at + 1 :])
        with suppress(DataError):
            read_table(path)


def test_an_array_that_claims_terabytes(tmp_path, monkeypatch):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((2, 5)))
    assert read_label_table(path).values.shape == (2, 5)
    monkeypatch.setenv("TAGONAUT_MAX_CELLS", "9")
    with pytest.raises(DataError, match=r"its cells are over .* set TAGONAUT_MAX_CELLS"):
        read_label_table(path)
    monkeypatch.delenv("TAGONAUT_MAX_CELLS")
    content = path.read_bytes()
    for claim in (b"(2000000000000, 5)", b"(2000000000000000000, 5)", b"-" * 5_000, b"(" * 90):
        header = content.replace(b"(2, 5)", claim)
        path.write_bytes(header[:8] + struct.pack("<H", 118 + len(claim) - 6) + header[10:])
        with pytest.raises(DataError, match="not an array of numbers that can be read"):
            read_label_table(path)


def compact(*fields):
    """A structure of Thrift's compact protocol, of fields with number, kind and bytes."""
    last, parts = 0, b""
    for number, kind, data in fields:
        parts += bytes([(number - last) << 4 | kind]) + data
        last = number
    return parts + b"\0"


def parquet(path, groups):
    index = compact((4, 9, groups))
    path.write_bytes(b"PAR1" + bytes(20) + index + struct.pack("<I", len(index)) + b"PAR1")
    return path


def test_parquet_whose_index_is_one_long_list(tmp_path):
    count = b"\xc0\x9a\x0c"  # 200,000, seven bits to a byte
    path = parquet(tmp_path / "x.parquet", b"\xf3" + count + bytes(200_000))
    with pytest.raises(DataError, match="TAGONAUT_MAX_PARTS"):
        check_pages(path, DataError)


def test_parquet_whose_columns_share_a_page(tmp_path):
    """It would be unpacked for each of them."""
    name = bytes([1 << 4 | 8, 1]) + b"a"
    chunk = compact((3, 12, compact((3, 9, name), (7, 6, b"\x14"), (9, 6, b"\x08"))))
    group = compact((1, 9, bytes([2 << 4 | 12]) + chunk + chunk))
    path = parquet(tmp_path / "x.parquet", bytes([1 << 4 | 12]) + group)
    with pytest.raises(DataError, match="pages cannot be followed"):
        check_pages(path, DataError)
