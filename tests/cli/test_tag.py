"""Choosing what is written, where, and what is taken back, as a person asks for it."""

import io
import json
import os

import polars as pl
import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_keywords
from tests.tagging.folders import snapshot
from tests.tagging.scorer import colour


@pytest.fixture
def photos(painted, tmp_path):
    """Twelve of the pictures."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for picture in sorted((painted.parent / "images").iterdir())[:12]:
        os.link(picture, folder / picture.name)
    return folder


def subjects(folder):
    with ExifTool() as tool:
        found = [read_keywords(tool, path) for path in sorted(folder.glob("*.jpg"))]
    return [set(one.subject or ()) for one in found], found


def test_a_way_through_the_options(tagonaut, run, photos, tmp_path):
    # The pictures are hard links to the labelled ones.
    status, out, _ = tagonaut("tag", run, photos, "--in-place", "--json")
    document = json.loads(out)
    assert (status, document["failed"]) == (2, 12)
    assert "--break-links" in document["failures"][0]
    (tmp_path / "map.csv").write_text("label,tag\nred,Colour|rot\n")
    chosen = ("--labels", "red, green", "--map", tmp_path / "map.csv", "--prefix", "ai:")
    kept = ("--keep-time", "--break-links", "--scores", tmp_path / "s.csv", "--write-scores")
    times = [path.stat().st_mtime_ns for path in sorted(photos.iterdir()) if path.suffix == ".jpg"]
    status, out, _ = tagonaut("tag", run, photos, "--in-place", *chosen, *kept, "--json")
    document = json.loads(out)
    assert (status, document["failed"]) == (0, 0)
    assert set(document["tags"]) <= {"ai:rot", "ai:green"}
    assert document["scores"] == str(tmp_path / "s.csv")
    assert [path.stat().st_mtime_ns for path in sorted(photos.glob("*.jpg"))] == times
    words, found = subjects(photos)
    assert set().union(*words) == set(document["tags"])
    assert any("Colour|ai:rot" in one.hierarchical for one in found)
    assert all(len(one.scores) == 2 for one in found)
    again = json.loads(tagonaut("tag", run, photos, "--in-place", *chosen, *kept, "--json")[1])
    assert (again["tagged"], again["nothing_to_do"]) == (0, 12)
    # Another choice: what is not chosen any more goes.
    status, out, _ = tagonaut("tag", run, photos, "--in-place", "--top", 1)
    assert status == 0
    assert "removed, because this command does not choose them" in out
    assert "ai:rot" in out
    words, _ = subjects(photos)
    assert max(map(len, words)) == 1
    assert pl.read_parquet(photos / "scores.parquet").height == 12
    count = sum("red" in one for one in words)
    untagged = json.loads(tagonaut("untag", photos, "--label", "red", "--json")[1])
    assert untagged["untagged"] == count
    for arguments in (("--until", "2000-01-01"), ("--since", "2100-01-01T10:00")):
        assert json.loads(tagonaut("untag", photos, *arguments, "--json")[1])["photos"] == 0
    assert tagonaut("untag", photos, "--run", run, "--since", "2000-01-01")[0] == 0
    assert not any(subjects(photos)[0])


def test_sidecars(tagonaut, run, photos):
    status, out, _ = tagonaut("tag", run, photos, "--sidecar", "--json")
    document = json.loads(out)
    assert (status, document["failed"]) == (0, 0)
    assert len(list(photos.glob("*.jpg.xmp"))) == document["tagged"]
    assert tagonaut("untag", photos)[0] == 0
    assert not list(photos.glob("*.xmp"))


def test_sidecars_elsewhere_and_files_that_are_the_same_again(tagonaut, run, photos, tmp_path):
    before = snapshot(photos)
    named = ("--sidecar-dir", tmp_path / "tree", "--sidecar-name", "adobe")
    assert tagonaut("tag", run, photos, *named)[0] == 0
    assert snapshot(photos) == before
    assert list((tmp_path / "tree").glob("*.xmp"))
    assert tagonaut("untag", tmp_path / "tree")[0] == 0
    assert not list((tmp_path / "tree").glob("*.xmp"))
    count = json.loads(tagonaut("tag", run, photos, "--in-place", "--break-links", "--json")[1])
    dry = tagonaut("untag", photos, "--dry-run")[1]
    assert f"{count['tagged']} would be the original files again, byte for byte" in dry
    document = json.loads(tagonaut("untag", photos, "--label", "red", "--json")[1])
    # Most have other tags still, and are not as before.
    assert document["original_bytes"] + document["only_fields"] < document["untagged"]
    out = tagonaut("untag", photos)[1]
    assert "are the original files again, byte for byte" in out
    assert "keyword fields" not in out
    assert {name: before[name][2] for name in before} == {
        name: content for name, (_, _, content) in snapshot(photos).items() if name in before
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("tag", "RUN", "PHOTOS"),
            "choose one of --to DIR, --in-place, --sidecar and --sidecar-dir DIR",
        ),
        (("tag", "RUN", "PHOTOS", "--in-place", "--sidecar"), "choose one of --to DIR"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--sidecar-dir", "x"), "choose one of --to DIR"),
        (("tag", "RUN", "PHOTOS", "--to", "ORIGINALS"), "has photos that Tagonaut did not write"),
        (("tag", "RUN", "PHOTOS", "--sidecar-dir", "ORIGINALS"), "(old.jpg): nothing done"),
        (("tag", "RUN", "PHOTOS", "--sidecar-dir", "PHOTOS"), "is the folder of the photos"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--labels", "rde"), "did you mean 'red'"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--map", "none.csv"), "none.csv: cannot be read"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--min-score", "2"), "min-score"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--scores", "s.txt"), ".parquet or .csv"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--prefix", "AI||"), "'AI||' has a level without"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--prefix", "|"), "'|' has a level without"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--prefix", "   "), "'   ' has a level without"),
        (("tag", "RUN", "PHOTOS", "--to", "RUN"), "is a run folder"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--scores", "RUN/scores.parquet"), "a run folder"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--journal", "RUN"), "is not a file"),
        (("tag", "RUN", "PHOTOS", "--in-place", "--journal", "PHOTO"), "is not a journal"),
        (("untag", "PHOTOS"), "was not tagged by Tagonaut"),
    ],
)
def test_mistakes_are_one_line_and_status_2(tagonaut, run, photos, tmp_path, arguments, message):
    named = {"RUN": run, "PHOTOS": photos, "PHOTO": sorted(photos.iterdir())[0]}
    named["RUN/scores.parquet"] = run / "scores.parquet"
    named["ORIGINALS"] = colour(tmp_path / "originals" / "old.jpg", "red").parent
    before = snapshot(tmp_path)
    status, out, err = tagonaut(*(named.get(word, word) for word in arguments))
    assert (status, out) == (2, "")
    assert message in err
    assert snapshot(tmp_path) == before


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_in_a_terminal_a_person_is_asked_before_tags_are_taken_away(monkeypatch, answer, agreed):
    from tagonaut.cli.tag import _agree

    shown = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stderr", shown)
    assert _agree("3 tags will be taken away") is agreed
    assert "3 tags will be taken away" in shown.getvalue()


def test_a_script_is_told_and_goes_on(monkeypatch, capsys):
    from tagonaut.cli.tag import _agree

    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert _agree("3 tags will be taken away")
    assert capsys.readouterr().err == "3 tags will be taken away\n"
