"""Folders that commands leave: two at once, ctrl-C, errors, and kills at every step."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tagonaut.errors import Interrupted, TagonautError
from tagonaut.files import written_whole as module
from tagonaut.files.folder_kind import FolderKind
from tagonaut.files.out_folder import out_folder, recover
from tagonaut.files.written_whole import files_replaced, write_whole, written_whole
from tagonaut.interrupts import Stop
from tests.tagging.faults.machine import small_disk

MARK = "model"
RUN = FolderKind("run", MARK, lambda file: True, (MARK, "more"))
PAGE = FolderKind("run", MARK, lambda file: True, own=("page", "table", MARK))


def reserve(out=None, default="runs/fast", kind=RUN, **more):
    return out_folder(out, default, kind, **more)


def fill(folder, text="new"):
    (folder / MARK).write_text(text)


def write(out, text="new"):
    with reserve(out) as place, written_whole(place) as folder:
        fill(folder, text)
    return place


def contents(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_default_name_is_reserved_from_when_it_is_chosen(here):
    with reserve(first="-1") as first, reserve(first="-1") as second:
        assert (str(first.path), str(second.path)) == ("runs/fast-1", "runs/fast-2")
        for place in (second, first):
            with written_whole(place) as folder:
                fill(folder, str(place.path))
    assert {path.name: (path / MARK).read_text() for path in (here / "runs").iterdir()} == {
        "fast-1": "runs/fast-1",
        "fast-2": "runs/fast-2",
    }


HOLDER = """
import sys, time
from tagonaut.files.out_folder import out_folder
from tagonaut.files.folder_kind import FolderKind
RUN = FolderKind("run", "model", lambda file: True, ("model", "more"))
with out_folder(None, "runs/fast", RUN, first="-1") as place:
    print(place.path, flush=True)
    time.sleep(600)
"""


def test_names_are_reserved_between_processes_and_free_after_a_kill(here):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "runs/fast-1\n"
        with reserve(first="-1") as place:
            assert place.path.name == "fast-2"
        with (
            pytest.raises(TagonautError, match="another command is writing there"),
            reserve(Path("runs/fast-1")),
        ):
            pass
    finally:
        holder.kill()
        holder.wait()
    assert contents(here / "runs") == {".fast-1.tagonaut-lock"}
    with reserve(first="-1") as place:
        assert place.path.name == "fast-1"
    assert not contents(here / "runs")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_everything_as_it_was(here, error):
    write(Path("old"), "old")
    for name in ("old", "other"):
        with pytest.raises(error), reserve(Path(name)) as place, written_whole(place) as folder:
            fill(folder)
            raise error
    assert contents(here) == {"old", f"old/{MARK}"}
    assert Path("old", MARK).read_text() == "old"


def test_what_the_disk_refuses_is_told_in_a_line(here):
    with (
        pytest.raises(TagonautError, match=r"^new: cannot be written \(.*No space"),
        reserve(Path("new")) as place,
        written_whole(place),
    ):
        raise OSError(28, "No space left on device")
    assert not contents(here)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["in the block", "deleting"])
def test_ctrl_c_waits_however_often_and_loses_nothing(here, monkeypatch, number, when, capsys):
    write(Path("run"), "old")
    delete = shutil.rmtree

    def interrupted(path, **how):
        if when == "deleting" and Path(path).name.endswith("old") and Path(path).exists():
            assert Path("run", MARK).read_text() == "new"
            signal.raise_signal(number)
            signal.raise_signal(number)
        delete(path, **how)

    monkeypatch.setattr(module.shutil, "rmtree", interrupted)
    with (
        pytest.raises(Interrupted, match=r"^stopped; run is complete$"),
        reserve(Path("run")) as place,
        written_whole(place) as folder,
    ):
        if when == "in the block":
            signal.raise_signal(number)
            signal.raise_signal(number)
        fill(folder)
    assert "run is being written: stopping after that" in capsys.readouterr().err
    assert contents(here) == {"run", f"run/{MARK}"}
    assert Path("run", MARK).read_text() == "new"


def test_work_that_can_stop_by_itself_is_asked_to(here):
    stop = Stop()
    with reserve(Path("run")) as place, written_whole(place, stop=stop) as folder:
        signal.raise_signal(signal.SIGINT)
        fill(folder)
    assert stop.asked
    assert Path("run", MARK).exists()


KILLED = """
import os, shutil, sys
from pathlib import Path
from tagonaut.files.out_folder import out_folder
from tagonaut.files.written_whole import written_whole
from tagonaut.files.folder_kind import FolderKind
RUN = FolderKind("run", "model", lambda file: True, ("model", "more"))
step = sys.argv[1]
def die(*_, **__):
    os._exit(9)
rename, delete = Path.rename, shutil.rmtree
def renamed(self, target):
    if step == "before any" or (step == "between" and "new" in self.name):
        die()
    return rename(self, target)
def deleted(path, **how):
    if Path(path).name.endswith("old") and Path(path).exists():
        if step == "half deleted":
            (Path(path) / "model").unlink()
        die()
    delete(path, **how)
Path.rename, shutil.rmtree = renamed, deleted
with out_folder(Path("run"), "run", RUN) as place:
    with written_whole(place) as folder:
        if step == "in the block":
            die()
        (folder / "model").write_text("new")
"""


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("in the block", "old"),
        ("before any", "old"),
        ("between", "new"),
        ("deleting", "new"),
        ("half deleted", "new"),
    ],
)
@pytest.mark.parametrize("then", ["read", "write", "choose"])
def test_a_kill_at_any_step_loses_no_complete_folder(here, step, text, then):
    """Promise: a finished run is never lost to Ctrl-C, a kill or a second command."""
    write(Path("run"), "old")
    (here / "run" / "more").write_text("old")
    killed = subprocess.run([sys.executable, "-c", KILLED, step], check=False)
    assert killed.returncode == 9
    if then == "read":
        recover(Path("run"), RUN)
        assert Path("run", MARK).read_text() == text
        assert Path("run", "more").exists() == (text == "old")
    elif then == "choose":
        with reserve(default="run") as place:
            assert place.path.name == "run-2"
        with reserve(Path("run")) as place:
            assert place.replaces
            assert Path("run", MARK).read_text() == text
        assert [path.name for path in here.iterdir()] == ["run"]
    else:
        write(Path("run"), "newest")
        assert contents(here) == {"run", f"run/{MARK}"}
        assert Path("run", MARK).read_text() == "newest"


def test_a_process_at_work_is_not_recovered_from(here):
    write(Path("run"))
    with reserve(Path("run")) as place:
        place.real.rename(place.beside("old"))
        recover(Path("run"), RUN)
        assert not Path("run").exists()
        place.beside("old").rename(place.real)


@pytest.mark.parametrize("stranger", ["folder", "file", "marked"])
def test_what_came_there_meanwhile_is_not_replaced(here, stranger):
    with (
        pytest.raises(TagonautError, match=r"^run cannot be put .* it is complete in .*run-2$"),
        reserve(Path("run")) as place,
        written_whole(place) as folder,
    ):
        fill(folder)
        if stranger == "file":
            Path("run").write_text("mine")
        else:
            Path("run").mkdir()
            Path("run", MARK if stranger == "marked" else "mine").write_text("mine")
    assert Path("run-2", MARK).read_text() == "new"
    assert {path.name for path in here.iterdir()} == {"run", "run-2"}
    kept = Path("run") if stranger == "file" else next(Path("run").iterdir())
    assert kept.read_text() == "mine"


def test_where_no_name_is_left_the_folder_stays_as_it_was_called(here, monkeypatch):
    def refused(self, target):
        raise PermissionError(13, "Permission denied")

    with (
        pytest.raises(TagonautError, match=r"it is complete in .*\.run\.tagonaut-new$"),
        reserve(Path("run")) as place,
        written_whole(place) as folder,
    ):
        fill(folder)
        monkeypatch.setattr(Path, "rename", refused)
    assert (here / ".run.tagonaut-new" / MARK).read_text() == "new"


def test_the_old_folder_goes_back_where_the_new_one_cannot_stand(here, monkeypatch):
    write(Path("run"), "old")
    rename = Path.rename

    def refused(self, target):
        if self.name.endswith("tagonaut-new"):
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(TagonautError, match="is complete in"):
        write(Path("run"))
    assert Path("run", MARK).read_text() == "old"


def test_folders_of_others_are_refused(here):
    Path("mine").mkdir()
    Path("mine", "file").write_text("mine")
    Path("file").write_text("mine")
    for name in ("mine", "file"):
        with pytest.raises(TagonautError, match="exists already and is not a run"):
            write(Path(name))
    with pytest.raises(TagonautError, match="cannot be written"):
        write(Path("file", "run"))
    assert contents(here) == {"mine", "mine/file", "file"}


def test_a_folder_that_cannot_be_renamed_is_refused_before_the_work(here):
    Path("run").mkdir()
    os.chdir("run")
    for out in (Path(), Path("..")):
        with pytest.raises(TagonautError, match=r"holds the folder .* started in|is not a run"):
            write(out)


def test_links_are_followed(here):
    Path("disk").mkdir()
    Path("run").symlink_to("disk/run")
    write(Path("run"), "old")
    write(Path("run"))
    assert Path("run").is_symlink()
    assert Path("disk", "run", MARK).read_text() == "new"
    assert contents(here) == {"run", "disk", "disk/run", f"disk/run/{MARK}"}


def page(out, texts):
    with reserve(out, kind=PAGE) as place, written_whole(place) as folder:
        for name, text in texts.items():
            (folder / name).write_text(text)


def test_of_a_page_its_own_files_alone_are_replaced(here):
    page(Path("out"), {"page": "1", "table": "1", MARK: "1"})
    Path("out", "notes").write_text("mine")
    page(Path("out"), {"page": "2", MARK: "2"})
    found = {path.name: path.read_text() for path in Path("out").iterdir()}
    assert found == {"page": "2", MARK: "2", "notes": "mine"}


def test_a_page_may_be_written_where_one_is(here):
    os.chdir(Path("out").absolute().parent)
    Path("out").mkdir()
    os.chdir("out")
    page(Path(), {MARK: "1"})
    page(Path(), {MARK: "2"})
    assert contents(here) == {"out", f"out/{MARK}"}


def test_files_of_a_folder_are_replaced_together(here, monkeypatch):
    Path("run").mkdir()
    for name in ("a", "b", "other"):
        Path("run", name).write_text("old")
    order = []
    replace = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda self, to: order.append(self.name) or replace(self, to)
    )
    with pytest.raises(ValueError), files_replaced(Path("run"), last="a") as new:
        (new / "a").write_text("new")
        raise ValueError
    assert {path.read_text() for path in Path("run").iterdir()} == {"old"}
    with pytest.raises(Interrupted), files_replaced(Path("run"), last="a") as new:
        for name in ("a", "b"):
            (new / name).write_text("new")
        signal.raise_signal(signal.SIGINT)
    assert order == ["b", "a"]
    found = {path.name: path.read_text() for path in Path("run").iterdir()}
    assert found == {"a": "new", "b": "new", "other": "old"}


def test_two_do_not_write_into_one_folder(here):
    Path("run").mkdir()
    with (
        pytest.raises(TagonautError, match="another run is at work here"),
        files_replaced(Path("run")),
        files_replaced(Path("run")),
    ):
        pass


def test_a_disk_that_locks_nothing(here, monkeypatch):
    def refused(handle, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refused)
    with reserve(first="-1") as first, reserve(first="-1") as second:
        assert (first.path.name, second.path.name) == ("fast-1", "fast-2")
    write(Path("run"))
    assert contents(here) == {"runs", "run", f"run/{MARK}"}


def test_a_link_in_a_circle_is_refused_before_the_work(here):
    Path("run").symlink_to("run")
    with pytest.raises(TagonautError, match=r"run: cannot be written \(its symbolic links"):
        write(Path("run"))


def test_the_root_is_refused(here):
    recover(Path("/"), RUN)
    with pytest.raises(TagonautError, match="/ exists already and is not a run"):
        write(Path("/"))


def test_two_do_not_fill_one_new_folder(here):
    Path("new").mkdir()
    with (
        pytest.raises(TagonautError, match="another command is writing there"),
        out_folder(Path("new"), ""),
        out_folder(Path("new"), ""),
    ):
        pass


def test_a_full_disk_is_refused_before_the_work(tmp_path):
    with (
        small_disk(tmp_path / "disk", "900k") as disk,
        pytest.raises(TagonautError, match=r"cannot be written \(\d+ KiB are free on its disk\)"),
        reserve(disk / "run"),
    ):
        pass


def fill_disk(folder):
    (folder / MARK).write_bytes(b"x" * (3 << 20))
    return "done"


@pytest.mark.parametrize("old", [False, True])
def test_what_a_full_disk_has_no_room_for_is_kept_on_another(tmp_path, monkeypatch, old):
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path / "elsewhere"))
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path / "home")
    (tmp_path / "home").mkdir()
    with small_disk(tmp_path / "disk", "2M") as disk:
        if old:
            write(disk / "run", "old")
        with (
            reserve(disk / "run") as place,
            pytest.raises(TagonautError, match=r"No space left .*; it is complete in ") as error,
        ):
            write_whole(place, fill_disk)
        kept = Path(str(error.value).partition("complete in ")[2].partition(":")[0])
        assert kept.is_relative_to(tmp_path / "home")
        assert (kept / MARK).stat().st_size == 3 << 20
        assert contents(disk) == ({"run", f"run/{MARK}"} if old else set())


def test_what_cannot_be_written_anywhere_leaves_nothing(here, monkeypatch):
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(here))
    monkeypatch.setattr(module.Path, "home", lambda: here)

    def broken(folder):
        raise ZeroDivisionError

    with reserve(Path("run")) as place, pytest.raises(ZeroDivisionError):
        write_whole(place, broken)
    assert not contents(here)
    with reserve(Path("run")) as place:
        assert write_whole(place, lambda folder: fill(folder) or "done") == "done"
