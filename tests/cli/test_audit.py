import json

import pytest


@pytest.fixture
def arguments(painted, weights, tmp_path):
    images = painted.parent / "images"
    return (
        *("audit", painted, "--images", images, "--weights", weights, "--out", tmp_path / "out"),
        *("--set", "frozen.epochs=2", "--folds", "2"),
    )


def test_a_table_is_printed_or_one_document(tagonaut, arguments, tmp_path):
    status, out, err = tagonaut(*arguments)
    assert status == 0
    assert "90 pictures, 2 folds, seed 0" in out
    counts = {words[0]: words[1] for line in out.splitlines() if len(words := line.split()) > 1}
    assert (counts["red"], counts["blue"]) == ("45", "44")
    assert f"written: {tmp_path / 'out' / 'audit.html'}" in out
    assert "270 cells" in err
    status, out, _ = tagonaut(*arguments, "--json")
    document = json.loads(out)
    assert status == 0
    assert document["folder"] == str(tmp_path / "out")
    assert {**document, "folder": None} == {
        **json.loads((tmp_path / "out" / "audit.json").read_text()), "folder": None
    }  # fmt: skip


def test_what_cannot_be_read_is_told_and_the_status_tells_too(tagonaut, arguments, painted):
    (painted.parent / "images" / "p07.jpg").write_bytes(b"no picture")
    status, _, err = tagonaut(*arguments)
    assert status == 1
    assert "p07.jpg: not a picture" in err
    status, _, err = tagonaut(*arguments, "--missing", "error")
    assert status == 2
    assert "1 of 90 pictures cannot be read" in err


def test_without_cleanlab_one_line_tells_how_to_get_it(tagonaut, arguments, monkeypatch):
    monkeypatch.setattr("tagonaut.deciding.label_quality.find_spec", lambda name: None)
    status, out, err = tagonaut(*arguments)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == ("tagonaut: audit needs cleanlab: pip install 'tagonaut[audit]'")


@pytest.mark.parametrize("command", ["audit", "explore", "split"])
def test_corrections_are_applied_first(tagonaut, arguments, painted, tmp_path, command):
    file = tmp_path / "corrections.csv"
    file.write_text("picture,label,given,suggested,accept\np03,blue,0,1,x\np04,blue,1,0,\n")
    extra = {
        "audit": arguments[1:],
        "explore": (*arguments[1:4], "--out", tmp_path / "explored"),
        "split": (*arguments[1:4], "--out", tmp_path / "split.csv"),
    }[command]
    status, out, err = tagonaut(command, *extra, "--corrections", file, "--json")
    assert status == 0
    assert "corrections.csv: 1 of 2 corrections applied" in err
    labels = {row["label"]: row["pictures"] for row in json.loads(out)["labels"]}
    counts = labels["blue"]
    assert (sum(counts.values()) if isinstance(counts, dict) else counts) == 45
    file.write_text("picture,label,given,suggested\nnobody,blue,0,1\n")
    status, _, err = tagonaut(command, *extra, "--corrections", file)
    assert status == 2
    assert "corrections.csv:2, column picture: there is no picture 'nobody'" in err
