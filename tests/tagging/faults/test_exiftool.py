"""ExifTool hangs, dies, answers garbage, or does not do what it says."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging import workers
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tests.tagging.faults import exiftool
from tests.tagging.faults.archive import Archive, agrees
from tests.tagging.folders import fields, leftovers
from tests.tagging.scorer import ByColour, colour, expected


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """ExifTool is one that fails, and is waited for a moment only."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "exiftool"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{exiftool.__file__}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("TAGONAUT_EXIFTOOL", shutil.which("exiftool") or "")
    monkeypatch.setenv("TAGONAUT_FAULT_ONCE", str(tmp_path / "once"))
    monkeypatch.setenv("TAGONAUT_FAULT_AT", "1")
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return monkeypatch


@pytest.mark.parametrize("fault", exiftool.FAULTS)
def test_it_costs_one_photo_and_the_next_run_does_that(tmp_path, tool, failing, fault):
    """Promise: a new file is read back and checked before it replaces the old one.

    Promise: an ExifTool that hangs, crashes or writes something wrong damages no photo.
    """
    archive = Archive(tmp_path / "photos", 4)
    failing.setenv("TAGONAUT_FAULT", fault)
    if fault in {"hangs", "answers nothing"}:
        failing.setattr(workers, "ExifTool", partial(ExifTool, timeout=5.0))
    summary = tag_folder(ByColour(), archive.root, TagOptions(in_place=True))
    assert (tmp_path / "once").exists()
    # What it says beside what it writes does not count.
    harmless = fault in {"answers garbage", "answers for another file"}
    assert [len(summary.failures), summary.written] == ([0, 4] if harmless else [1, 3])
    for _, reason in summary.failures:
        assert reason and "\n" not in reason
    assert len(archive.complete(tool)) == summary.written
    agrees(summary.journal, archive.root, archive.before)
    assert not leftovers(archive.root)
    archive.finish(tool)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WebP", "GIF"])
def test_pixels_that_change_cost_the_photo_alone(tmp_path, tool, failing, form):
    """Promise: a photo's pixels never change, whatever its format."""
    photos = tmp_path / "photos"
    paths = [colour(photos / f"{name}.{form.lower()}", "red", form=form) for name in "abc"]
    before = {path: path.read_bytes() for path in paths}
    pixels = {path: Image.open(path).convert("RGB").tobytes() for path in paths}
    failing.setenv("TAGONAUT_FAULT", "writes other pixels")
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    assert (tmp_path / "once").exists()
    assert (summary.written, summary.failed) == (2, 1)
    ((name, reason),) = summary.failures
    assert "more than metadata" in reason
    assert (photos / name).read_bytes() == before[photos / name]
    assert {path: Image.open(path).convert("RGB").tobytes() for path in paths} == pixels
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).written == 1
    assert {found.subject for found in fields(tool, *paths)} == {expected("red")}


def test_one_that_never_answers_ends_the_run_in_time(tmp_path, tool, failing):
    """Promise: an ExifTool that hangs, crashes or writes something wrong damages no photo."""
    archive = Archive(tmp_path / "photos", 4)
    (tmp_path / "bin" / "exiftool").write_text("#!/bin/sh\nexec sleep 1000\n")
    failing.setattr(workers, "ExifTool", partial(ExifTool, timeout=0.3))
    summary = tag_folder(ByColour(), archive.root, TagOptions(in_place=True))
    assert summary.failed == 4
    assert archive.complete(tool) == set()
    failing.setenv("PATH", os.environ["PATH"].partition(":")[2])
    failing.setattr(workers, "ExifTool", ExifTool)
    archive.finish(tool)


@pytest.mark.parametrize(
    "script", ["exit 0", "exit 1", "head -c 100000 /dev/urandom; cat >/dev/null", "kill -9 $$"]
)
def test_one_that_is_no_exiftool_changes_nothing(tmp_path, tool, failing, script):
    """Promise: an ExifTool that hangs, crashes or writes something wrong damages no photo."""
    archive = Archive(tmp_path / "photos", 2)
    (tmp_path / "bin" / "exiftool").write_text(f"#!/bin/sh\n{script}\n")
    failing.setattr(workers, "ExifTool", partial(ExifTool, timeout=0.5))
    try:
        assert tag_folder(ByColour(), archive.root, TagOptions(in_place=True)).failed == 2
    except TagonautError as error:
        assert "\n" not in str(error)
    assert archive.complete(tool) == set()
    assert not leftovers(archive.root)
