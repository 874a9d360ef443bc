"""A folder of damaged files, odd names and odd places: nothing crashes, hangs or strays."""

import os
from pathlib import Path

import pytest

from tagonaut.errors import MetadataError, TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_keywords, read_many
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tagonaut.workflows.explore import explore
from tests.tagging.faults.hostile import make_hostile, state_of
from tests.tagging.scorer import ByColour, colour

MUTATIONS = 36
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")
# What ExifTool is said to be that is ended after a minute.
HUNG = "did not answer in time"


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with photos, with what their links lead to, and with everything that is ours."""
    around = tmp_path / "around"
    make_hostile(around / "photos", around / "outside", MUTATIONS, seed=7)
    (around / "cwd").mkdir()
    monkeypatch.chdir(around / "cwd")
    return around


def pictures(folder: Path) -> list[Path]:
    """Everything that is named as a picture and is no folder."""
    return [
        Path(place) / name
        for place, _, names in os.walk(folder)
        for name in names
        if is_picture(Path(name))
    ]


def strayed(before: dict, after: dict, *allowed: str) -> list[str]:
    return [
        name
        for name in before.keys() | after.keys()
        if name.partition("/")[0] not in allowed and before.get(name) != after.get(name)
    ]


def same_pixels(one: Path, other: Path) -> bool:
    try:
        check_pixels(one, other, exif=False)  # XPKeywords are in it
    except TagonautError:
        return one.read_bytes() == other.read_bytes()
    return True


def test_tagged_copies(around, tool):
    """Promise: a hostile folder cannot crash or hang Tagonaut, nor make it write elsewhere."""
    photos, out = around / "photos", around / "out"
    before = state_of(around)
    summary = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert strayed(before, state_of(around), "out") == []
    names = pictures(photos)
    assert summary.written + summary.copied + summary.failed >= len(names)
    assert all(reason and reason.isprintable() for _, reason in summary.failures)
    assert not any(HUNG in reason for _, reason in summary.failures)
    assert all(name.isprintable() for name, _ in summary.failures)
    copies = pictures(out)
    assert len(copies) == summary.written + summary.copied > 20
    for copy in copies:
        assert same_pixels(photos / copy.relative_to(out), copy)
        if copy.name.startswith("00"):
            # What was written to a damaged file can be read by everybody.
            read_keywords(tool, copy)
    again = tag_folder(ByColour(), photos, TagOptions(to=out))
    assert (again.written, again.copied, again.failed) == (0, 0, summary.failed)


def test_tagged_in_place_and_back(around, tmp_path):
    """Promise: a hostile folder cannot crash or hang Tagonaut, nor make it write elsewhere."""
    photos = around / "photos"
    kept = {path: path.read_bytes() for path in (photos / "fuzzed").iterdir()}
    before = state_of(around)
    summary = tag_folder(ByColour(), photos, TagOptions(in_place=True))
    after = state_of(around)
    assert strayed(before, after, "photos") == []
    # Nothing there was removed, and nothing of another kind has come.
    assert before.keys() <= after.keys()
    assert {name: mode for name, (mode, _) in after.items() if name in before} == {
        name: mode for name, (mode, _) in before.items()
    }
    links = sum(summary.passed.counts["symbolic links to photos"].values())
    done = summary.written + summary.nothing_to_do + summary.failed
    assert done + links >= len(pictures(photos))
    failed = {name for name, _ in summary.failures}
    for path, content in kept.items():
        original = tmp_path / "original"
        original.write_bytes(content)
        assert same_pixels(original, path)
        if str(path.relative_to(photos)) in failed:
            assert path.read_bytes() == content
    untag_folder(photos)
    for path, content in kept.items():
        original.write_bytes(content)
        assert same_pixels(original, path)
    assert strayed(before, state_of(around), "photos") == []


def test_explored(around, tmp_path):
    # A minute each, where it is waited for: see below.
    (around / "photos" / "places" / "zero.jpg").unlink()
    before = state_of(around)
    explored = explore(around / "photos", out=tmp_path / "report")
    assert strayed(before, state_of(around)) == []
    # Names with a dot in front are hidden from it.
    asked = [path for path in pictures(around / "photos") if not path.name.startswith(".")]
    told = [note for note in explored.figures["notes"] if ": left out" in note]
    assert not any(HUNG in note for note in told)
    assert explored.figures["summary"]["pictures"] + len(told) >= len(asked)


@pytest.mark.parametrize("kind", ["pipe", "link to a device"])
def test_what_is_no_file_is_not_waited_for(tmp_path, kind):
    """As ``explore`` reads keywords, and ``predict`` of one picture."""
    paths = [colour(tmp_path / "a.jpg", "red"), tmp_path / "b.jpg", colour(tmp_path / "c.jpg")]
    if kind == "pipe":
        os.mkfifo(paths[1])
    else:
        paths[1].symlink_to("/dev/zero")
    with ExifTool(timeout=2.0) as impatient:
        impatient.execute(["-ver"], timeout=30)
        found = [keywords for _, keywords in read_many(impatient, paths)]
    assert [isinstance(one, MetadataError) for one in found] == [False, True, False]
    assert HUNG not in str(found[1])


def test_a_photo_folder_cannot_send_us_elsewhere(around):
    """Our own names, taken by links that lead out of the folder.

    Promise: a hostile folder cannot crash or hang Tagonaut, nor make it write elsewhere.
    """
    photos, outside = around / "few", around / "outside"
    (photos / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.jpg"):
        (photos / name).write_bytes((outside / "theirs.jpg").read_bytes())
    (photos / ".tagonaut").symlink_to(outside)
    (photos / "scores.csv").symlink_to(outside / "theirs.jpg")
    (photos / "scores.parquet").symlink_to(outside / "theirs.jpg")
    before = state_of(around)
    try:
        tag_folder(ByColour(), photos, TagOptions(in_place=True))
    except TagonautError as error:
        assert str(photos) in str(error)
    assert strayed(before, state_of(around), "few") == []
