"""The limits of what is read: each is documented once, and each message names its variable."""

from pathlib import Path

import pytest

from tagonaut import limits
from tagonaut.data.splitting.split_table import read_parquet
from tagonaut.errors import MetadataError, TagonautError
from tagonaut.files.reading import parse_json, read_bytes
from tagonaut.limits import Limit
from tagonaut.metadata.xmp import lists
from tagonaut.models.backbones import check_tensors_file

README = Path(__file__).parents[1] / "README.md"
EVERY = [limit for limit in vars(limits).values() if isinstance(limit, Limit)]


@pytest.mark.parametrize("limit", EVERY, ids=lambda limit: limit.variable)
def test_each_limit_is_in_the_one_table(limit):
    (row,) = [line for line in README.read_text().splitlines() if f"`{limit.variable}`" in line]
    written = {1 << 30: "1 GiB", 4 << 30: "4 GiB"}.get(limit.default, f"{limit.default:,}")
    assert f"({written}" in row


def test_all_names_are_of_one_kind():
    assert len(EVERY) == len({limit.variable for limit in EVERY}) >= 7
    assert all(limit.variable.startswith("TAGONAUT_MAX_") for limit in EVERY)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "²"])
def test_a_limit_that_is_no_number_is_told(monkeypatch, value):
    monkeypatch.setenv("TAGONAUT_MAX_DEPTH", value)
    with pytest.raises(TagonautError, match=r"TAGONAUT_MAX_DEPTH is .* not a number of levels"):
        parse_json("[]")


def test_files_of_runs_name_the_variable_that_raises_their_limit(tmp_path, monkeypatch):
    import polars as pl

    for variable in ("TAGONAUT_MAX_DEPTH", "TAGONAUT_MAX_MEMORY", "TAGONAUT_MAX_CELLS"):
        monkeypatch.setenv(variable, "4")
    with pytest.raises(ValueError, match="set TAGONAUT_MAX_DEPTH"):
        parse_json("[[[[[]]]]]")
    document = tmp_path / "labels.json"
    document.write_text("[1, 2]")
    with pytest.raises(OSError, match="set TAGONAUT_MAX_MEMORY"):
        read_bytes(document)
    (tmp_path / "model.safetensors").write_bytes((9).to_bytes(8, "little") + b"{}       ")
    with pytest.raises(OSError, match="set TAGONAUT_MAX_MEMORY"):
        check_tensors_file(tmp_path / "model.safetensors")
    with pytest.raises(MetadataError, match="set TAGONAUT_MAX_DEPTH"):
        lists(b"<a>" * 9 + b"</a>" * 9)
    table = tmp_path / "split.parquet"
    pl.DataFrame({"id": ["a", "b"], "hash": ["c", "d"], "more": ["e", "f"]}).write_parquet(table)
    with pytest.raises(TagonautError, match="set TAGONAUT_MAX_CELLS"):
        read_parquet(table)
    monkeypatch.delenv("TAGONAUT_MAX_CELLS")
    with pytest.raises(TagonautError, match="set TAGONAUT_MAX_MEMORY"):
        read_parquet(table)
