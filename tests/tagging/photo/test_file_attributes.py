"""Times, links, rights: what a photo is besides its content."""

import errno
import io
import os

import polars as pl
import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging import scores_table
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import fields, snapshot
from tests.tagging.scorer import NAMES, ByColour, colour, expected

LONG_AGO = 981_173_106_123_456_789


def test_the_time_of_change_is_kept_where_that_is_asked_for(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photo = colour(photos / "a.jpg", "red")
    os.utime(photo, ns=(LONG_AGO, LONG_AGO))
    tag_folder(ByColour(), photos, TagOptions(to=out, keep_time=True))
    assert (out / "a.jpg").stat().st_mtime_ns == LONG_AGO
    tag_folder(ByColour(), photos, TagOptions(in_place=True, keep_time=True))
    assert photo.stat().st_mtime_ns == LONG_AGO
    assert fields(tool, photo)[0].iptc == expected("red")
    # Known by its size then; and a new run is not mistaken for it.
    assert (
        tag_folder(ByColour(), photos, TagOptions(in_place=True, keep_time=True)).nothing_to_do == 1
    )
    untag_folder(photos, UntagOptions(keep_time=True))
    assert photo.stat().st_mtime_ns == LONG_AGO
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert photo.stat().st_mtime_ns != LONG_AGO


def test_a_photo_of_several_names_is_left_alone_unless_that_is_asked_for(tmp_path, tool):
    """Promise: without --break-links, a photo with hard links is left alone and reported."""
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    colour(photos / "b.jpg", "red")
    backup = tmp_path / "backup.jpg"
    backup.hardlink_to(photo)
    before = snapshot(tmp_path)["photos/a.jpg"]
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    ((name, reason),) = summary.failures
    assert name == "a.jpg"
    assert "2 names (hard links)" in reason
    assert "--break-links" in reason
    assert snapshot(tmp_path)["photos/a.jpg"] == snapshot(tmp_path)["backup.jpg"] == before
    content = backup.read_bytes()
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True, break_links=True)).written == 1
    assert fields(tool, photo)[0].iptc == expected("red")
    assert (backup.read_bytes(), backup.stat().st_nlink) == (content, 1)
    # Copies of ours too; where there is nothing to do, nothing is said.
    backup.unlink()
    backup.hardlink_to(photo)
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).nothing_to_do == 2
    assert untag_folder(photos).failures[0][0] == "a.jpg"
    assert untag_folder(photos, UntagOptions(break_links=True)).written == 1
    assert fields(tool, backup)[0].iptc == expected("red")


def test_scores_are_a_table_by_default(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "b.jpg", "red", "green")
    colour(photos / "a" / os.fsdecode(b"\xff.jpg"), "red")
    summary = tag_folder(
        ByColour("run", ("picture", "B", "C", "D")), photos, TagOptions(in_place=True)
    )
    assert summary.scores == photos / "scores.parquet"
    table = pl.read_parquet(summary.scores)
    assert table.columns == ["picture_", "picture", "B", "C", "D"]
    assert table["picture_"].to_list() == ["a/\\xff.jpg", "b.jpg"]
    assert table["B"].dtype == pl.Float32
    assert (table["B"] >= 0.5).to_list() == [False, True]
    # The scores of photos that need no more work stay in it.
    colour(photos / "c.jpg", "blue")
    names = ("picture", "B", "C", "D")
    tag_folder(ByColour("run", names), photos, TagOptions(in_place=True))
    assert pl.read_parquet(summary.scores).height == 3


def theirs(form):
    """Tables that a person or training left, with columns as ours have them."""
    table = pl.DataFrame({"picture": ["a.jpg"], "red": [1.0], "green": [0.0]})
    if form == "text.parquet":
        return b"PRECIOUS"
    if form == "table.parquet":
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        return buffer.getvalue()
    return {"labels.csv": b"picture,red,green\na.jpg,1,0\n", "text.csv": b"\xff", "empty.csv": b""}[
        form
    ]


@pytest.mark.parametrize(
    "form", ["text.parquet", "table.parquet", "labels.csv", "text.csv", "empty.csv"]
)
@pytest.mark.parametrize("asked", [False, True])
def test_scores_replace_nothing_but_scores(tmp_path, form, asked):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    place = photos / (form if asked else "scores.parquet")
    place.write_bytes(theirs(form))
    before = snapshot(photos)
    with pytest.raises(
        TagonautError, match=r"not a table of scores that tagging wrote: left alone"
    ):
        tag_folder(ByColour(), photos, TagOptions(in_place=True, scores=place if asked else None))
    assert snapshot(photos) == before
    # Our own are replaced, also those of another run.
    elsewhere = tmp_path / f"new{place.suffix}"
    for run in ("one", "two"):
        assert (
            tag_folder(ByColour(run), photos, TagOptions(in_place=True, scores=elsewhere)).failed
            == 0
        )
    assert place.read_bytes() == theirs(form)


@pytest.mark.parametrize("place", ["a.jpg/scores.csv", "scores.csv"])
def test_a_place_where_no_scores_can_be_is_told_before_anything_is_done(tmp_path, place):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    (tmp_path / "scores.csv").mkdir()
    wanted = tmp_path / place if place == "scores.csv" else photos / place
    with pytest.raises(TagonautError, match=r"is not a folder|not a table of scores"):
        tag_folder(ByColour(), photos, TagOptions(in_place=True, scores=wanted))
    assert os.listdir(photos) == ["a.jpg"]  # noqa: PTH208


def test_what_was_done_is_told_although_the_scores_cannot_be_written(tmp_path, tool, monkeypatch):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")

    def full(*values):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(scores_table, "take_place", full)
    summary = tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    assert (summary.written, summary.tags["red"]) == (1, 1)
    ((name, reason),) = summary.failures
    assert name == str(photo.parent / "scores.parquet")
    assert "the scores: cannot be read or written (No space left on device)" in reason
    assert summary.scores is None
    assert fields(tool, photo)[0].iptc == expected("red")
    monkeypatch.undo()
    assert tag_folder(ByColour(), photo.parent, TagOptions(in_place=True)).nothing_to_do == 1
    assert pl.read_parquet(photo.parent / "scores.parquet").height == 1


def test_scores_in_the_photos(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    before = fields(tool, photo)
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    summary = tag_folder(ByColour(), photo.parent, TagOptions(in_place=True, write_scores=True))
    assert summary.written == 1
    (found,) = fields(tool, photo)
    assert [word.partition("=")[0] for word in found.scores] == list(NAMES)
    assert found.iptc == ("red", "green")
    assert (
        tag_folder(
            ByColour(), photo.parent, TagOptions(in_place=True, write_scores=True)
        ).nothing_to_do
        == 1
    )
    assert untag_folder(photo.parent).written == 1
    assert fields(tool, photo) == before
