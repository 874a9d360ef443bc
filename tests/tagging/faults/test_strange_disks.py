"""Disks that keep no owner, permissions, extended attributes or times, or do not sync."""

import errno
import os
import shutil
import stat
import subprocess
from contextlib import contextmanager

import pytest

from tagonaut.files.written_whole import files_replaced
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import fields, leftovers
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.scorer import ByColour, colour, expected

CALLS = ("fchmod", "fchown", "setxattr", "utime", "fsync", "link")
UNKNOWN = (errno.EPERM, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


@pytest.fixture(params=UNKNOWN, ids=errno.errorcode.get)
def refusing(request, monkeypatch):
    """No call that changes more than names and content is known to the disk."""
    for name in CALLS:
        code = errno.EINVAL if name == "fsync" else request.param

        def refuse(*_, code=code, **__):
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, name, refuse)


@contextmanager
def strange_disk(folder, *, rights="a=rx:u+w"):
    """A FUSE file system that refuses chmod, chown and extended attributes, as FAT and SMB do."""
    if shutil.which("bindfs") is None or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("bindfs, which refuses chmod, is not installed here")
    behind = folder.with_name(f"{folder.name} behind")
    for one in (folder, behind):
        one.mkdir()
    options = ("--chmod-deny", "--chown-deny", "--xattr-none", f"--perms={rights}")
    mounted = subprocess.run(["bindfs", *options, behind, folder], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("a file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_photos_are_tagged_and_untagged_on_a_disk_that_keeps_only_content(tmp_path, tool):
    with strange_disk(tmp_path / "disk") as disk:
        photo = colour(disk / "a.jpg", "red")
        before = photo.read_bytes()
        for named in ({"in_place": True}, {"in_place": True, "keep_time": True}):
            summary = tag_folder(ByColour(), disk, TagOptions(**named))
            assert (summary.failed, summary.notes) == (
                0,
                [],
            )  # as it was before, so nothing is lost
        assert fields(tool, photo)[0].subject == expected("red")
        assert untag_folder(disk).failed == 0
        assert len(photo.read_bytes()) < len(before) + 10_000
        assert leftovers(disk) == []


def test_a_closed_photo_is_not_copied_to_a_disk_that_opens_it(tmp_path):
    photos = tmp_path / "photos"
    closed, others = colour(photos / "closed.jpg", "red"), colour(photos / "open.jpg", "red")
    closed.chmod(0o600)
    others.chmod(0o644)
    os.setxattr(others, "user.note", b"mine")
    with strange_disk(tmp_path / "disk") as disk:
        out = disk / "out"
        for _ in range(2):
            summary = tag_folder(ByColour(), photos, TagOptions(to=out))
            assert [name for name, _ in summary.failures] == ["closed.jpg"]
            assert "permissions 755 and not 600" in summary.failures[0][1]
            assert [path.name for path in out.glob("*.jpg")] == ["open.jpg"]
        summary = tag_folder(ByColour(), photos, TagOptions(to=disk / "again"))
        (note,) = (note for note in summary.notes if "cannot keep" in note)
        assert "their extended attributes, permissions:" in note
    with strange_disk(tmp_path / "private", rights="a=:u=rwX") as disk:
        assert tag_folder(ByColour(), photos, TagOptions(to=disk / "out")).failed == 0


def test_nothing_of_a_closed_photo_is_written_where_others_read_it(tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    colour(photos / "a.jpg", "red").chmod(0o600)
    from tagonaut.tagging.photo import tag_photo

    monkeypatch.setattr(tag_photo, "_make", pytest.fail)
    with strange_disk(tmp_path / "disk") as disk:
        assert tag_folder(ByColour(), photos, TagOptions(to=disk / "out")).failed == 1


def test_copies_of_a_cluster_are_as_those_of_one_machine(tmp_path):
    photos = tmp_path / "photos"
    colour(photos / "closed.jpg", "red").chmod(0o600)
    colour(photos / "open.jpg", "red").chmod(0o664)
    with strange_disk(tmp_path / "disk") as disk:
        summary = done_here(job_of(local(photos), local(disk / "out")), tmp_path / "scratch")
        assert [name for name, _ in summary.failures] == ["closed.jpg"]
        assert "permissions 755 and not 600" in summary.failures[0][1]
        assert sum("cannot keep their permissions" in note for note in summary.notes) == 1


@pytest.mark.usefixtures("refusing")
def test_a_disk_that_knows_no_attribute_keeps_the_content(tmp_path, tool):
    photos = tmp_path / "photos"
    photo = colour(photos / "a.jpg", "red")
    photo.chmod(0o664)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True, keep_time=True))
    assert summary.failed == 0, summary.failures
    assert fields(tool, photo)[0].subject == expected("red")
    assert any("cannot keep their" in note and "time" in note for note in summary.notes)
    with files_replaced(tmp_path) as new:
        (new / "report").write_text("whole")
