"""Other files come to stand at paths that the journal knows: restored, replaced, renamed."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from tagonaut.interrupts import Stop
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.tagging.journal import Asked, journal_of, open_read_only
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.photo import copies
from tagonaut.tagging.photo.identity import DOUBT_NOTE
from tagonaut.tagging.summary import KEPT_NOTES, Outcome, Summary
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit, fields
from tests.tagging.scorer import ByColour, colour, expected

HAND = ("-IPTC:Keywords=red", "-IPTC:Keywords=hand", "-XMP-dc:Subject=red", "-XMP-dc:Subject=hand")


@pytest.fixture
def photos(tmp_path):
    return tmp_path / "photos"


def run(photos, run_id="run-1", names=("red", "green", "blue", "Café crème")):
    return tag_folder(ByColour(run_id, names), photos, TagOptions(in_place=True))


def test_a_backup_that_is_put_back_is_no_decision(photos, tmp_path, tool):
    photo = colour(photos / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=mine")
    backup = shutil.copyfile(photo, tmp_path / "backup.jpg")
    run(photos)
    tagged = contents(photos)["a.jpg"]
    for times in range(2):
        shutil.copyfile(backup, photo)
        summary = run(photos, f"run-{times + 2}")
        assert summary.written == 1
        assert len(summary.notes) == 1
        assert contents(photos)["a.jpg"] == tagged
    shutil.copyfile(backup, photo)
    assert untag_folder(photos, UntagOptions(dry_run=True)).nothing_to_do == 1
    assert untag_folder(photos).nothing_to_do == 1
    assert untag_folder(photos).seen == 0
    assert photo.read_bytes() == backup.read_bytes()


def test_a_backup_from_between_two_runs_holds_the_tags_of_the_first(photos, tmp_path, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos, "run-1", ("A", "B", "C", "D"))
    backup = shutil.copyfile(photo, tmp_path / "backup.jpg")
    run(photos, "run-2", ("A2", "B", "C", "D"))
    run(photos, "run-3", ("A3", "B", "C", "D3"))
    shutil.copyfile(backup, photo)
    assert untag_folder(photos, UntagOptions(runs=("run-1",))).written == 1
    assert fields(tool, photo)[0].subject is None


def test_what_a_run_took_away_is_ours_again_in_a_backup(photos, tmp_path, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    backup = shutil.copyfile(photo, tmp_path / "backup.jpg")
    assert untag_folder(photos, UntagOptions(labels=("red",))).written == 1
    assert fields(tool, photo)[0].subject == ("Café crème",)
    shutil.copyfile(backup, photo)
    assert untag_folder(photos).written == 1
    assert fields(tool, photo)[0].subject is None


def test_nothing_is_taken_from_another_picture(photos, tool):
    """Promise: tags that people wrote are never removed, reordered or written a second time."""
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    replaced = colour(photo, "green", "blue")
    edit(replaced, *HAND)
    before = photo.read_bytes()
    assert untag_folder(photos, UntagOptions(dry_run=True)).nothing_to_do == 1
    summary = untag_folder(photos)
    assert (summary.nothing_to_do, len(summary.notes)) == (1, 1)
    assert photo.read_bytes() == before
    assert untag_folder(photos).seen == 0


def test_another_run_takes_nothing_from_another_picture(photos, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    edit(colour(photo, "green", "blue"), *HAND)
    summary = run(photos, "run-2")
    assert not summary.taken
    assert len(summary.notes) == 1
    assert fields(tool, photo)[0].subject == ("red", "hand", "green", "blue")
    assert untag_folder(photos).written == 1
    assert fields(tool, photo)[0].subject == ("red", "hand")


def test_a_decision_is_about_the_picture_that_it_was_made_about(photos, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    assert run(photos, "run-2").written == 0
    colour(photo, "red", size=32)
    assert run(photos, "run-3").written == 1
    assert fields(tool, photo)[0].subject == expected("red")


def test_a_retouched_photo_is_still_ours(photos, tmp_path, tool):
    photo = colour(photos / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    run(photos)
    retouched = colour(tmp_path / "retouched.jpg", "red", size=16)
    edit(retouched, "-TagsFromFile", str(photo), "-all:all", "-XMP-xmp:Rating=4")
    shutil.copyfile(retouched, photo)
    assert untag_folder(photos).written == 1
    assert fields(tool, photo)[0].subject == ("mine",)


@pytest.mark.parametrize("first", ["tag", "untag"])
def test_a_moved_photo_is_still_ours(photos, first, tool):
    for name in ("a/x.jpg", "a/y.jpg"):
        colour(photos / name, "red")
    original = (photos / "a/x.jpg").read_bytes()
    run(photos)
    (photos / "b").mkdir()
    (photos / "a/x.jpg").rename(photos / "b/x.jpg")
    if first == "tag":
        summary = run(photos, "run-2")
        assert (summary.nothing_to_do, summary.failed) == (2, 0)
    before = contents(photos)
    assert untag_folder(photos, UntagOptions(dry_run=True)).written == 2
    assert contents(photos) == before
    summary = untag_folder(photos)
    assert (summary.written, summary.failed) == (2, 0)
    assert (photos / "b/x.jpg").read_bytes() == original
    assert untag_folder(photos).seen == 0


@pytest.mark.parametrize("first", ["tag", "untag"])
@pytest.mark.parametrize(
    ("names", "steps"),
    [
        ("xy", [("x", "t"), ("y", "x"), ("t", "y")]),  # exchanged
        ("xyz", [("z", "w"), ("y", "z"), ("x", "y")]),  # each to the next name
    ],
)
def test_photos_that_got_the_names_of_others_are_still_ours(photos, tool, first, names, steps):
    for number, name in enumerate(names):
        path = colour(photos / f"{name}.jpg", "red", size=24 + number)
        edit(path, f"-IPTC:Keywords={name}", f"-XMP-dc:Subject={name}")
    originals = {Image.open(path).size: path.read_bytes() for path in photos.glob("*.jpg")}
    run(photos)
    for old, new in steps:
        (photos / f"{old}.jpg").rename(photos / f"{new}.jpg")
    if first == "tag":
        assert run(photos, "run-2").failed == 0
    summary = untag_folder(photos)
    assert (summary.written, summary.failed) == (len(names), 0)
    for path in photos.glob("*.jpg"):
        found, was = fields(tool, path)[0], path.with_name("was.jpg")
        was.write_bytes(originals[Image.open(path).size])
        assert found == fields(tool, was)[0]
        was.unlink()


def test_a_copy_does_not_take_what_is_known_of_the_photo(photos, tool):
    photo = colour(photos / "b.jpg", "red")
    run(photos)
    shutil.copyfile(photo, photos / "a.jpg")
    edit(photo, "-XMP-xmp:Rating=4")
    assert run(photos, "run-2").failed == 0
    assert untag_folder(photos).written == 2
    for name in ("a.jpg", "b.jpg"):
        assert fields(tool, photos / name)[0].subject is None


def test_sidecars_move_with_their_photos(photos):
    colour(photos / "a/x.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    (photos / "a").rename(photos / "b")
    assert untag_folder(photos).written == 1
    assert sorted(contents(photos)) == ["b/x.jpg", "scores.parquet"]


def test_a_journal_that_knows_no_pixels_trusts_the_path(photos, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    with sqlite3.connect(journal_of(photos)) as database:
        database.execute("UPDATE writes SET pixels = NULL, digest_there = NULL")
    database.close()
    edit(photo, "-XMP-dc:Subject+=theirs")
    assert untag_folder(photos).written == 1
    assert fields(tool, photo)[0].subject == ("theirs",)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "GIF"])
def test_the_digest_is_of_the_picture_alone(tmp_path, form):
    photo = colour(tmp_path / "a", "red", form=form)
    before = pixels_digest(photo)
    edit(photo, "-XMP-dc:Subject=x", "-XMP-xmp:Rating=3")
    assert pixels_digest(photo) == before
    assert pixels_digest(colour(tmp_path / "b", "blue", form=form)) != before


CAMERA = ("-DateTimeOriginal=2019:07:20 20:17:40", "-Make=Nikon", "-Model=D5", "-SerialNumber=7")
DOCUMENT = ("-XMP-xmpMM:DocumentID=xmp.did:0a1b2c3d4e5f",)


def cropped(photo, tmp_path, *arguments):
    """A person crops a photo and edits its keywords; a program keeps its metadata."""
    new = colour(tmp_path / "cropped.jpg", "red", size=16)
    edit(new, "-TagsFromFile", str(photo), "-all:all", "-unsafe")
    edit(new, *arguments)
    shutil.copyfile(new, photo)


@pytest.mark.parametrize("origin", [CAMERA, DOCUMENT])
@pytest.mark.parametrize("first", ["tag", "untag"])
def test_a_photo_that_was_cropped_while_its_keywords_were_edited_is_the_same(
    photos, tmp_path, tool, origin, first
):
    photo = colour(photos / "a.jpg", "red")
    edit(photo, *origin)
    run(photos)
    edits = ("-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    cropped(photo, tmp_path, *edits, "-IPTC:Keywords+=mine", "-XMP-dc:Subject+=mine")
    if first == "tag":
        summary = run(photos, "run-2")
        assert fields(tool, photo)[0].subject == ("mine", "Café crème")
        assert any("taken away by a person" in note for note in summary.notes)
    assert untag_folder(photos).written == 1
    assert fields(tool, photo)[0].subject == ("mine",)
    run(photos, "run-3")
    assert "red" not in fields(tool, photo)[0].subject


def test_a_cropped_photo_that_has_our_words_still_is_the_same(photos, tmp_path, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    cropped(photo, tmp_path, "-IPTC:Keywords+=mine", "-XMP-dc:Subject+=mine")
    assert untag_folder(photos).written == 1
    assert fields(tool, photo)[0].subject == ("mine",)


def test_in_doubt_refusals_stay_in_force_and_a_line_names_the_photo(photos, tmp_path, tool):
    photo = colour(photos / "sub" / "a.jpg", "red")
    run(photos)
    edits = ("-IPTC:Keywords=", "-XMP-dc:Subject=")
    cropped(photo, tmp_path, *edits, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    summary = run(photos, "run-2")
    assert fields(tool, photo)[0].subject == ("mine",)
    (note,) = [note for note in summary.notes if "its pixels have changed" in note]
    assert note.startswith("sub/a.jpg: ")
    run(photos, "run-3")
    assert fields(tool, photo)[0].subject == ("mine",)


LATER = "-DateTimeOriginal=2019:07:20 20:17:41"


def test_a_photo_of_another_time_without_a_word_of_ours_is_another(photos, tmp_path, tool):
    photo = colour(photos / "a.jpg", "red")
    edit(photo, *CAMERA)
    run(photos)
    cropped(photo, tmp_path, LATER, "-XMP-dc:Subject=mine", "-IPTC:Keywords=mine")
    summary = run(photos, "run-2")
    assert any("replaced by other pictures" in note for note in summary.notes)
    assert fields(tool, photo)[0].subject == ("mine", *expected("red"))


@pytest.mark.parametrize("colours", [("red",), ("red", "green", "blue")])
def test_a_refusal_stays_where_the_clock_was_corrected_too(photos, tmp_path, tool, colours):
    """A person corrects the time, crops, and takes one of two or four words away."""
    photo = colour(photos / "a.jpg", *colours)
    edit(photo, *CAMERA)
    run(photos)
    cropped(photo, tmp_path, LATER, "-XMP-dc:Subject-=red", "-IPTC:Keywords-=red")
    summary = tag_folder(ByColour("run-2"), photos, TagOptions(in_place=True, add=True))
    assert "red" not in fields(tool, photo)[0].subject
    assert not any("replaced by other pictures" in note for note in summary.notes)
    in_doubt = any("its pixels have changed" in note for note in summary.notes)
    assert in_doubt == (len(colours) == 1)


@pytest.mark.parametrize("first", ["tag", "untag"])
@pytest.mark.parametrize("rating", [(), ("-XMP-xmp:Rating=4",)])
def test_the_tags_in_a_copy_are_ours(photos, tool, first, rating):
    photo = colour(photos / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    run(photos)
    (photos / "copies").mkdir()
    copy = shutil.copyfile(photo, photos / "copies" / "b.jpg")
    if rating:
        edit(copy, *rating)
    if first == "tag":
        assert run(photos, "run-2").failed == 0
    before = contents(photos)
    assert untag_folder(photos, UntagOptions(dry_run=True)).written == 2
    assert contents(photos) == before
    assert untag_folder(photos).written == 2
    for path in (photo, copy):
        assert fields(tool, path)[0].subject == ("mine",)
    assert untag_folder(photos).seen == 0


def test_a_refusal_holds_in_a_copy_too(photos, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    copy = shutil.copyfile(photo, photos / "b.jpg")
    edit(copy, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    run(photos, "run-2")
    assert fields(tool, photo)[0].subject == expected("red")


def test_the_copy_of_a_sidecar_is_ours(photos):
    colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    for suffix in ("", ".xmp"):
        shutil.copyfile(photos / f"a.jpg{suffix}", photos / f"b.jpg{suffix}")
    assert untag_folder(photos).written == 2
    assert sorted(contents(photos)) == ["a.jpg", "b.jpg", "scores.parquet"]


def test_doubtful_photos_are_one_note_and_all_in_the_record(photos):
    names = ("a.jpg", "b.jpg")
    for name in names:
        colour(photos / name, "red")
    run(photos)
    for name in names:
        photo = colour(photos / name, "green", size=40)
        edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    (note,) = [note for note in run(photos).notes if DOUBT_NOTE in note]
    assert note.startswith("each of 2 photos (a.jpg, b.jpg;")
    assert note.endswith(DOUBT_NOTE)
    with open_read_only(photos, journal_of(photos)) as journal:
        noted = [event for event in journal.events(Asked()) if event.done == "noted"]
    assert [(os.fsdecode(event.photo), event.reason) for event in noted] == [
        (name, DOUBT_NOTE) for name in names
    ]


def test_notes_on_many_photos_crowd_out_no_others():
    summary = Summary()
    for number in range(120):
        name = Path(f"{number:03}.jpg")
        summary.add(Outcome(name, "written", own_notes=(DOUBT_NOTE,)))
    assert len(summary.notes) == 1
    assert summary.notes[0].startswith("each of 120 photos (000.jpg, 001.jpg")
    assert "004.jpg and 115 more;" in summary.notes[0]
    for number in range(KEPT_NOTES + 5):
        summary.note(f"note {number}")
    assert "more notes" in summary.notes[-1]
    assert len(summary.notes) == KEPT_NOTES + 1


WORDS = ("red", "green")
OTHER_NAMES = ("red", "green", "blue", "other")


@pytest.mark.parametrize("first", ["tag", "untag"])
@pytest.mark.parametrize("rating", [(), ("-XMP-xmp:Rating=4",)])
def test_copies_stay_ours_whatever_became_of_the_photo(photos, tool, first, rating):
    photo = colour(photos / "a" / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=mine", "-XMP-dc:Subject=mine")
    before = photo.read_bytes()
    run(photos)
    shutil.copytree(photos / "a", photos / "z")
    copy = photos / "z" / "a.jpg"
    if rating:
        edit(copy, *rating)
    if first == "tag":
        other = ByColour("run-2", OTHER_NAMES)
        tag_folder(other, photos, TagOptions(in_place=True, only=("a",)))
        summary = run(photos, "run-2", OTHER_NAMES)
        assert fields(tool, photo)[0].subject == fields(tool, copy)[0].subject
        assert summary.written == 1
    else:
        assert untag_folder(photos, UntagOptions(parts=frozenset({Path("a")}))).written == 1
        assert untag_folder(photos, UntagOptions(dry_run=True)).written == 1
    untag_folder(photos)
    assert photo.read_bytes() == before
    assert fields(tool, copy)[0].subject == ("mine",)
    assert untag_folder(photos).seen == 0


def test_a_copy_comes_back_byte_for_byte(photos, tmp_path):
    photo = colour(photos / "a.jpg", "red")
    before = photo.read_bytes()
    run(photos)
    shutil.copyfile(photo, photos / "b.jpg")
    summary = untag_folder(photos)
    assert (summary.originals, summary.only_fields) == (2, 0)
    assert photo.read_bytes() == (photos / "b.jpg").read_bytes() == before


def test_a_tag_that_was_refused_in_the_photo_is_still_ours_in_a_copy(photos, tool):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    shutil.copyfile(photo, photos / "b.jpg")
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red")
    run(photos, "run-2")
    untag_folder(photos)
    assert fields(tool, photos / "b.jpg")[0].subject is None


def test_the_state_of_an_earlier_run_may_be_moved_while_the_photo_is_gone(photos, tool):
    """A copy of the first run's file does not take the history of a photo that was moved."""
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    shutil.copyfile(photo, photos / "b.jpg")
    run(photos, "run-2", OTHER_NAMES)
    (photos / "z").mkdir()
    photo.rename(photos / "z" / "a.jpg")
    assert untag_folder(photos).written == 2
    for path in photos.rglob("*.jpg"):
        assert fields(tool, path)[0].subject is None


@pytest.mark.parametrize("asked", [{"only": ("new",)}, {"parts": frozenset({Path("new/a.jpg")})}])
def test_untag_reads_only_what_is_asked_for(photos, monkeypatch, asked):
    colour(photos / "new" / "a.jpg", "red")
    for number in range(3):
        colour(photos / "old" / f"{number}.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(in_place=True, only=("new",)))
    looked = looked_at(monkeypatch)
    assert untag_folder(photos, UntagOptions(**asked)).written == 1
    assert looked == []


def test_photos_with_finished_sidecars_are_known(photos, monkeypatch):
    for number in range(3):
        colour(photos / f"{number}.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(sidecar=True))
    looked = looked_at(monkeypatch)
    assert untag_folder(photos).written == 3
    assert looked == []


def test_only_files_with_words_of_ours_are_read_whole(photos, monkeypatch):
    colour(photos / "a.jpg", "red")
    run(photos)
    edit(colour(photos / "b.jpg", "green"), "-XMP-dc:Subject=theirs")
    edit(colour(photos / "c.jpg", "green"), "-XMP-dc:Subject=red")
    read = []
    history = copies.history_of
    monkeypatch.setattr(
        copies,
        "history_of",
        lambda journal, photo, *rest, **how: (
            read.append(photo.path) or history(journal, photo, *rest, **how)
        ),
    )
    assert untag_folder(photos).written == 1
    assert read == [b"c.jpg"]


def test_stopped_while_copies_are_looked_for(photos, monkeypatch):
    colour(photos / "z.jpg", "red")
    run(photos)
    for number in range(3):
        colour(photos / f"{number}.jpg", "red")
    stop = Stop()
    looked = looked_at(monkeypatch, lambda: setattr(stop, "asked", True))
    summary = untag_folder(photos, stop=stop)
    assert (summary.stopped, summary.seen, len(looked)) == (True, 0, 1)


def looked_at(monkeypatch, then=lambda: None):
    """The paths of the files that are looked at as copies, as they come."""
    looked, at = [], copies.photo_at

    def noted(journal, root, path):
        looked.append(path)
        then()
        return at(journal, root, path)

    monkeypatch.setattr(copies, "photo_at", noted)
    return looked


def test_copies_are_asked_for_by_run(photos):
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    shutil.copyfile(photo, photos / "b.jpg")
    colour(photos / "c.jpg", "green")
    run(photos, "run-2")
    assert untag_folder(photos, UntagOptions(runs=("run-2",))).seen == 1


def test_an_archive_within_has_its_own_photos(photos, tmp_path, tool):
    """Neither moved nor copied photos are looked for in it."""
    photo = colour(photos / "a.jpg", "red")
    run(photos)
    inner = photos / "inner"
    colour(tmp_path / "inner" / "x.jpg", "blue")
    run(tmp_path / "inner")
    (tmp_path / "inner").rename(inner)
    photo.rename(inner / "a.jpg")
    tagged = (inner / "a.jpg").read_bytes()
    untag_folder(photos)
    assert (inner / "a.jpg").read_bytes() == tagged


@pytest.mark.parametrize("later", ["in one run", "in another run"])
def test_words_of_a_person_on_another_copy_of_the_picture_stay(photos, tool, later):
    """It stood there before the other was tagged, with the very words that we then wrote there."""
    photo = colour(photos / "a.jpg", "red", "green")
    other = photos / "z" / "b.jpg"
    other.parent.mkdir()
    shutil.copyfile(photo, other)
    both = [f"-{field}={word}" for field in ("IPTC:Keywords", "XMP-dc:Subject") for word in WORDS]
    edit(other, *both, "-XMP-xmp:Rating=3")
    before = other.read_bytes()
    if later == "in another run":
        tag_folder(ByColour(), photos, TagOptions(in_place=True, only=("a.jpg",)))
    run(photos)
    # A person's edit since does not make it a copy of ours.
    edit(other, "-XMP-xmp:Rating=4")
    before = other.read_bytes()
    run(photos, "run-2")
    untag_folder(photos)
    assert other.read_bytes() == before
    assert fields(tool, photo)[0].subject is None


@pytest.mark.parametrize("how", ["moved", "copied"])
@pytest.mark.parametrize("first", ["tag", "untag"])
def test_a_photo_that_was_moved_or_copied_and_edited_is_known_by_its_words(
    photos, tool, how, first
):
    photo = colour(photos / "a.jpg", "red", "green", "blue")
    run(photos)
    new = photos / "z" / "b.jpg"
    new.parent.mkdir()
    if how == "moved":
        photo.rename(new)
    else:
        shutil.copyfile(photo, new)
    edit(new, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red", "-XMP-dc:Subject+=mine")
    if first == "tag":
        summary = run(photos)
        assert any("'red' was taken away by a person" in note for note in summary.notes)
        assert "red" not in fields(tool, new)[0].subject
    summary = untag_folder(photos)
    assert summary.failed == 0
    assert fields(tool, new)[0].subject == ("mine",)


def test_tagged_files_that_come_back_after_untag_are_ours(photos, tool, tmp_path):
    photo = colour(photos / "a.jpg", "red")
    before = photo.read_bytes()
    run(photos)
    shutil.copy2(photo, tmp_path / "kept.jpg")
    untag_folder(photos)
    shutil.copy2(tmp_path / "kept.jpg", photo)
    assert untag_folder(photos).written == 1
    assert photo.read_bytes() == before
