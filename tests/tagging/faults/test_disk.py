"""Disks that are full, are read-only, or break off in the middle of a run."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.faults.archive import Archive, agrees
from tests.tagging.faults.machine import failing_disk, remount, small_disk
from tests.tagging.folders import contents, leftovers
from tests.tagging.scorer import ByColour

PAGE = 4096


def fill(disk: Path, *, but: int) -> Path:
    """A file that takes all the room but so many pages."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(PAGE)) == PAGE:
            pass
    size = ballast.stat().st_size // PAGE * PAGE
    with ballast.open("r+b") as file:
        file.truncate(max(0, size - but * PAGE))
    return ballast


def told(summary_or_error: object) -> None:
    """A failure says what it was, on one line."""
    text = str(summary_or_error)
    assert text and "\n" not in text and "Traceback" not in text


@pytest.mark.parametrize(
    ("journal", "room"),
    [("on it", 0), ("on it", 3), ("on it", 9), ("on it", 14), ("elsewhere", 0), ("elsewhere", 1)],
)
def test_a_full_disk_costs_no_photo(tmp_path, tool, journal, room):
    """Promise: a full disk neither loses nor damages a photo."""
    with small_disk(tmp_path / "disk", "600k") as disk:
        archive = Archive(disk / "photos", 6)
        place = (disk if journal == "on it" else tmp_path) / "journal.sqlite"
        ballast = fill(disk, but=room)
        try:
            summary = tag_folder(ByColour(), archive.root, TagOptions(in_place=True, journal=place))
            for _, reason in summary.failures:
                told(reason)
        except TagonautError as error:
            told(error)
        done = archive.complete(tool)
        assert len(done) < len(archive.before)
        assert not leftovers(archive.root)
        if place.exists() and place.stat().st_size:
            agrees(place, archive.root, archive.before)
        ballast.unlink()
        archive.finish(tool, in_place=True, journal=place)


def test_a_disk_that_fills_up_meanwhile_costs_no_photo(tmp_path, tool):
    """Promise: a full disk neither loses nor damages a photo."""
    with small_disk(tmp_path / "disk", "600k") as disk:
        archive = Archive(disk / "photos", 12)
        ballast = disk / "ballast"

        class Filling(ByColour):
            def score_pixels(self, pictures):
                if len(self.prepared) > 6 and not ballast.exists():
                    fill(disk, but=2)
                return super().score_pixels(pictures)

        named = {"in_place": True, "journal": disk / "journal.sqlite"}
        try:
            assert tag_folder(Filling(), archive.root, TagOptions(**named)).failed
        except TagonautError as error:
            told(error)
        assert archive.complete(tool) != archive.before.keys()
        agrees(named["journal"], archive.root, archive.before)
        ballast.unlink()
        archive.finish(tool, **named)
        fill(disk, but=2)
        with suppress(TagonautError):
            untag_folder(archive.root, UntagOptions(journal=named["journal"]))
        archive.complete(tool)
        ballast.unlink()
        assert untag_folder(archive.root, UntagOptions(journal=named["journal"])).failed == 0
        assert archive.complete(tool) == set()


@pytest.mark.parametrize("journal", ["on it", "elsewhere"])
def test_a_read_only_disk_is_told_and_done_when_it_may_be_written(tmp_path, tool, journal):
    """Promise: a read-only disk, folder or photo stays as it is, and all else is tagged."""
    with small_disk(tmp_path / "disk", "2m") as disk:
        archive = Archive(disk / "photos", 4)
        place = (disk if journal == "on it" else tmp_path) / "journal.sqlite"
        before = contents(disk)
        remount(disk, "ro")
        try:
            summary = tag_folder(ByColour(), archive.root, TagOptions(in_place=True, journal=place))
            assert [name for name, _ in summary.failures] == sorted(archive.before)
            assert all("Read-only" in reason for _, reason in summary.failures)
        except TagonautError as error:
            told(error)
            # The journal may be kept elsewhere, but this archive cannot be tagged.
            assert str(disk) in str(error)
        assert contents(disk) == before
        copies = tag_folder(ByColour(), archive.root, TagOptions(to=tmp_path / "out"))
        assert copies.failed == 0
        archive.is_finished(tool, copies.journal, tmp_path / "out")
        assert contents(disk) == before
        remount(disk, "rw")
        archive.finish(tool, in_place=True, journal=place)


@pytest.mark.parametrize(
    ("journal", "step"),
    [
        *(("on it", step) for step in ("write_copy", "begin", "take_place", "done")),
        *(("elsewhere", step) for step in ("copy_attributes", "take_place")),
    ],
)
def test_a_disk_that_is_cut_off_costs_no_photo(tmp_path, tool, monkeypatch, journal, step):
    """Promise: a power failure at any instant leaves every photo as it was or completely tagged."""
    place = (tmp_path / "disk" if journal == "on it" else tmp_path) / "journal.sqlite"
    with failing_disk(tmp_path / "disk") as (disk, cut_off):
        archive = Archive(disk / "photos", 12)
        os.sync()
        owner = Journal if step in {"begin", "done"} else writing
        real, left = getattr(owner, step), list(range(5))

        def cutting(*values, **named):
            result = real(*values, **named)
            if not left or not left.pop():
                cut_off()
            return result

        with monkeypatch.context() as patched:
            patched.setattr(owner, step, cutting)
            try:
                assert tag_folder(
                    ByColour(), archive.root, TagOptions(in_place=True, journal=place)
                ).failed
            except TagonautError as error:
                told(error)
        with suppress(OSError):
            (disk / "probe").touch()
            pytest.skip("a file system cannot be cut off here")
    with failing_disk(tmp_path / "disk"):
        agrees(place, archive.root, archive.before)
        assert archive.complete(tool) != archive.before.keys()
        archive.finish(tool, in_place=True, journal=place)
