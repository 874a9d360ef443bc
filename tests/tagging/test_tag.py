import csv
import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop
from tagonaut.tagging.journal import Journal, journal_of
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit, fields, leftovers, real, snapshot
from tests.tagging.scorer import NAMES, ByColour, colour, expected


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    colour(folder / "b.jpg", "red", "green")
    colour(folder / "a/one.JPG", "red")
    colour(folder / "a/two.png", "blue", form="PNG")
    colour(folder / "a/deep/three.tif", "green", "blue", form="TIFF")
    colour(folder / "c.webp", "red", "blue", form="WebP")
    (folder / "notes.txt").write_text("no picture")
    return folder


TAGS = {
    "a/deep/three.tif": expected("green", "blue"),
    "a/one.JPG": expected("red"),
    "a/two.png": expected("blue"),
    "b.jpg": expected("red", "green"),
    "c.webp": expected("red", "blue"),
}


def test_copies_get_tags_and_sources_stay(photos, tmp_path, tool):
    before = snapshot(photos)
    out = tmp_path / "new" / "out"
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (summary.seen, summary.written, summary.failed) == (5, 5, 0)
    assert snapshot(photos) == before
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file() and p.suffix} >= {*TAGS}
    for name, tags in TAGS.items():
        (found,) = fields(tool, out / name)
        assert found.subject == tags
        assert found.iptc == (tags if name.endswith(("JPG", "jpg", "tif")) else None)
    assert not leftovers(out)
    assert summary.tags["red"] == summary.changed["red"] == 3
    assert summary.journal == journal_of(out)
    assert summary.journal.exists()


def test_in_place_and_back(photos, tool):
    before = contents(photos)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert summary.written == 5
    assert fields(tool, photos / "b.jpg")[0].iptc == expected("red", "green")
    assert not leftovers(photos)
    back = untag_folder(photos)
    assert (back.written, back.failed) == (5, 0)
    names = [name for name in TAGS if not name.endswith("tif")]
    now = contents(photos)
    assert {name: now[name] for name in names} == {name: before[name] for name in names}
    assert fields(tool, photos / "a/deep/three.tif")[0].iptc is None


@pytest.mark.parametrize("in_place", [True, False])
def test_the_second_time_nothing_is_decoded_or_written(photos, tmp_path, in_place):
    """Promise: running the same command again changes nothing."""
    named = {"in_place": True} if in_place else {"to": tmp_path / "out"}
    tag_folder(ByColour(), photos, TagOptions(**named))
    root = photos if in_place else tmp_path / "out"
    before = contents(root)
    scorer = ByColour()
    again = tag_folder(scorer, photos, TagOptions(**named))
    assert (again.seen, again.nothing_to_do, again.failed) == (5, 5, 0)
    assert scorer.prepared == []
    assert contents(root) == before


def test_scores_are_a_table_in_the_order_of_the_paths(photos, tmp_path):
    strange = photos / os.fsdecode(b'\xe9,"x".jpg')
    colour(strange, "red")
    summary = tag_folder(
        ByColour(), photos, TagOptions(to=tmp_path / "out", scores=tmp_path / "s.csv")
    )
    assert not any("formulas" in note for note in summary.notes)
    with summary.scores.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["picture", *NAMES]
    assert [row[0] for row in rows] == [*sorted(TAGS), '\\xe9,"x".jpg']
    assert [float(row[1]) >= 0.5 for row in rows[:5]] == ["red" in TAGS[n] for n in sorted(TAGS)]


def test_the_scores_of_a_batch_are_stored_at_once(photos, monkeypatch):
    stored, store = [], Journal.store_scores

    def count(journal, run, scored):
        stored.append(list(scored))
        store(journal, run, stored[-1])

    monkeypatch.setattr(Journal, "store_scores", count)
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert [len(batch) for batch in stored] == [ByColour.batch_size, 1]
    with Journal(journal_of(photos)) as journal:
        assert [os.fsdecode(path) for path, _ in journal.scores("run-1")] == sorted(TAGS)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_photos_whose_names_are_formulas_are_told(photos, tmp_path, form):
    colour(photos / "=1+1.jpg", "red")
    summary = tag_folder(
        ByColour(), photos, TagOptions(to=tmp_path / "out", scores=tmp_path / f"s.{form}")
    )
    told = [note for note in summary.notes if "as formulas do, such as '=1+1.jpg'" in note]
    assert len(told) == (form == "csv")


def test_scores_where_somebody_wants_them(photos, tmp_path):
    for wanted in (tmp_path / "elsewhere.csv", tmp_path / "new" / "folder" / "x.csv"):
        summary = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "out", scores=wanted))
        assert summary.scores == wanted
        assert len(wanted.read_text().splitlines()) == 6
    with pytest.raises(TagonautError, match=r"\.parquet or \.csv"):
        tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "out", scores=tmp_path / "x.txt"))


def huge_png(path: Path) -> None:
    """A PNG that says that it has 20,000 × 20,000 pixels, with next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    parts = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


def test_what_cannot_be_read_is_told_and_the_rest_is_done(photos, tmp_path):
    """Promise: an unreadable picture adds one line and sets the exit status; the rest is done."""
    (photos / "empty.jpg").touch()
    (photos / "text.jpg").write_text("dear diary")
    whole = colour(tmp_path / "whole.jpg", size=600).read_bytes()
    (photos / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    huge_png(photos / "huge.png")
    colour(photos / "bitmap.bmp", "red", form="BMP")
    (photos / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(photos / "pipe.jpg")
    colour(photos / "x.jpg" / "inside.jpg", "red")
    bad = [
        "bitmap.bmp",
        "empty.jpg",
        "gone.jpg",
        "huge.png",
        "pipe.jpg",
        "text.jpg",
        "truncated.jpg",
    ]
    out = tmp_path / "out"
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert sorted(name for name, _ in summary.failures) == bad
    assert all(reason and "\n" not in reason for _, reason in summary.failures)
    assert (summary.failed, summary.written) == (7, 6)
    assert (out / "x.jpg" / "inside.jpg").exists()
    assert not any((out / name).exists() for name in bad)
    # Failures are tried again, and told again; the rest is not touched.
    again = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (again.failed, again.nothing_to_do) == (7, 6)


HOSTILE = [
    "-overwrite_original\n.jpg",
    'a"b.jpg',
    "$(touch pwned).jpg",
    " .jpg",
    "@args.jpg",
    "%f.jpg",
    ".jpg.jpg",
    os.fsdecode(b"\xff\xfe\n.jpg"),
]


def test_hostile_names_are_just_photos(tmp_path, tool):
    """Promise: ExifTool sees only temporary names that Tagonaut made, and escaped values."""
    photos = tmp_path / "photos"
    for name in HOSTILE:
        colour(photos / name, "red")
        colour(photos / "-o\n" / name, "red")
    colour(photos / "really a png.jpg", "blue", form="PNG")
    summary = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "out"))
    assert (summary.written, summary.failed) == (2 * len(HOSTILE) + 1, 0)
    for name in HOSTILE:
        for path in (tmp_path / "out" / name, tmp_path / "out" / "-o\n" / name):
            assert fields(tool, path)[0].iptc == expected("red")
    assert all("\n" not in name for name, _ in summary.examples)
    assert not Path("pwned").exists()
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert untag_folder(photos).failed == 0
    assert fields(tool, photos / HOSTILE[0])[0].iptc is None


def test_links_are_left_alone_in_place(photos, tmp_path):
    """Promise: permissions, owner, extended attributes and symbolic links are kept."""
    outside = colour(tmp_path / "outside" / "photo.jpg", "red")
    (photos / "link.jpg").symlink_to(outside)
    (photos / "folder").symlink_to(outside.parent)
    (photos / "loop").symlink_to(photos)
    before = snapshot(outside.parent)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert summary.failures == []
    assert summary.passed.counts == {
        "symbolic links to photos": {".jpg": 1},
        "symbolic links to folders": {"folder": 1, "loop": 1},
        "other files": {".txt": 1},
    }
    assert summary.written == 5
    assert snapshot(outside.parent) == before
    # Copying through a link is no danger to anything.
    copies = tag_folder(ByColour("run-2"), photos, TagOptions(to=tmp_path / "out"))
    assert copies.failed == 0
    assert not (tmp_path / "out" / "link.jpg").is_symlink()


def test_a_dry_run_writes_nothing(photos, tmp_path):
    before = snapshot(tmp_path)
    summary = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "out", dry_run=True))
    assert snapshot(tmp_path) == before
    assert summary.written == 5
    assert dict(summary.examples) == TAGS
    assert summary.scores is None
    tag_folder(ByColour(), photos, TagOptions(in_place=True))
    before = snapshot(tmp_path)
    assert (
        tag_folder(ByColour(), photos, TagOptions(in_place=True, dry_run=True)).nothing_to_do == 5
    )
    assert untag_folder(photos, UntagOptions(dry_run=True)).written == 5
    assert snapshot(tmp_path) == before


def test_nothing_to_write_means_untouched_or_a_plain_copy(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    words = [
        f"-{tag}={word}"
        for tag in ("IPTC:Keywords", "XMP-dc:Subject")
        for word in ("mine", *expected("red"))
    ]
    edit(photo, *words, "-IPTC:CodedCharacterSet=UTF8")
    before = snapshot(photos)["a.jpg"]
    out = tmp_path / "out"
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).copied == 1
    assert (out / "a.jpg").read_bytes() == photo.read_bytes()
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).nothing_to_do == 1
    assert snapshot(photos)["a.jpg"] == before
    assert untag_folder(out).nothing_to_do == 1
    assert (out / "a.jpg").read_bytes() == photo.read_bytes()


def test_fields_that_disagree_are_brought_together_without_tags(tmp_path, tool):
    """Promise: IPTC Keywords and dc:subject agree in every format that has both."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    edit(photo, "-IPTC:Keywords=red", "-IPTC:Keywords=green", "-XMP-dc:Subject=theirs")
    assert tag_folder(ByColour(), photo.parent, TagOptions(in_place=True)).written == 1
    (found,) = fields(tool, photo)
    assert found.iptc == ("red", "green", "theirs")
    assert found.subject == ("theirs", "red", "green")


def test_a_new_run_adds_what_is_new(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    summary = tag_folder(
        ByColour("run-2", ("rot", "green", "blue", "dark")), photo.parent, TagOptions(in_place=True)
    )
    assert summary.written == 1
    assert fields(tool, photo)[0].iptc == ("red", "Café crème", "rot", "dark")
    assert untag_folder(photo.parent).written == 1
    assert fields(tool, photo)[0].iptc is None
    # Taken back is not refused: who asks for tags again gets them.
    assert tag_folder(ByColour(), photo.parent, TagOptions(in_place=True)).written == 1
    assert fields(tool, photo)[0].iptc == expected("red")


@pytest.mark.parametrize("in_place", [True, False])
def test_a_tag_that_a_person_took_away_stays_away(tmp_path, tool, in_place):
    """Promise: a tag that a person removed is not written again."""
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red", "green")
    named = {"in_place": True} if in_place else {"to": tmp_path / "out"}
    photo = (photos if in_place else tmp_path / "out") / "a.jpg"
    tag_folder(ByColour(), photos, TagOptions(**named))
    edit(photo, "-IPTC:Keywords-=red", "-XMP-dc:Subject-=red", "-XMP-dc:Subject+=theirs")
    for run in ("run-1", "run-2", "run-3"):
        assert tag_folder(ByColour(run), photos, TagOptions(**named)).failed == 0
        (found,) = fields(tool, photo)
        assert sorted(found.subject) == sorted(found.iptc) == ["green", "theirs"]
    untag_folder(photo.parent)
    assert fields(tool, photo)[0].subject == ("theirs",)


def test_a_tag_taken_from_one_field_alone_is_not_copied_back(tmp_path, tool):
    photo = colour(tmp_path / "photos" / "a.jpg", "red", "green")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    edit(photo, "-XMP-dc:Subject-=red")
    tag_folder(ByColour("run-2"), photo.parent, TagOptions(in_place=True))
    assert fields(tool, photo)[0].subject == ("green",)


def test_a_changed_source_is_copied_anew(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    tag_folder(ByColour(), photos, TagOptions(to=out))
    colour(photos / "a.jpg", "green", "blue", size=32)
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).written == 1
    assert fields(tool, out / "a.jpg")[0].iptc == expected("green", "blue")
    assert Image.open(out / "a.jpg").size == (32, 32)
    colour(photos / "a.jpg", "red", size=40)
    edit(out / "a.jpg", "-XMP-dc:Subject+=theirs")
    before = snapshot(out)["a.jpg"]
    (failure,) = tag_folder(ByColour(), photos, TagOptions(to=out)).failures
    assert "changed" in failure[1]
    assert snapshot(out)["a.jpg"] == before


def test_a_copy_that_was_deleted_is_made_again(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    photo = colour(photos / "a.jpg", "red")
    edit(photo, "-IPTC:Keywords=old", "-XMP-dc:Subject^=", "-IPTCDigest=" + "01" * 16)
    tag_folder(ByColour(), photos, TagOptions(to=out))
    (out / "a.jpg").unlink()
    assert tag_folder(ByColour(), photos, TagOptions(to=out)).written == 1
    assert fields(tool, out / "a.jpg")[0].iptc == ("old", *expected("red"))
    untag_folder(out)
    assert fields(tool, out / "a.jpg") == fields(tool, photo)


def test_files_of_other_people_in_the_target_are_left_alone(photos, tmp_path):
    out = tmp_path / "out"
    theirs = colour(out / "b.jpg", "blue")
    (out / "a").mkdir()
    (out / "a" / "one.JPG").mkdir()
    (out / "c.webp").symlink_to(theirs)
    before = snapshot(out)
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert {name for name, _ in summary.failures} == {"b.jpg", "a/one.JPG", "c.webp"}
    assert summary.written == 2
    after = snapshot(out)
    for name in ("b.jpg", "a/one.JPG", "c.webp"):
        assert after[name] == before[name]


def test_the_target_may_lie_among_the_photos(photos):
    out = photos / "tagged"
    for _ in range(2):
        summary = tag_folder(ByColour(), photos, TagOptions(to=out))
        assert (summary.seen, summary.failed) == (5, 0)


@pytest.mark.parametrize(
    "named",
    [{}, {"in_place": True, "to": Path("out")}, {"to": "photos"}, {"to": "photos/notes.txt"}],
)
def test_folders_that_do_not_fit_are_refused(photos, named):
    if isinstance(named.get("to"), str):
        named = {"to": photos.parent / named["to"]}
    before = snapshot(photos)
    with pytest.raises(TagonautError):
        tag_folder(ByColour(), photos, TagOptions(**named))
    with pytest.raises(TagonautError, match="not a folder"):
        tag_folder(ByColour(), photos / "none", TagOptions(in_place=True))
    assert snapshot(photos) == before


def test_a_photo_that_changes_or_vanishes_meanwhile_is_left_alone(photos):
    class Meddling(ByColour):
        def prepare(self, path):
            pixels = super().prepare(path)
            if path.name == "b.jpg":
                colour(path, "blue", size=33)
            if path.name == "one.JPG":
                path.unlink()
            return pixels

    summary = tag_folder(Meddling(), photos, TagOptions(in_place=True))
    reasons = dict(summary.failures)
    assert "changed while" in reasons["b.jpg"]
    assert "No such file" in reasons["a/one.JPG"]
    assert summary.written == 3
    assert Image.open(photos / "b.jpg").size == (33, 33)
    assert not leftovers(photos)


@pytest.mark.parametrize("step", ["write_copy", "copy_attributes", "digest", "take_place"])
def test_an_error_at_any_step_leaves_the_photo(photos, monkeypatch, step, tool):
    before = contents(photos)
    done = getattr(writing, step)

    def failing(*values, **named):
        if any("b.jpg" in str(real(value)) for value in values):
            raise OSError(28, "No space left on device")
        return done(*values, **named)

    monkeypatch.setattr(writing, step, failing)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert summary.failures == [("b.jpg", "cannot be read or written (No space left on device)")]
    assert contents(photos)["b.jpg"] == before["b.jpg"]
    assert summary.written == 4
    assert not leftovers(photos)
    monkeypatch.undo()
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).written == 1


@pytest.fixture
def small_disk(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mounting, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_costs_no_photo(small_disk, tmp_path):
    photos = tmp_path / "photos"
    for number in range(12):
        path = colour(photos / f"{number:02}.jpg", "red")
        path.write_bytes(path.read_bytes() + b"trailing" * 20_000)
    out = small_disk / "out"
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert summary.failed
    assert summary.written + summary.failed == 12
    assert not leftovers(out)
    assert len(list(out.rglob("*.jpg"))) == summary.written
    subprocess.run(["mount", "-o", "remount,size=9m", str(small_disk)], check=True)
    again = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (again.failed, again.nothing_to_do) == (0, summary.written)


def test_rights_and_attributes_stay(tmp_path):
    """Promise: permissions, owner, extended attributes and symbolic links are kept."""
    photo = colour(tmp_path / "photos" / "a.jpg", "red")
    photo.chmod(0o440)
    try:
        os.setxattr(photo, "user.rating", b"5")
    except OSError:
        pytest.skip("no extended attributes on this disk")
    tag_folder(ByColour(), photo.parent, TagOptions(in_place=True))
    assert photo.stat().st_mode & 0o7777 == 0o440
    assert os.getxattr(photo, "user.rating") == b"5"


def test_asked_to_stop_it_ends_what_is_under_way(tmp_path):
    photos = tmp_path / "photos"
    for number in range(60):
        colour(photos / f"{number:02}.jpg", "red")
    stop = Stop()

    class Stopping(ByColour):
        def score_pixels(self, pictures):
            stop.asked = True
            return super().score_pixels(pictures)

    summary = tag_folder(Stopping(), photos, TagOptions(in_place=True), stop=stop)
    assert summary.stopped
    assert 0 < summary.written < 60
    assert not leftovers(photos)
    rest = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert (rest.nothing_to_do, rest.written) == (summary.written, 60 - summary.written)
    assert len(pl.read_parquet(rest.scores)) == 60


def test_an_error_in_the_scorer_ends_everything_cleanly(photos):
    class Broken(ByColour):
        def score_pixels(self, pictures):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        tag_folder(Broken(), photos, TagOptions(in_place=True))
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).written == 5


def test_without_exiftool_nothing_begins(photos, tmp_path, monkeypatch):
    before = contents(photos)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TagonautError, match="apt-get install"):
        tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert contents(photos) == before


def test_notes_are_told_once(tmp_path):
    photos = tmp_path / "photos"
    for number in range(3):
        colour(photos / f"{number}.jpg", "red")
    names = ("x" * 65, "green", "blue", "dark")
    summary = tag_folder(ByColour("run", names), photos, TagOptions(in_place=True))
    (note,) = summary.notes
    assert "XMP alone" in note
