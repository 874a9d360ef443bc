"""The record of an archive: what was written, taken back, refused, and every failure."""

import csv
import io
import json

import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging.journal import Journal, journal_of
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import edit, fields, snapshot
from tests.tagging.scorer import ByColour, colour

FAILED = 25


@pytest.fixture
def archive(tmp_path):
    """A photo is refused a tag, another untagged, and more fail than a summary shows."""
    folder = tmp_path / "archive"
    colour(folder / "sub" / "a.jpg", "red", "green")
    colour(folder / "=b.jpg", "red")
    for number in range(FAILED):
        (folder / f"broken-{number:02}.jpg").write_bytes(b"no picture")
    run(folder, "run-1")
    edit(folder / "sub" / "a.jpg", "-IPTC:Keywords-=green", "-XMP-dc:Subject-=green")
    run(folder, "run-2")
    untag_folder(folder, UntagOptions(labels=("Café crème",)))
    return folder


def run(folder, name):
    return tag_folder(ByColour(name), folder, TagOptions(in_place=True))


def record(tagonaut, archive, *options):
    status, out, err = tagonaut("history", archive, "--json", *options)
    assert (status, err) == (0, "")
    return json.loads(out)["events"]


def changes(events):
    return [
        (event["photo"], event["done"], event["tag"], event["state"], event["run"])
        for event in events
        if event["done"] != "failed"
    ]


def test_everything_that_happened_is_in_the_record(tagonaut, archive):
    before = snapshot(archive)
    events = record(tagonaut, archive)
    assert sorted(changes(events)) == [
        ("=b.jpg", "added", "Café crème", "undone", "run-1"),
        ("=b.jpg", "added", "red", "written", "run-1"),
        ("=b.jpg", "taken", "Café crème", "undone", None),
        ("sub/a.jpg", "added", "green", "refused", "run-1"),
        ("sub/a.jpg", "added", "red", "written", "run-1"),
    ]
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    with ExifTool() as tool:
        found = {name: fields(tool, archive / name)[0].subject for name in ("sub/a.jpg", "=b.jpg")}
    for name, there in found.items():
        written = [e for e in events if e["photo"] == name and e["state"] == "written"]
        assert there == tuple(event["tag"] for event in written)
    failed = [event for event in events if event["done"] == "failed"]
    assert {event["run"] for event in failed} == {"run-1", "run-2"}
    assert len(failed) == 2 * FAILED
    assert all(event["why"] for event in failed)
    assert snapshot(archive) == before


def test_a_part_of_the_record(tagonaut, archive, monkeypatch):
    assert {e["photo"] for e in record(tagonaut, archive / "sub")} == {"sub/a.jpg"}
    assert {e["photo"] for e in record(tagonaut, archive, "--photo", "=b.jpg")} == {"=b.jpg"}
    monkeypatch.chdir(archive / "sub")
    assert {e["photo"] for e in record(tagonaut, archive, "--photo", "a.jpg")} == {"sub/a.jpg"}
    assert len(record(tagonaut, archive, "--run", "run-2")) == FAILED
    events = record(tagonaut, archive)
    first, last = events[0]["time"], "2999-01-01"
    assert record(tagonaut, archive, "--since", first) == events
    assert record(tagonaut, archive, "--since", first, "--until", last) == events
    assert record(tagonaut, archive, "--since", last) == []


def test_a_table_for_a_spreadsheet(tagonaut, archive, tmp_path):
    file = tmp_path / "record.csv"
    status, out, err = tagonaut("history", archive, "--csv", file)
    assert status == 0
    assert "begin as formulas do" in err
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert f"{len(rows)} rows" in out
    assert [row["photo"] for row in rows] == [e["photo"] for e in record(tagonaut, archive)]
    status, _, err = tagonaut("history", archive, "--csv", file)
    assert (status, err.count("\n")) == (2, 1)


def test_the_terminal_shows_all_of_it_and_obeys_no_name(tagonaut, archive):
    (archive / "sub" / "a.jpg").rename(archive / "sub" / "\x1b[31mred\n.jpg")
    run(archive, "run-3")
    status, out, _ = tagonaut("history", archive)
    assert status == 0
    assert "\x1b[31m" not in out
    assert "\\x1b[31mred\\n.jpg" in out
    assert f"6 tags added, 1 taken away, {3 * FAILED} failures" in out


def test_the_summary_names_the_command_that_shows_every_failure(tagonaut, archive):
    untag_folder(archive)
    for number in range(FAILED):
        (archive / f"broken-{number:02}.jpg").unlink()
        colour(archive / f"broken-{number:02}.jpg", "red")
    run(archive, "run-3")
    for number in range(FAILED):
        (archive / f"broken-{number:02}.jpg").unlink()
    _, _, err = tagonaut("untag", archive)
    assert f"every failure: tagonaut history {archive}" in err
    failed = [event for event in record(tagonaut, archive) if event["done"] == "failed"]
    assert sum(event["run"] is None for event in failed) == FAILED


def test_a_photo_that_another_replaced_has_a_record(tagonaut, archive):
    edit(colour(archive / "=b.jpg", "blue", "green"), "-XMP-dc:Subject=hand")
    run(archive, "run-3")
    events = record(tagonaut, archive)
    assert ("(a photo that another has replaced)", "added", "red", "written", "run-1") in changes(
        events
    )
    assert ("=b.jpg", "added", "blue", "written", "run-3") in changes(events)


MISTAKES = [
    ("archive", ("--run", "nosuchrun"), "by a run 'nosuchrun'"),
    ("archive", ("--photo", "../other.jpg"), "is not in"),
    ("archive", ("--since", "2026-02-02", "--until", "2026-02-01"), "has to be before"),
    ("archive", ("--csv", "x.csv", "--json"), "choose one of --csv FILE and --json"),
    ("other", (), "was not tagged by Tagonaut"),
    ("none", (), "folder not found"),
]


@pytest.mark.parametrize(("folder", "options", "message"), MISTAKES)
def test_mistakes(tagonaut, archive, tmp_path, monkeypatch, folder, options, message):
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    status, out, err = tagonaut("history", folder, *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_a_dry_run_leaves_no_record(archive):
    with Journal(journal_of(archive), read_only=True) as journal:
        before = journal._rows("SELECT * FROM failures")
    tag_folder(ByColour("run-3"), archive, TagOptions(in_place=True, dry_run=True))
    with Journal(journal_of(archive), read_only=True) as journal:
        assert journal._rows("SELECT * FROM failures") == before
