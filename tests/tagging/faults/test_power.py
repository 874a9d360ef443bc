"""The power fails: whatever was not synced may be lost, at every moment of a run."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.faults.archive import Archive, agrees
from tests.tagging.faults.disk import Disk
from tests.tagging.faults.syscalls import record
from tests.tagging.folders import leftovers
from tests.tagging.scorer import ByColour

SCRIPT = Path(__file__).with_name("killed_run.py")
# Of each moment: the least that is promised, and some of what else may be there.
DICE = (None, 1, 2)
# A next run takes a second: only after some of the failures.
FINISHED = 5

State = dict[bytes, bytes | None]


# What a run does, to how many photos, and what was done to them before.
MODES: dict[str, tuple[int, str | None]] = {
    "in place": (6, None),
    "to": (4, None),
    "sidecar": (4, None),
    "untag": (4, "in place"),
    "untag sidecars": (4, "sidecar"),
}


class Recorded:
    """A run over a small archive, every moment of it, and what it left at the end."""

    def __init__(self, place: Path, mode: str) -> None:
        self.mode = mode
        self.sandbox = place / "sandbox"
        photos, earlier = MODES[mode]
        self.archive = Archive(self.sandbox / "photos", photos)
        self.name = "out" if mode == "to" else "photos"
        env = {**os.environ, "TAGONAUT_STATE": str(self.sandbox / "state")}
        command = [sys.executable, str(SCRIPT)]
        if earlier is not None:
            subprocess.run([*command, earlier, str(self.archive.root)], check=True, env=env)
        self.before = _files(self.sandbox)
        self.times = _times(self.sandbox)
        done = mode.partition(" sidecars")[0]
        self.calls = record([*command, done, str(self.archive.root)], place / "log", env)
        self.after = _files(self.sandbox)
        self.times |= _times(self.sandbox)
        # Of the file of each photo that is written, what it was before any run.
        suffix = ".xmp" if "sidecar" in mode else ""
        self.originals = {
            f"{name}{suffix}": content if self.name == "photos" and not suffix else b""
            for name, content in self.archive.before.items()
        }
        changed = [name for name in self.originals if self._was(name) != self._shall(name)]
        assert len(changed) == photos

    def _was(self, name: str) -> bytes | None:
        return self.before.get(os.fsencode(f"{self.name}/{name}"))

    def _shall(self, name: str) -> bytes | None:
        return self.after.get(os.fsencode(f"{self.name}/{name}"))

    def failures(self, *, deaf: frozenset[str] = frozenset()) -> Iterator[State]:
        """Every different state in which a failure may leave the disk."""
        disk = Disk(self.sandbox, self.before)
        seen = set()
        for number, _ in enumerate(disk.moments(self.calls, deaf=deaf)):
            for dice in DICE:
                state = disk.left(dice and random.Random(1000 * dice + number))
                if (key := hash(frozenset(state.items()))) not in seen:
                    seen.add(key)
                    yield state
        assert {k: v for k, v in disk.current().items() if v is not None} == self.after

    def put(self, state: State, sandbox: Path) -> Path:
        """The state in real files; the folder that was tagged."""
        for path, content in sorted(state.items()):
            place = sandbox / os.fsdecode(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(content)
                if (time := self.times.get((path, content))) is not None:
                    os.utime(place, ns=(time, time))
        return sandbox / self.name

    def faults(self, state: State, root: Path) -> str:
        """What is wrong with a state; empty if it is as promised."""
        for name in self.originals:
            path = os.fsencode(f"{self.name}/{name}")
            if state.get(path) not in {self._was(name), self._shall(name)}:
                return f"{name} is neither untouched nor complete"
        for path, content in self.before.items():
            written = self.name == "photos" and os.fsdecode(path)[7:] in self.originals
            if path.startswith(b"photos/sub") and not written and state.get(path) != content:
                return f"{path!r} was not to be written to"
        journals = [path for path in state if path.endswith(b".sqlite") and state[path]]
        if journals:
            try:
                agrees(root.parent / os.fsdecode(journals[0]), root, self.originals)
            except Exception as error:
                return str(error)
        return ""

    def finish(self, root: Path, tool: ExifTool) -> None:
        """The next run does what is left, and the one after it nothing."""
        if self.mode in {"in place", "to"}:
            self.archive.root = root.parent / "photos"
            self.archive.finish(tool, **({"to": root} if self.mode == "to" else {"in_place": True}))
            return
        for _ in range(2):
            if self.mode == "sidecar":
                summary = tag_folder(ByColour(), root, TagOptions(sidecar=True))
            else:
                summary = untag_folder(root)
            assert summary.failures == []
            found = {
                name: (root / name).exists() and (root / name).read_bytes()
                for name in self.originals
            }
            assert found == {name: self._shall(name) or False for name in self.originals}
        assert summary.written == 0
        assert leftovers(root) == []


def _files(folder: Path) -> dict[bytes, bytes]:
    return {
        os.fsencode(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _times(folder: Path) -> dict[tuple[bytes, bytes], int]:
    """When each file was changed, by path and content: the journal goes by that."""
    return {
        (path, content): (folder / os.fsdecode(path)).stat().st_mtime_ns
        for path, content in _files(folder).items()
    }


@pytest.fixture(scope="module", params=list(MODES))
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("recorded"), request.param)


def test_every_photo_is_untouched_or_complete_and_the_next_run_finishes(
    recorded, tmp_path, tool, monkeypatch
):
    """Promise: a power failure at any instant leaves every photo as it was or completely tagged."""
    states = list(recorded.failures())
    assert len(states) > 20 * len(recorded.originals)
    chosen = set(random.Random(0).sample(range(len(states)), FINISHED))
    for number, state in enumerate(states):
        sandbox = tmp_path / str(number)
        root = recorded.put(state, sandbox)
        assert recorded.faults(state, root) == ""
        if number in chosen:
            monkeypatch.setenv("TAGONAUT_STATE", str(sandbox / "state"))
            recorded.finish(root, tool)
        shutil.rmtree(sandbox)


@pytest.mark.parametrize("deaf", ["fsync", "fsync of a folder"])
def test_a_disk_that_does_not_sync_is_found_out(recorded, tmp_path, deaf):
    """Promise: a power failure at any instant leaves every photo as it was or completely tagged."""
    if recorded.mode == "untag sidecars" and deaf == "fsync":
        pytest.skip("it removes files: no content has to be synced")
    for number, state in enumerate(recorded.failures(deaf=frozenset({deaf}))):
        sandbox = tmp_path / str(number)
        found = recorded.faults(state, recorded.put(state, sandbox))
        shutil.rmtree(sandbox)
        if found:
            return
    pytest.fail("nothing was lost")
