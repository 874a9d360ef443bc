"""Two runs on one folder at the same time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.photo import tag_photo as writing
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.faults.archive import Archive
from tests.tagging.folders import fields
from tests.tagging.scorer import NAMES, ByColour

SCRIPT = Path(__file__).with_name("killed_run.py")


def start(mode: str, folder: Path, *step: str) -> subprocess.Popen:
    command = [sys.executable, str(SCRIPT), mode, str(folder), *step]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()
    return process


@pytest.mark.parametrize("second", ["tag", "untag", "tag what is below"])
def test_while_one_is_at_work_another_is_refused_or_does_no_harm(tmp_path, tool, second):
    """Promise: two commands on one folder at the same time do no harm."""
    archive = Archive(tmp_path / "photos", 12)
    with start("in place", archive.root, "take_place", "2", "SIGSTOP") as first:
        # It stops itself when it has written two photos, and has the lock then.
        _, status = os.waitpid(first.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        try:
            assert 2 <= len(archive.complete(tool)) < 12
            below = second == "tag what is below"
            with pytest.raises(TagonautError, match=" lies in " if below else "another run is at"):
                if second == "untag":
                    untag_folder(archive.root)
                else:
                    root = archive.root / "sub0" if below else archive.root
                    tag_folder(ByColour(), root, TagOptions(in_place=True))
        finally:
            os.kill(first.pid, signal.SIGCONT)
        assert first.wait() == 0
    archive.finish(tool)


def test_two_that_start_together_do_no_harm(tmp_path, tool):
    """Promise: two commands on one folder at the same time do no harm."""
    archive = Archive(tmp_path / "photos", 12)
    with start("in place", archive.root) as one, start("in place", archive.root) as other:
        statuses = sorted([one.wait(), other.wait()])
    # The second is refused, or comes when the first has ended and finds nothing to do.
    assert statuses[0] == 0
    archive.finish(tool)


def test_another_journal_does_not_let_a_second_run_in(tmp_path, monkeypatch):
    """Promise: two commands on one folder at the same time do no harm."""
    archive = Archive(tmp_path / "photos", 4)
    others = []

    def meanwhile(*values):
        monkeypatch.undo()
        tagger = ByColour("run-2", tuple(f"other {name}" for name in NAMES))
        try:
            others.append(
                tag_folder(
                    tagger, archive.root, TagOptions(in_place=True, journal=tmp_path / "j.sqlite")
                )
            )
        except TagonautError as error:
            others.append(error)
        return take_place(*values)

    take_place = writing.take_place
    monkeypatch.setattr(writing, "take_place", meanwhile)
    tag_folder(ByColour(), archive.root, TagOptions(in_place=True))
    (other,) = others
    assert isinstance(other, TagonautError) and "another run is at work" in str(other)


def test_copies_of_photos_that_are_being_tagged_are_whole(tmp_path, tool):
    archive = Archive(tmp_path / "photos", 12)
    with start("in place", archive.root) as one, start("to", archive.root) as other:
        one.wait()
        other.wait()
    archive.complete(tool)
    copies = list((tmp_path / "out").rglob("*.jpg"))
    for path, found in zip(copies, fields(tool, *copies), strict=True):
        tags = archive.tags[str(path.relative_to(tmp_path / "out"))]
        assert found.iptc == found.subject == tags
    archive.finish(tool)
