"""The power fails: whatever was not synced may be lost, at every moment of a run."""

import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .faults.archive import Archive, agrees
from .faults.disk import Disk
from .faults.syscalls import record

SCRIPT = Path(__file__).with_name("killed_run.py")
PHOTOS = 6
# Of each moment: the least that is promised, and some of what else may be there.
DICE = (None, 1, 2)
# A next run takes a second: only after some of the failures.
FINISHED = 5

State = dict[bytes, bytes | None]


class Recorded:
    """A run over a small archive, every moment of it, and what it left at the end."""

    def __init__(self, place: Path, mode: str) -> None:
        self.mode = mode
        self.sandbox = place / "sandbox"
        self.archive = Archive(self.sandbox / "photos", PHOTOS)
        self.name = "photos" if mode == "in place" else "out"
        command = [sys.executable, str(SCRIPT), mode, str(self.archive.root)]
        env = {**os.environ, "TAGONAUT_STATE": str(self.sandbox / "state")}
        self.before = _files(self.sandbox)
        self.times = _times(self.sandbox)
        self.calls = record(command, place / "log", env)
        self.after = _files(self.sandbox)
        self.times |= _times(self.sandbox)

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
        for name, content in self.archive.before.items():
            path = os.fsencode(f"{self.name}/{name}")
            copied = self.name == "out"
            if state.get(path) not in {None if copied else content, self.after[path]}:
                return f"{name} is neither untouched nor complete"
        journals = [path for path in state if path.endswith(b".sqlite") and state[path]]
        if journals:
            try:
                agrees(root.parent / os.fsdecode(journals[0]), root, self.archive.before)
            except Exception as error:
                return str(error)
        return ""


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


@pytest.fixture(scope="module", params=["in place", "to"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("recorded"), request.param)


def test_every_photo_is_untouched_or_complete_and_the_next_run_finishes(
    recorded, tmp_path, tool, monkeypatch
):
    states = list(recorded.failures())
    assert len(states) > 20 * PHOTOS
    chosen = set(random.Random(0).sample(range(len(states)), FINISHED))
    for number, state in enumerate(states):
        sandbox = tmp_path / str(number)
        root = recorded.put(state, sandbox)
        assert recorded.faults(state, root) == ""
        if number in chosen:
            monkeypatch.setenv("TAGONAUT_STATE", str(sandbox / "state"))
            archive = recorded.archive
            archive.root = sandbox / "photos"
            archive.finish(tool, **({"to": root} if recorded.name == "out" else {"in_place": True}))
        shutil.rmtree(sandbox)


@pytest.mark.parametrize("deaf", ["fsync", "fsync of a folder"])
def test_a_disk_that_does_not_sync_is_found_out(recorded, tmp_path, deaf):
    found = set()
    for number, state in enumerate(recorded.failures(deaf=frozenset({deaf}))):
        sandbox = tmp_path / str(number)
        found.add(recorded.faults(state, recorded.put(state, sandbox)))
        shutil.rmtree(sandbox)
    assert found - {""}
