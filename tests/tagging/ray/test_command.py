"""``tagonaut tag --engine ray`` as a person asks for it."""

import json
import subprocess
import sys

import pytest

from tagonaut.files.run_files import MODEL_FILE
from tests.tagging.folders import contents


def test_a_run_on_a_cluster_of_its_own_ends_as_the_local_one(tagonaut, painted, weights, tmp_path):
    run = tmp_path / "a run"
    photos = painted.parent / "images"
    trained = tagonaut("train", painted, "--weights", weights, "--out", run, "--set", "size=32")
    assert trained[0] == 0
    choice = ("--top", "1", "--prefix", "AI|", "--write-scores", "--keep-time")
    (photos / "broken.jpg").write_bytes(b"no picture")
    here, there = tmp_path / "here", tmp_path / "there"
    arguments = ("tag", run, f"file://{photos}", "--to", here, *choice, "--engine", "ray", "--json")
    status, out, err = tagonaut(*arguments)
    assert status == 1, err
    told = json.loads(out)
    status, out, _ = tagonaut("tag", run, photos, "--to", there, *choice, "--json")
    wanted = json.loads(out)
    for key in ("photos", "tagged", "failed", "failures", "notes", "tags"):
        assert told[key] == wanted[key]
    copies = {name: file for name, file in contents(there).items() if name.startswith("p")}
    assert copies
    assert {name: contents(here)[name] for name in copies} == copies
    (tmp_path / "empty").mkdir()
    empty = ("tag", run, tmp_path / "empty", "--to", tmp_path / "x")
    for engine in ("ray", "local"):
        status, _, err = tagonaut(*empty, "--engine", engine)
        assert (status, "has no photos in it: nothing done" in err) == (2, True)
    told = json.loads(tagonaut(*arguments)[1])
    assert (told["tagged"], told["nothing_to_do"], told["failed"]) == (0, 90, 1)
    # The local engine has no journal of these, and says so of each.
    assert tagonaut("tag", run, photos, "--to", here)[0] == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--in-place",), "--to"),
        (("--to", "OUT", "--dry-run"), "--dry-run"),
        (("--to", "OUT", "--journal", "J"), "--journal"),
        (("--to", "sftp://host/x"), "sftp"),
        (("--to", "nowhere://x"), "nowhere"),
        (("--to", "PHOTOS"), "--to takes another"),
        (("--to", "RUN"), "is a run folder"),
        (("--to", "ABOVE"), "copies would come among the photos"),
        (("--to", "LINK"), "copies would come among the photos"),
    ],
)
def test_what_it_does_not_do_is_said_in_one_line(tagonaut, tmp_path, options, word):
    photos = tmp_path / "photos"
    photos.mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / MODEL_FILE).touch()
    places = {"OUT": tmp_path / "out", "PHOTOS": photos}
    places |= {"ABOVE": tmp_path, "LINK": tmp_path / "link", "RUN": tmp_path / "run"}
    options = [places.get(option, option) for option in options]
    status, out, err = tagonaut("tag", tmp_path, photos, *options, "--engine", "ray")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert word in err


def test_without_the_extra_it_names_it(tagonaut, tmp_path, monkeypatch):
    monkeypatch.setattr("tagonaut.workflows.tag.find_spec", lambda name: None)
    status, _, err = tagonaut("tag", tmp_path, tmp_path, "--to", tmp_path, "--engine", "ray")
    assert status == 2
    assert "pip install 'tagonaut[ray]'" in err
    _, _, err = tagonaut("tag", tmp_path, tmp_path, "--to", tmp_path / "x", "--actors", "2")
    assert "--engine ray" in err


def test_nobody_else_waits_for_ray():
    code = (
        "import sys, tagonaut.cli.app, tagonaut.cli.tag;"
        "print([name for name in ('ray', 'fsspec', 'pyarrow') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
