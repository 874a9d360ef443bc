"""Photos that are locked, vanish, are replaced or change while a run is at work on them."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tagonaut.tagging.journal import Journal
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.faults.archive import Archive, agrees
from tests.tagging.faults.machine import as_anybody, immutable
from tests.tagging.folders import fields, leftovers, real
from tests.tagging.scorer import ByColour, colour, expected

SCRIPT = Path(__file__).with_name("killed_run.py")
VICTIM = "sub1/03.jpg"
# The places at which something happens to the victim: right before it is read, scored, written, …
STEPS = ["prepare", "score_pixels", "write_copy", "copy_attributes", "digest", "begin"]


def tagger_at(
    step: str, happen: Callable[[], None], monkeypatch: pytest.MonkeyPatch, victim: Path
) -> ByColour:
    """A tagger; ``happen`` is called once, right before the step that the victim comes to."""
    left = [happen]

    def once() -> None:
        if left:
            left.pop()()

    class Meddling(ByColour):
        def prepare(self, path):
            pixels = super().prepare(path)
            if step == "prepare" and path == victim:
                once()
            return pixels

        def score_pixels(self, pictures):
            if step == "score_pixels" and victim in self.prepared:
                once()
            return super().score_pixels(pictures)

    if step in {"write_copy", "copy_attributes", "digest", "begin"}:
        owner = Journal if step == "begin" else writing
        done = getattr(owner, step)

        def hooked(*values, **named):
            paths = {real(getattr(value, "path", value)) for value in values}
            if victim in paths or os.fsencode(VICTIM) in paths:
                once()
            return done(*values, **named)

        monkeypatch.setattr(owner, step, hooked)
    return Meddling()


@pytest.mark.parametrize("step", STEPS)
def test_a_photo_that_vanishes_is_not_brought_back(tmp_path, tool, monkeypatch, step):
    """Promise: a photo that changes or vanishes during tagging is left alone and reported."""
    archive = Archive(tmp_path / "photos")
    victim = archive.root / VICTIM
    tagger = tagger_at(step, victim.unlink, monkeypatch, victim)
    summary = tag_folder(tagger, archive.root, TagOptions(in_place=True))
    assert [name for name, _ in summary.failures] == [VICTIM]
    assert not victim.exists()
    assert archive.complete(tool, but=[VICTIM]) == archive.before.keys() - {VICTIM}
    agrees(summary.journal, archive.root, archive.before)
    assert not leftovers(archive.root)
    victim.write_bytes(archive.before[VICTIM])
    archive.finish(tool)


@pytest.mark.parametrize(
    ("how", "step"),
    [
        *(("saved anew", step) for step in STEPS),
        *(
            ("same size and time", step)
            for step in ("score_pixels", "write_copy", "digest", "begin")
        ),
        ("another photo moved there", "write_copy"),
        ("another photo moved there", "begin"),
    ],
)
def test_what_somebody_saves_meanwhile_is_not_lost(tmp_path, tool, monkeypatch, how, step):
    """Promise: a photo that changes or vanishes during tagging is left alone and reported."""
    archive = Archive(tmp_path / "photos")
    victim = archive.root / VICTIM
    theirs = bytearray(archive.before[VICTIM])
    theirs[-3] ^= 1  # a pixel, or nearly
    if how != "same size and time":
        theirs += b"theirs"

    def save() -> None:
        was = victim.stat()
        if how == "another photo moved there":
            beside = victim.with_name("theirs.part")
            beside.write_bytes(theirs)
            beside.replace(victim)
        else:
            victim.write_bytes(theirs)
        if how == "same size and time":
            os.utime(victim, ns=(was.st_atime_ns, was.st_mtime_ns))

    summary = tag_folder(
        tagger_at(step, save, monkeypatch, victim), archive.root, TagOptions(in_place=True)
    )
    archive.before[VICTIM] = bytes(theirs)
    # Tagged with it or without: what they saved is there.
    assert archive.complete(tool) | {name for name, _ in summary.failures} == archive.before.keys()
    agrees(summary.journal, archive.root, archive.before)
    archive.finish(tool)


def test_a_photo_that_is_still_being_copied_in_is_left_alone(tmp_path, tool):
    archive = Archive(tmp_path / "photos")
    victim = archive.root / "sub1/03.jpg"
    half = archive.before[VICTIM][: len(archive.before[VICTIM]) // 2]
    victim.write_bytes(half)

    with victim.open("ab") as file:

        class Growing(ByColour):
            def score_pixels(self, pictures):
                file.write(b"x")
                file.flush()
                return super().score_pixels(pictures)

        summary = tag_folder(Growing(), archive.root, TagOptions(in_place=True))
    assert [name for name, _ in summary.failures] == [VICTIM]
    assert victim.read_bytes().startswith(half)
    victim.write_bytes(archive.before[VICTIM])
    archive.finish(tool)


@pytest.mark.parametrize("step", ["score_pixels", "write_copy"])
def test_a_folder_that_vanishes_costs_its_photos_alone(tmp_path, tool, monkeypatch, step):
    archive = Archive(tmp_path / "photos")
    folder, aside = archive.root / "sub1", tmp_path / "aside"
    victim = archive.root / VICTIM
    tagger = tagger_at(step, lambda: folder.rename(aside), monkeypatch, victim)
    summary = tag_folder(tagger, archive.root, TagOptions(in_place=True))
    assert {Path(name).parts[0] for name, _ in summary.failures} == {"sub1"}
    assert not folder.exists()
    aside.rename(folder)
    archive.complete(tool)
    agrees(summary.journal, archive.root, archive.before)
    archive.finish(tool)


@pytest.mark.parametrize("meanwhile", ["away", "without rights"])
def test_a_write_that_cannot_be_looked_at_is_not_given_up(tmp_path, tool, meanwhile):
    """Killed right after a photo was replaced; then its folder is not to be read for a while."""
    archive = Archive(tmp_path / "photos", 4)
    run("in place", archive.root, "take_place", "1")
    # Which of the photos was replaced first, and whether another was, is the writers' race.
    replaced = min(Path(name).parts[0] for name in archive.complete(tool))
    folder, aside = archive.root / replaced, tmp_path / "aside"
    if meanwhile == "away":
        folder.rename(aside)
        run("in place", archive.root)
        aside.rename(folder)
    else:
        folder.chmod(0)
        run("in place", archive.root, preexec_fn=as_anybody())
        folder.chmod(0o755)
    archive.finish(tool)
    assert untag_folder(archive.root).failed == 0
    assert archive.complete(tool) == set()


def test_a_photo_that_somebody_holds_locked_is_not_waited_for(tmp_path, tool):
    """Promise: a photo that another program has locked does not hold up tagging."""
    archive = Archive(tmp_path / "photos")
    with (archive.root / VICTIM).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        tag_folder(ByColour(), archive.root, TagOptions(in_place=True))
        archive.complete(tool)
    archive.finish(tool)


def test_an_immutable_photo_stays_as_it_is(tmp_path, tool):
    """Promise: a read-only disk, folder or photo stays as it is, and all else is tagged."""
    archive = Archive(tmp_path / "photos")
    with immutable(archive.root / VICTIM):
        summary = tag_folder(ByColour(), archive.root, TagOptions(in_place=True))
        # Its tags are in a sidecar, or it is told.
        beside = archive.root / f"{VICTIM}.xmp"
        assert [name for name, _ in summary.failures] == [] if beside.exists() else [VICTIM]
        assert archive.complete(tool) == archive.before.keys() - {VICTIM}
        agrees(summary.journal, archive.root, archive.before)
        assert not leftovers(archive.root)
    assert tag_folder(ByColour(), archive.root, TagOptions(in_place=True)).failed == 0
    with immutable(archive.root / VICTIM):
        untag_folder(archive.root)
        assert archive.complete(tool) <= {VICTIM}
    assert untag_folder(archive.root).failed == 0
    assert archive.complete(tool) == set()
    assert not beside.exists()


def test_an_immutable_folder_is_reported_and_done_when_it_may_be(tmp_path, tool):
    archive = Archive(tmp_path / "photos")
    with immutable(archive.root / "sub1"):
        summary = tag_folder(ByColour(), archive.root, TagOptions(in_place=True))
        assert {Path(name).parts[0] for name, _ in summary.failures} == {"sub1"}
        assert archive.complete(tool) == {name for name in archive.before if "sub0" in name}
        agrees(summary.journal, archive.root, archive.before)
    archive.finish(tool)


def run(mode: str, folder: Path, *step: str, **named) -> int:
    command = [sys.executable, str(SCRIPT), mode, str(folder), *step]
    return subprocess.run(command, check=False, capture_output=True, **named).returncode


@pytest.mark.parametrize(
    ("mode", "rights"), [("in place", 0o000), ("in place", 0o555), ("to", 0o444), ("to", 0o555)]
)
def test_a_folder_without_rights_is_reported_and_the_rest_done(tmp_path, tool, mode, rights):
    """Promise: a read-only disk, folder or photo stays as it is, and all else is tagged."""
    archive = Archive(tmp_path / "photos")
    anybody = as_anybody()
    root = archive.root if mode == "in place" else tmp_path / "out"
    (archive.root / "sub1").chmod(rights)
    try:
        status = run(mode, archive.root, preexec_fn=anybody)
    finally:
        (archive.root / "sub1").chmod(0o755)
    can_copy = mode == "to" and rights == 0o555
    assert status == (0 if can_copy else 1)
    done = {name for name in archive.before if "sub0" in name or can_copy}
    assert archive.complete(tool, root) == done
    archive.finish(tool, **({"in_place": True} if mode == "in place" else {"to": root}))


def test_photos_without_rights_are_reported_and_the_rest_done(tmp_path, tool):
    archive = Archive(tmp_path / "photos")
    (archive.root / VICTIM).chmod(0)
    assert run("in place", archive.root, preexec_fn=as_anybody()) == 1
    assert archive.complete(tool) == archive.before.keys() - {VICTIM}
    (archive.root / VICTIM).chmod(0o644)
    archive.finish(tool)


NAMES = [b"caf\xe9.jpg", b"\xff\xfe.jpg", b"sub\xe9/\xe9.jpg", b"\xed\xb3\xa9.jpg"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_that_are_no_utf8_are_photos_like_others(tmp_path, tool, locale):
    photos = tmp_path / "photos"
    paths = [photos / os.fsdecode(name) for name in NAMES]
    before = [colour(path, "red", "green").read_bytes() for path in paths]
    env = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for mode, root in (("to", tmp_path / "out"), ("in place", photos)):
        assert run(mode, photos, env=env) == 0
        copies = [root / path.relative_to(photos) for path in paths]
        assert {found.iptc for found in fields(tool, *copies)} == {expected("red", "green")}
        assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).failed == 0
    assert run("untag", photos, env=env) == 0
    assert [path.read_bytes() for path in paths] == before
    assert not leftovers(photos)
