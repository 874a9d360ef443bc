import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from tagonaut.interrupts import Stop
from tagonaut.tagging.options import ClusterOptions, TagOptions
from tagonaut.tagging.ray.cluster import Shares, connected
from tagonaut.tagging.ray.engine import tag_distributed
from tagonaut.tagging.ray.job import Job
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import fields
from tests.tagging.ray.jobs import job_of, local
from tests.tagging.ray.object_store import ObjectStore
from tests.tagging.ray.taggers import DEADLY, KilledOnce, Mortal, Watched
from tests.tagging.ray.test_partition import brought, no_tables, objects, odd_photos, results
from tests.tagging.scorer import NAMES, ByColour, colour, expected

SCRIPT = Path(__file__).with_name("killed_driver.py")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[Shares]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[3]), prepend=os.pathsep)
        with connected("local", 2) as shares:
            assert shares == Shares(2, 1)
            yield shares


def load(kind: type, folder: Path, seconds: float) -> Callable[[Path], Watched]:
    folder.mkdir(exist_ok=True)
    return partial(_loaded, kind, folder, seconds)


def _loaded(kind: type, folder: Path, seconds: float, unpacked: Path) -> Watched:
    return kind(folder, seconds)


def many_photos(folder: Path, count: int = 120) -> Path:
    for number in range(count):
        names = [("red",), ("red", "green"), ("green", "blue")][number % 3]
        colour(folder / f"sub {number % 4}" / f"{number:03}.jpg", *names)
    return folder


def once(condition: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    """Act as soon as something holds."""

    def wait() -> None:
        end = time.monotonic() + 60
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def every_photo_once(tool, job: Job, out: Path, count: int) -> None:
    table = results(out)
    assert set(Counter(table["picture"]).values()) == {1}
    assert len(table) == count
    for number in range(0, count, 7):
        (found,) = fields(tool, out / f"sub {number % 4}" / f"{number:03}.jpg")
        names = [("red",), ("red", "green"), ("green", "blue")][number % 3]
        assert found.iptc == found.subject == expected(*names)


def test_two_processes_and_one_is_killed(tmp_path, tool):
    photos = many_photos(odd_photos(tmp_path / "photos"))
    source = objects(tmp_path / "source", photos)
    out = Store(ObjectStore(str(tmp_path / "target")), "bucket/tagged")
    job = job_of(source, out)
    pids = tmp_path / "pids"
    summary = tag_distributed(job, load(KilledOnce, pids, 0), ClusterOptions(actors=2))
    # Of these processes one was killed, and another has taken its place.
    assert len([path for path in pids.iterdir() if path.name.isdecimal()]) == 3
    assert summary.seen == 127
    assert [name for name, _ in summary.failures] == ["broken.jpg"]
    there = tag_folder(ByColour(), photos, TagOptions(to=tmp_path / "there"))
    assert (there.failed, there.tags) == (summary.failed, summary.tags)
    assert no_tables(brought(out, tmp_path / "here")) == no_tables(tmp_path / "there")
    for name in out.names(job.ledger.results):
        target = tmp_path / "tables/scores.parquet/run=x" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        out.get(f"{job.ledger.results}/{name}", target)
    scored = results(tmp_path / "tables").filter(pl.col("status") == "tagged")
    assert scored.select("picture", *NAMES).equals(
        pl.read_parquet(tmp_path / "there/scores.parquet")
    )


def test_the_driver_is_killed_and_the_next_run_goes_on(tmp_path, tool):
    import ray

    photos, out = many_photos(tmp_path / "photos"), tmp_path / "out"
    job = job_of(local(photos), local(out))
    address = ray.get_runtime_context().gcs_address
    command = [sys.executable, "-m", "tests.tagging.ray.killed_driver", address]
    with subprocess.Popen(
        [*command, str(photos), str(out), str(tmp_path)], stderr=subprocess.PIPE
    ) as driver:
        once(lambda: bool(job.out.names(job.ledger.results)), driver.kill).join()
        assert driver.wait() == -signal.SIGKILL, driver.stderr.read().decode()
    done = len(job.out.names(job.ledger.results))
    assert 0 < done < 3
    summary = tag_distributed(job, load(Watched, tmp_path / "pids", 0), ClusterOptions(actors=2))
    assert (summary.seen, summary.failed) == (120, 0)
    assert summary.nothing_to_do >= 20
    every_photo_once(tool, job, out, 120)


def test_a_photo_that_kills_is_told_and_the_others_are_done(tmp_path, tool):
    photos, out = many_photos(tmp_path / "photos", 12), tmp_path / "out"
    with (photos / "sub 1/001.jpg").open("ab") as file:
        file.write(DEADLY)
    job = job_of(local(photos), local(out))
    job.ledger.attempt(0, "an earlier session")
    summary = tag_distributed(job, load(Mortal, tmp_path / "pids", 0), ClusterOptions(actors=1))
    assert [name for name, _ in summary.failures] == ["sub 1/001.jpg"]
    assert "died" in summary.failures[0][1]
    assert not (out / "sub 1/001.jpg").exists()
    every_photo_once(tool, job, out, 12)


def test_asked_to_stop_it_ends_what_is_under_way(tmp_path, tool):
    photos, out = many_photos(tmp_path / "photos", 120), tmp_path / "out"
    job = job_of(local(photos), local(out))
    stop = Stop()
    asked = once((out / "sub 0/000.jpg").exists, partial(setattr, stop, "asked", True))
    watched = load(Watched, tmp_path / "pids", 0.05)
    summary = tag_distributed(job, watched, ClusterOptions(actors=1), stop=stop)
    asked.join()
    assert summary.stopped == (summary.seen < 120)
    assert tag_distributed(job, watched, ClusterOptions(actors=1)).failed == 0
    every_photo_once(tool, job, out, 120)


def test_nothing_listens_to_other_machines(cluster):
    """No address but 127.0.0.1, and a token that no file holds."""
    assert os.environ["RAY_AUTH_MODE"] == "token" and os.environ["RAY_AUTH_TOKEN"]
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    ours = {os.getpid()}
    while more := {one for one, parent in parents.items() if parent in ours} - ours:
        ours |= more
    listening = {}
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, place, _, state, *rest = line.split()
            if state == "0A":
                listening[f"socket:[{rest[5]}]"] = place.partition(":")[0]
    found = []
    for one in ours:
        with suppress(OSError):
            for handle in Path(f"/proc/{one}/fd").iterdir():
                with suppress(OSError):
                    found.append(listening.get(str(handle.readlink())))
    # 127.0.0.1, also in IPv6.
    assert {*found} - {None} <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert {*found} - {None}
