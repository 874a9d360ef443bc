import json
import shutil

import pytest


@pytest.fixture
def runs(tagonaut, painted, weights, tmp_path):
    small = ("--set", "size=32", "--out", tmp_path / "one")
    assert tagonaut("train", painted, "--weights", weights, *small)[0] == 0
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    return tmp_path / "one", tmp_path / "two"


def test_compare(tagonaut, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = tagonaut("compare", *runs)
    assert (status, err) == (0, "")
    assert "2 runs, 3 labels, evaluated on the same 18 test pictures" in out
    assert "written: compare/compare.html" in out
    status, out, _ = tagonaut("compare", *runs, "--json", "--reference", "majority")
    document = json.loads(out)
    assert (status, document["folder"], document["reference"]) == (0, "compare-2", "majority")
    assert document["runs"][0]["correct"] == document["runs"][1]["correct"]
    kept = json.loads((tmp_path / "compare-2" / "compare.json").read_text())
    assert {"folder": "compare-2", **kept} == document
    for arguments, message in (
        ((runs[0], "none"), "none: not a run folder"),
        ((*runs, "--out", "images"), "images exists already and is not a comparison"),
        ((*runs, "--reference", "tow"), "did you mean 'two'"),
    ):
        status, out, err = tagonaut("compare", *arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 1)
        assert message in err


def test_evaluate_only(tagonaut, runs, painted, tmp_path):
    every = tmp_path / "only.csv"
    lines = [f"p{n:02},{'even' if n % 2 == 0 else 'odd'},{n}" for n in range(90)]
    every.write_text("\n".join(["image_name,parity,n", *lines, "p9,even,90"]))
    status, out, err = tagonaut("evaluate", runs[0], painted, "--in-sample", "--only", every)
    assert status == 1
    assert "only.csv:92, column image_name: no picture 'p9'" in err
    for words in ("only only.csv", "Each parity, hardest first", "odd", "even", "all"):
        assert words in out
    every.write_text("\n".join(f"p{n:02}" for n in range(90)))
    status, out, err = tagonaut("evaluate", runs[0], painted, "--in-sample", "--only", every)
    assert (status, err) == (0, "")
    assert "The named pictures" in out
    status, out, err = tagonaut("evaluate", runs[0], "--only", "none.txt")
    assert (status, out, err) == (2, "", "tagonaut: none.txt: file not found\n")
