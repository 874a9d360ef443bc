"""Signed photos, and photos with sidecars: a cluster writes what the local engine writes."""

import json
from pathlib import Path

import polars as pl
import pytest

from tagonaut.metadata.sidecars import sidecars_of
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.ray.engine import up_to_date
from tagonaut.tagging.ray.partition import CAREFUL_AFTER
from tagonaut.tagging.ray.plan import FOLDER, Part, partition
from tagonaut.tagging.ray.staging import Staged, beside_names, stage
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import Found, walk
from tagonaut.tagging.tag import tag_folder
from tests.metadata.signed import in_app11, manifest
from tests.tagging.folders import contents, edit, fields
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.ray.object_store import ObjectStore
from tests.tagging.ray.test_partition import Killed, Mortal, Unwilling, brought, no_tables, objects
from tests.tagging.scorer import ByColour, colour, expected

ANOTHER = ("rot", "grün", "blau", "wasser")


def signed(photo: Path) -> Path:
    data = colour(photo, "red").read_bytes()
    photo.write_bytes(data[:2] + in_app11(manifest()) + data[2:])
    return photo


def with_words(sidecar: Path, *words: str, extension: str = "") -> Path:
    """A person's sidecar; Adobe's programs name the extension of its photo in it."""
    named = f' photoshop:SidecarForExtension="{extension}"' if extension else ""
    listed = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    sidecar.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"{named}>'
        f"<dc:subject><rdf:Bag>{listed}</rdf:Bag></dc:subject>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    return sidecar


@pytest.fixture
def photos(tmp_path):
    """Signed photos and others, with sidecars of every name and without."""
    folder = tmp_path / "photos"
    signed(folder / "signed.jpg")
    signed(folder / "below/signed-with.jpg")
    with_words(folder / "below/signed-with.jpg.xmp", "person")
    colour(folder / "with.jpg", "red")
    with_words(folder / "with.jpg.xmp", "person")
    colour(folder / "adobe.jpg", "green")
    with_words(folder / "adobe.xmp", "person")
    colour(folder / "both.jpg", "red")
    with_words(folder / "both.jpg.xmp", "first")
    with_words(folder / "both.xmp", "second")
    for suffix, form in ((".jpg", "JPEG"), (".png", "PNG")):
        colour(folder / f"named{suffix}", "red", form=form)
        colour(folder / f"doubtful{suffix}", "red", form=form)
    with_words(folder / "named.xmp", "person", extension="png")
    with_words(folder / "doubtful.xmp", "nobody's")
    colour(folder / "other.jpg", "red")
    with_words(folder / "other.xmp", "nobody's", extension="cr2")
    (folder / "film.mp4").write_bytes(b"no photo")
    colour(folder / "film.jpg", "red")
    with_words(folder / "film.xmp", "of the film?")
    return folder


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("kind", ["folder", "objects"])
def test_they_get_the_same_files_by_every_run(tmp_path, photos, kind, careful):
    if kind == "folder":
        source, out = local(photos), local(tmp_path / "here")
    else:
        source = objects(tmp_path / "source", photos)
        out = Store(ObjectStore(str(tmp_path / "target")), "bucket/tagged")
    for number, tagger in enumerate((ByColour(), ByColour("run-2", names=ANOTHER))):
        job = job_of(source, out, tagger)
        for _ in range(CAREFUL_AFTER if careful else 0):
            job.ledger.attempt(0, "an earlier session")
        here = done_here(job, tmp_path / "scratch", tagger)
        there = tag_folder(tagger, photos, TagOptions(to=tmp_path / "there"))
        assert (here.failures, there.failures) == ([], [])
        assert (here.seen, here.written) == (there.seen, there.written)
        folder = tmp_path / "here" if kind == "folder" else brought(out, tmp_path / f"at-{number}")
        assert no_tables(folder) == no_tables(tmp_path / "there")
        again = done_here(job_of(source, out, tagger), tmp_path / "scratch", tagger)
        assert (again.written, again.nothing_to_do) == (0, there.seen)


def test_the_walk_names_the_sidecars_that_tagging_finds(photos):
    found = {one.name: one for one in walk(local(photos), report=print)}
    for name, one in found.items():
        theirs = [path.name for path in sidecars_of(photos / name)]
        named = [Path(beside).name for beside in beside_names(one)]
        assert [beside for beside in named if beside in theirs] == theirs
    assert {name for name, one in found.items() if one.namesakes} == {
        *("named.jpg", "named.png", "doubtful.jpg", "doubtful.png", "film.jpg")
    }


def test_a_person_who_edits_a_sidecar_among_the_copies_is_heard(tmp_path, photos, tool):
    out = tmp_path / "here"
    done_here(job_of(local(photos), local(out)), tmp_path / "scratch")
    edit(out / "signed.jpg.xmp", "-XMP-dc:Subject-=red", "-XMP-dc:Subject+=mine")
    second = ByColour("run-2")
    summary = done_here(job_of(local(photos), local(out), second), tmp_path / "scratch", second)
    assert summary.failures == []
    (found,) = fields(tool, out / "signed.jpg.xmp")
    assert "mine" in found.subject
    assert "red" not in found.subject


def test_a_sidecar_that_comes_later_is_found(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "here"
    colour(photos / "a.jpg", "red")
    done_here(job_of(local(photos), local(out)), tmp_path / "scratch")
    with_words(photos / "a.jpg.xmp", "person")
    assert not done_here(job_of(local(photos), local(out)), tmp_path / "scratch").failed
    (found,) = fields(tool, out / "a.jpg.xmp")
    assert found.subject == ("person", *expected("red"))


def test_a_sidecar_that_is_gone_since_the_walk_takes_no_photo_with_it(tmp_path, photos):
    job = job_of(local(photos), local(tmp_path / "here"))
    planned = partition(job.out, up_to_date(job).part(0))
    (photos / "with.jpg.xmp").unlink()
    (tmp_path / "scratch").mkdir()
    staged = stage(job, 0, planned, tmp_path / "scratch")
    assert (staged.gone, staged.failed, staged.refused) == ([], {}, {})
    assert (staged.photos / "with.jpg").is_file()


def test_a_sidecar_that_the_store_refuses_is_a_failure_of_its_photo(tmp_path, photos, tool):
    source, files = objects(tmp_path / "source", photos), Unwilling(str(tmp_path / "target"))
    out = Store(files, "bucket/tagged")
    files.refused = "bucket/tagged/signed.jpg.xmp"
    job = job_of(source, out)
    (failure,) = done_here(job, tmp_path / "scratch").failures
    assert failure[0] == "signed.jpg"
    assert failure[1].startswith("its sidecar signed.jpg.xmp: the store does not take it")
    (table,) = out.names(job.ledger.results)
    out.get(f"{job.ledger.results}/{table}", tmp_path / "table")
    rows = pl.read_parquet(tmp_path / "table")
    assert rows.filter(pl.col("status") == "failed")["picture"].to_list() == ["signed.jpg"]
    files.refused = ""
    assert not done_here(job_of(source, out), tmp_path / "scratch").failed
    folder = brought(out, tmp_path / "brought")
    assert fields(tool, folder / "signed.jpg.xmp")[0].subject == expected("red")


def test_killed_at_any_change_of_the_store_sidecars_go_on(tmp_path, tool):
    photos = tmp_path / "photos"
    signed(photos / "a.jpg")
    with_words(photos / "a.jpg.xmp", "person")
    files = Mortal(str(tmp_path / "target"))
    out, deaths = Store(files, "bucket/tagged"), 0
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
        summary = done_here(job_of(local(photos), out), tmp_path / "scratch")
        assert (summary.seen, summary.failures) == (1, [])
        folder = brought(out, tmp_path / f"dead-{deaths}")
        assert {*contents(folder)} == {"a.jpg", "a.jpg.xmp"}
        assert (folder / "a.jpg").read_bytes() == (photos / "a.jpg").read_bytes()
        (found,) = fields(tool, folder / "a.jpg.xmp")
        assert found.subject == ("person", *expected("red"))
    assert deaths >= 9


def test_lists_of_earlier_versions_are_read(tmp_path):
    (tmp_path / FOLDER).mkdir(parents=True)
    values = [
        {"name": "a.jpg", "size": 1, "time": 2, "beside": ""},
        {"name": "b.cr2", "size": 1, "time": 2, "beside": "b.xmp"},
    ]
    lines = "".join(f"{json.dumps(one)}\n" for one in values)
    (tmp_path / FOLDER / "000000.ndjson").write_text(lines)
    assert partition(local(tmp_path), Part(0, 2)) == [
        Found("a.jpg", 1, 2),
        Found("b.cr2", 1, 2, ("b.xmp",)),
    ]


def test_a_picture_that_is_passed_over_is_no_tagged_one(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red")
    (photos / "b.psd").write_bytes(b"8BPS\0\1" + bytes(20))
    for _ in range(2):  # by the run, and by one that finds it done
        job = job_of(local(photos), local(tmp_path / "here"))
        summary = done_here(job, tmp_path / "scratch")
        assert summary.seen == 1
        assert [dict(kinds) for kinds in summary.passed.counts.values()] == [{".psd": 1}]
    assert summary.nothing_to_do == 1
    (table,) = (tmp_path / "here/scores.parquet").rglob("*.parquet")
    rows = pl.read_parquet(table).select("picture", "status", "reason").rows()
    why = "pictures without an embedded preview that can be read"
    assert rows == [("a.jpg", "tagged", None), ("b.psd", "passed over", why)]


def test_journals_of_copies_keep_nothing_to_untag_by(tmp_path, photos):
    job = job_of(local(photos), local(tmp_path / "here"))
    summary = done_here(job, tmp_path / "scratch")
    assert summary.notes == [note for note in summary.notes if "the very bytes" not in note]
    staged = Staged(tmp_path)
    job.out.get(job.ledger.journal(0), staged.journal)
    with Journal(staged.journal, read_only=True) as journal:
        written = journal.writes(b"with.jpg")
        assert written
        assert journal.deltas(written) is None
