import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tagonaut.metadata.unchanged import check_pixels
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.folders import contents, edit, fields, leftovers
from tests.tagging.scorer import ByColour, colour, expected

PHOTOS = 30
SCRIPT = Path(__file__).parent / "faults" / "killed_run.py"


def run(mode: str, folder: Path, *step: str, kill_after: float | None = None) -> int:
    """Exit status of the run, killed so many seconds after it set to work, or after a step."""
    command = [sys.executable, str(SCRIPT), mode, str(folder), *step]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        if kill_after is not None:
            try:
                process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        return process.wait()


def make_photos(folder: Path, count: int = PHOTOS) -> dict[str, bytes]:
    for number in range(count):
        names = [("red",), ("red", "green"), ("green", "blue")][number % 3]
        path = colour(folder / f"sub{number % 4}" / f"{number:02}.jpg", *names)
        if number % 5 == 0:
            edit(path, "-IPTC:Keywords=old", "-IPTC:Keywords=old", "-XMP-dc:Subject^=")
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.jpg"))}


def tags_of(number: int) -> tuple[str, ...]:
    tags = [expected("red"), expected("red", "green"), expected("green", "blue")][number % 3]
    return (*(("old", "old") if number % 5 == 0 else ()), *tags)


@pytest.mark.parametrize("mode", ["in place", "to"])
def test_killed_at_any_moment_it_goes_on_where_it_was(tmp_path, tool, mode):
    """Promise: a kill at any instant leaves every photo as it was or completely tagged."""
    photos = tmp_path / "photos"
    originals = make_photos(photos)
    root = photos if mode == "in place" else tmp_path / "out"
    dice = random.Random(mode)
    kills = 0
    for _ in range(4):
        status = run(mode, photos, kill_after=dice.uniform(0.1, 0.4))
        kills += status == -signal.SIGKILL
        whole_or_untouched(tool, root, originals, mode)
        if status == 0:
            break
    assert kills
    assert run(mode, photos) == 0
    everything_is_tagged_once(tool, root, originals)
    done = contents(root)
    assert run(mode, photos) == 0
    assert contents(root) == done
    for _ in range(2):
        run("untag", root, kill_after=dice.uniform(0.1, 0.4))
    assert run("untag", root) == 0
    everything_is_as_before(tool, root, originals)


STEPS = ["write_copy", "copy_attributes", "Journal.begin", "take_place", "Journal.done"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_right_after_each_step(tmp_path, tool, step):
    """Promise: a kill at any instant leaves every photo as it was or completely tagged.

    Promise: the journal knows which photos are tagged, and the next command continues there.
    """
    photos = tmp_path / "photos"
    originals = make_photos(photos, 5)
    assert run("in place", photos, step, "2") == -signal.SIGKILL
    whole_or_untouched(tool, photos, originals, "in place")
    assert tag_folder(ByColour(), photos, TagOptions(in_place=True)).failed == 0
    everything_is_tagged_once(tool, photos, originals)
    # The files are rebuilt, not written by ExifTool.
    assert run("untag", photos, {"write_copy": "rebuilt"}.get(step, step), "2") == -signal.SIGKILL
    whole_or_untouched(tool, photos, originals, "in place")
    assert untag_folder(photos).failed == 0
    everything_is_as_before(tool, photos, originals)


def everything_is_tagged_once(tool, root: Path, originals: dict[str, bytes]) -> None:
    for name in originals:
        (found,) = fields(tool, root / name)
        assert found.iptc == found.subject == tags_of(int(Path(name).stem))
    assert not leftovers(root)


def everything_is_as_before(tool, root: Path, originals: dict[str, bytes]) -> None:
    assert not leftovers(root)
    for name, content in originals.items():
        if int(Path(name).stem) % 5:
            assert (root / name).read_bytes() == content
        else:
            (found,) = fields(tool, root / name)
            assert (found.iptc, found.subject, found.charset) == (("old", "old"), (), None)


def whole_or_untouched(tool, root: Path, originals: dict[str, bytes], mode: str) -> None:
    for name, content in originals.items():
        path = root / name
        if not path.exists():
            assert mode == "to"
        elif path.read_bytes() != content:
            (found,) = fields(tool, path)
            if (found.iptc, found.subject) == (("old", "old"), ()):
                continue
            assert found.iptc == found.subject == tags_of(int(Path(name).stem))
            original = root.with_name("original")
            original.write_bytes(content)
            check_pixels(original, path)
