import json


def test_explaining_pictures(tagonaut, run, painted, tmp_path):
    pictures = painted.parent / "images"
    (pictures / "bad.jpg").write_bytes(b"")
    some = (pictures / "p01.jpg", pictures / "bad.jpg")
    arguments = ("explain", run, *some, "--filters", "none", "--labels", "red, green")
    status, out, err = tagonaut(*arguments, "--out", tmp_path / "a.html")
    assert status == 1
    assert "bad.jpg: the file is empty" in err
    assert f"written: {tmp_path / 'a.html'}" in out
    status, out, err = tagonaut(*arguments, "--out", tmp_path / "b.html", "--json")
    document = json.loads(out)
    assert status == 1
    assert [row["label"] for row in document["pictures"][0]["labels"]] == ["red", "green"]
    assert len(document["unreadable"]) == 1
    assert document["filters"] == []
    status, out, err = tagonaut(*arguments, "--out", tmp_path / "b.html")
    assert (status, out) == (2, "")
    assert "exists already" in err
    status, out, err = tagonaut("explain", run, pictures / "bad.jpg")
    assert (status, out) == (2, "")
