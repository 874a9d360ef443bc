import os
import random
from pathlib import Path

import polars as pl
import pytest

from tagonaut.errors import TagonautError
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.ray.engine import check_stores
from tagonaut.tagging.ray.partition import CAREFUL_AFTER
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import contents, edit, fields
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.ray.object_store import ObjectStore
from tests.tagging.scorer import NAMES, ByColour, colour, expected

ODD_NAMES = [
    "plain.jpg",
    "with space.jpg",
    "-rf.jpg",
    "new\nline.jpg",
    "日本/Übung.png",
    "a/b/c.tif",
]
FORMS = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}


def odd_photos(folder: Path) -> Path:
    for number, name in enumerate(ODD_NAMES):
        names = [("red",), ("red", "green"), ("green", "blue")][number % 3]
        colour(folder / name, *names, form=FORMS[Path(name).suffix])
    (folder / "broken.jpg").write_bytes(b"no picture")
    edit(folder / "plain.jpg", "-IPTC:Keywords=old", "-XMP-dc:Subject=old")
    return folder


def objects(folder: Path, photos: Path) -> Store:
    """A bucket that the photos lie in."""
    store = Store(ObjectStore(str(folder)), "bucket/archive")
    for path in sorted(photos.rglob("*")):
        if path.is_file():
            store.put(path, str(path.relative_to(photos)))
    return store


def brought(store: Store, folder: Path) -> Path:
    """The photos of a bucket as files, without what is kept beside them."""
    for key in store.files._keys():
        name = key.removeprefix(f"{store.root}/")
        if key.startswith(f"{store.root}/") and not name.startswith((".tagonaut", "scores.")):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            store.get(name, target)
    return folder


def results(folder: Path) -> pl.DataFrame:
    found = sorted(folder.rglob("scores.parquet/run=*/*.parquet"))
    return pl.concat([pl.read_parquet(file) for file in found]).sort("picture")


def no_tables(folder: Path) -> dict[str, str]:
    return {name: file for name, file in contents(folder).items() if "scores.parquet" not in name}


def test_it_does_what_the_local_engine_does(tmp_path, tool):
    photos = odd_photos(tmp_path / "photos")
    there = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "there"))
    here = done_here(job_of(local(photos), local(tmp_path / "here")), tmp_path / "scratch")
    assert (here.seen, here.written, here.failed) == (there.seen, there.written, there.failed)
    assert here.failures == there.failures
    assert (here.tags, here.changed) == (there.tags, there.changed)
    assert no_tables(tmp_path / "here") == no_tables(tmp_path / "there")
    for name in ODD_NAMES:
        check_pixels(photos / name, tmp_path / "here" / name)
    (plain,) = fields(tool, tmp_path / "here/plain.jpg")
    assert plain.iptc == plain.subject == ("old", *expected("red"))
    table = results(tmp_path / "here")
    scored = table.filter(pl.col("status") == "tagged").select("picture", *NAMES)
    assert scored.equals(pl.read_parquet(tmp_path / "there/scores.parquet"))
    failed = table.filter(pl.col("status") == "failed")
    assert failed["picture"].to_list() == ["broken.jpg"]
    assert failed["reason"][0] == dict(there.failures)["broken.jpg"]
    assert not list((tmp_path / "scratch").iterdir())


def test_an_object_store_gets_the_same_files(tmp_path):
    photos = odd_photos(tmp_path / "photos")
    source = objects(tmp_path / "source", photos)
    out = Store(ObjectStore(str(tmp_path / "target")), "bucket/tagged")
    assert done_here(job_of(source, out), tmp_path / "scratch").failed == 1
    tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "there"))
    assert no_tables(brought(out, tmp_path / "here")) == no_tables(tmp_path / "there")
    again = done_here(job_of(source, out), tmp_path / "scratch")
    assert (again.written, again.nothing_to_do, again.failed) == (0, len(ODD_NAMES), 1)


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Mortal(ObjectStore):
    """Dies before one of its changes, the so-manieth."""

    changes = iter(range(0))

    def pipe_file(self, path, value, **rest):
        if next(self.changes, 1) == 0:
            raise Killed
        super().pipe_file(path, value)

    def rm_file(self, path):
        if next(self.changes, 1) == 0:
            raise Killed
        super().rm_file(path)


def test_killed_at_any_change_of_the_store_it_goes_on(tmp_path, tool):
    photos = tmp_path / "photos"
    for number in range(2):
        colour(photos / f"{number}.jpg", "red", "green")
    (photos / "broken.jpg").write_bytes(b"no picture")
    files = Mortal(str(tmp_path / "target"))
    out = Store(files, "bucket/tagged")
    original = {path.name: path.read_bytes() for path in photos.iterdir()}
    deaths = 0
    while True:
        for key in (tmp_path / "target").iterdir():
            key.unlink()
        files.changes = iter(range(deaths, -1, -1))
        try:
            done_here(job_of(local(photos), out), tmp_path / "scratch")
            break
        except Killed:
            deaths += 1
        files.changes = iter(range(0))
        (folder := tmp_path / f"dead-{deaths}").mkdir()
        for name in original:
            if out.look(name):
                out.get(name, folder / name)
                check_pixels(photos / name, folder / name)
                assert fields(tool, folder / name)[0].subject == ("red", "green")
        summary = done_here(job_of(local(photos), out), tmp_path / "scratch")
        assert (summary.seen, summary.failed) == (3, 1)
        (table,) = out.names(job_of(local(photos), out).ledger.results)
        out.get(f"{job_of(local(photos), out).ledger.results}/{table}", folder / "table")
        rows = pl.read_parquet(folder / "table")
        assert rows["picture"].to_list() == ["0.jpg", "1.jpg", "broken.jpg"]
        assert rows["red"].null_count() == 1
        whole = brought(out, folder / "whole")
        assert {path.name for path in whole.iterdir()} == {"0.jpg", "1.jpg"}
        for path in whole.iterdir():
            (found,) = fields(tool, path)
            assert found.iptc == found.subject == ("red", "green")
    # A plan of one partition, its attempt, the journal twice, failures, results, and the photos.
    assert deaths >= 9


def test_another_run_takes_away_what_the_first_gave_and_people_are_heard(tmp_path, tool):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    colour(photos / "b.jpg", "red", "green")
    source = objects(tmp_path / "source", photos)
    out = Store(ObjectStore(str(tmp_path / "target")), "bucket/tagged")
    done_here(job_of(source, out), tmp_path / "scratch")
    edited = tmp_path / "b.jpg"
    out.get("b.jpg", edited)
    edit(edited, "-IPTC:Keywords-=green", "-XMP-dc:Subject-=green")
    out.put(edited, "b.jpg")

    class OnlyGreen(ByColour):
        def decide(self, scores):
            return super().decide(scores) & [False, True, False, False]

    tagger = OnlyGreen("run-2")
    summary = done_here(job_of(source, out, tagger), tmp_path / "scratch", tagger)
    assert summary.failed == 0
    folder = brought(out, tmp_path / "here")
    a, b = fields(tool, folder / "a.jpg", folder / "b.jpg")
    assert not a.subject
    assert not b.subject  # red is taken away, and green was refused by a person
    assert dict(summary.taken) == {"red": 2, "Café crème": 1}


def test_what_came_and_changed_since_is_done_by_the_same_command(tmp_path, tool):
    photos = tmp_path / "photos"
    for number in range(4):
        colour(photos / f"{number}.jpg", "red")
    job = job_of(local(photos), local(tmp_path / "out"))
    done_here(job, tmp_path / "scratch")
    colour(photos / "1.jpg", "green", "blue")
    colour(photos / "0" / "new.jpg", "blue")
    os.utime(photos / "1.jpg", ns=(1, 10**18))
    summary = done_here(job, tmp_path / "scratch")
    assert (summary.seen, summary.written, summary.failed) == (5, 2, 0)
    changed, new = fields(tool, tmp_path / "out/1.jpg", tmp_path / "out/0/new.jpg")
    assert (changed.subject, new.subject) == (expected("green", "blue"), expected("blue"))
    assert results(tmp_path / "out")["picture"].to_list() == [
        *("0.jpg", "0/new.jpg", "1.jpg", "2.jpg", "3.jpg")
    ]
    assert done_here(job, tmp_path / "scratch").written == 0


def test_what_is_not_ours_is_left_alone(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        colour(photos / name, "red")
    theirs = colour(out / "a.jpg", "green").read_bytes()
    (out / "b.jpg").symlink_to(colour(tmp_path / "else.jpg", "blue"))
    summary = done_here(job_of(local(photos), local(out)), tmp_path / "scratch")
    assert (summary.written, summary.failed) == (1, 2)
    assert dict(summary.failures)["a.jpg"].startswith(f"{out / 'a.jpg'} exists")
    assert (out / "a.jpg").read_bytes() == theirs
    assert (out / "b.jpg").is_symlink()


class Unwilling(ObjectStore):
    """Does not give, or does not take, some objects."""

    refused = ""

    def get_file(self, rpath, lpath, **rest):
        if rpath == self.refused:
            raise RuntimeError("403 SlowDown")
        super().get_file(rpath, lpath)

    def put_file(self, lpath, rpath, **rest):
        if rpath == self.refused:
            raise RuntimeError("403 SlowDown")
        super().put_file(lpath, rpath)


@pytest.mark.parametrize("refused", ["bucket/archive/1.jpg", "bucket/tagged/1.jpg"])
def test_what_the_store_refuses_is_tried_again_by_the_next_run(tmp_path, tool, refused):
    photos = tmp_path / "photos"
    for number in range(3):
        colour(photos / f"{number}.jpg", "red")
    source = objects(tmp_path / "store", photos)
    source.files = files = Unwilling(str(tmp_path / "store"))
    out = Store(files, "bucket/tagged")
    files.refused = refused
    summary = done_here(job_of(source, out), tmp_path / "scratch")
    assert [name for name, _ in summary.failures] == ["1.jpg"]
    assert "SlowDown" in summary.failures[0][1]
    files.refused = ""
    summary = done_here(job_of(source, out), tmp_path / "scratch")
    assert (summary.seen, summary.failed) == (3, 0)
    folder = brought(out, tmp_path / "here")
    assert [one.subject for one in fields(tool, *sorted(folder.iterdir()))] == [expected("red")] * 3


def test_after_kills_it_is_done_photo_by_photo_with_the_same_result(tmp_path):
    photos = odd_photos(tmp_path / "photos")
    job = job_of(local(photos), local(tmp_path / "here"))
    for _ in range(CAREFUL_AFTER):
        job.ledger.attempt(0, "an earlier session")
    done_here(job, tmp_path / "scratch")
    tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "there"))
    assert no_tables(tmp_path / "here") == no_tables(tmp_path / "there")


def test_a_later_session_takes_over(tmp_path):
    from tagonaut.tagging.ray.partition import SupersededError

    colour(tmp_path / "photos/a.jpg", "red")
    job = job_of(local(tmp_path / "photos"), local(tmp_path / "out"))

    class Overtaken(ByColour):
        def score_pixels(self, pictures):
            job.ledger.take_over(f"another {random.random()}")
            return super().score_pixels(pictures)

    with pytest.raises(SupersededError):
        done_here(job, tmp_path / "scratch", Overtaken())
    assert not (tmp_path / "out/a.jpg").exists()


def test_photos_inside_the_folder_of_the_copies_are_refused(tmp_path):
    """As the local engine refuses them; buckets too."""
    colour(tmp_path / "out/photos/a.jpg", "red")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    files = ObjectStore(str(tmp_path / "store"))
    inside = [
        (local(tmp_path / "out/photos"), local(tmp_path / "out")),
        (local(tmp_path / "link/photos"), local(tmp_path / "out")),
        (Store(files, "bucket/out/photos"), Store(files, "bucket/out")),
        (Store(files, "bucket/out"), Store(files, "bucket")),
    ]
    for photos, out in inside:
        with pytest.raises(TagonautError, match="copies would come among the photos"):
            check_stores(photos, out)
    apart = [
        (local(tmp_path / "out"), local(tmp_path / "out/photos")),
        (local(tmp_path / "out/photos"), local(tmp_path / "out/photo")),
        (Store(files, "bucket/out"), Store(files, "bucket/ou")),
        (local(tmp_path / "out/photos"), Store(files, "")),
    ]
    for photos, out in apart:
        check_stores(photos, out)
    with pytest.raises(TagonautError, match="--to takes another"):
        check_stores(local(tmp_path / "link"), local(tmp_path / "out"))


def test_copies_within_an_archive_are_refused_unless_they_are_there_already(tmp_path):
    """As the local engine refuses them."""
    photo = colour(tmp_path / "photos/a.jpg", "red")
    photos, inside = local(photo.parent), tmp_path / "archive/of/copies"
    done_here(job_of(photos, local(inside)), tmp_path / "scratch")
    archive = colour(tmp_path / "archive/b.jpg", "red").parent
    tag_folder(ByColour(), archive, TagOptions(in_place=True))
    check_stores(photos, local(inside))
    with pytest.raises(TagonautError, match="which was tagged as a whole"):
        check_stores(photos, local(archive / "new"))
