import fcntl
import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from tagonaut.errors import MetadataError, TagonautError
from tagonaut.metadata import exiftool as exiftool_door
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_keywords
from tests.metadata.pictures import exiftool, make, put


def running(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for(condition, seconds=10.0):
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.05)
    return condition()


def test_answers_with_output_and_errors(tool, tmp_path):
    photo = make(tmp_path / "a.jpg")
    with tool.names([photo, tmp_path / "none.jpg"]) as names:
        output, errors = tool.execute(["-s3", "-FileType", *names])
    assert b"JPEG" in output.split()
    assert "File not found" in errors


def asked_about(photo):
    """What follows a picture is for ExifTool to judge."""
    with photo.open("ab") as file:
        file.write(b"\0")
    return photo


def test_starts_again_after_it_died(tool, tmp_path):
    photo = asked_about(put(make(tmp_path / "a.jpg"), iptc=["one"]))
    tool.execute(["-ver"])
    os.kill(tool._process.pid, signal.SIGKILL)
    with pytest.raises(MetadataError, match="ended without an answer"):
        read_keywords(tool, photo)
    assert read_keywords(tool, photo).iptc == ("one",)


def test_is_ended_when_it_hangs_and_starts_again(tmp_path):
    photo = asked_about(put(make(tmp_path / "a.jpg"), iptc=["one"]))
    with ExifTool(timeout=1) as tool:
        tool.execute(["-ver"], timeout=30)
        hanging = tool._process.pid
        os.kill(hanging, signal.SIGSTOP)
        with pytest.raises(MetadataError, match="in time"):
            read_keywords(tool, photo)
        assert not running(hanging)
        tool.timeout = 30
        assert read_keywords(tool, photo).iptc == ("one",)


def test_many_that_hang_do_not_cost_a_minute_each(monkeypatch):
    """Promise: an ExifTool that hangs, crashes or writes something wrong damages no photo."""
    allowed, hangs = [], [True]

    def converse(process, question, ready, limit, share):
        allowed.append(round(limit - time.monotonic(), 1))
        if hangs[0]:
            raise exiftool_door._HungError("did not answer in time")
        return b"", b""

    monkeypatch.setattr(exiftool_door, "_converse", converse)
    monkeypatch.setattr(exiftool_door.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(ExifTool, "_start", lambda self: None)
    tool = ExifTool(timeout=60.0)
    for _ in range(6):
        with pytest.raises(MetadataError):
            tool.execute(["-ver"])
    assert allowed == [60.0, 30.0, 15.0, 7.5, 5.0, 5.0]
    hangs[0] = False
    for _ in range(10 * exiftool_door.FORGIVING):
        tool.execute(["-ver"])
    # A few that are well among many that hang change little; a long time of them changes it.
    assert allowed[15] == 5.0
    assert allowed[-1] == 60.0
    # Who is impatient anyway gets no more.
    tool.execute(["-ver"], timeout=2.0)
    assert allowed[-1] == 2.0


def test_a_question_longer_than_a_pipe_is_asked_whole(tool, tmp_path):
    photo = make(tmp_path / "a.jpg")
    words = [f"-XMP-dc:Subject={'x' * 1000}{number}" for number in range(300)]
    with tool.names([photo]) as (name,):
        tool.execute(["-overwrite_original_in_place", *words, name])
    assert len(read_keywords(tool, photo).subject) == 300


def test_missing_exiftool_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with ExifTool() as tool, pytest.raises(TagonautError) as caught:
        tool.execute(["-ver"])
    assert not isinstance(caught.value, MetadataError)
    assert "apt-get install libimage-exiftool-perl" in str(caught.value)
    assert "brew install exiftool" in str(caught.value)


def test_nothing_is_left_after_we_were_killed():
    script = """if True:
        import os, signal
        from tagonaut.metadata.exiftool import ExifTool
        tool = ExifTool()
        tool.execute(["-ver"])
        print(tool._process.pid, tool._watcher.pid, tool._folder, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    process, watcher, folder = done.stdout.split()
    assert wait_for(lambda: not running(int(process)) and not running(int(watcher)))
    assert wait_for(lambda: not Path(folder).exists())


def test_what_a_kill_of_everything_left_is_cleared_by_the_next(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(exiftool_door.tempfile, "tempdir", None)
    old, young, used = (tmp_path / f"tagonaut-links-{name}" for name in ("old", "young", "used"))
    theirs = tmp_path / "tagonaut-other"
    for folder in (old, young, used, theirs):
        folder.mkdir()
        (folder / "link1").symlink_to("/nowhere")
        if folder != young:
            os.utime(folder, (0, 0))
    held = os.open(used, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with ExifTool() as tool:
        tool.execute(["-ver"])
        with ExifTool() as other:
            other.execute(["-ver"])
            assert tool.execute(["-ver"])
    os.close(held)
    assert {*tmp_path.iterdir()} == {young, used, theirs}


def test_closing_leaves_nothing():
    tool = ExifTool()
    tool.execute(["-ver"])
    process, folder = tool._process.pid, tool._folder
    tool.close()
    assert not running(process)
    assert not folder.exists()


def test_the_users_configuration_is_not_read(tmp_path, monkeypatch):
    """Promise: no file that Tagonaut loads can execute code."""
    (tmp_path / ".ExifTool_config").write_text("exit 3;")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXIFTOOL_HOME", str(tmp_path))
    photo = asked_about(put(make(tmp_path / "a.jpg"), iptc=["one"]))
    with ExifTool() as tool:
        assert read_keywords(tool, photo).iptc == ("one",)


@pytest.mark.parametrize("argument", ["", "a\nb", "a\rb", "#comment", " -ver"])
def test_what_is_not_one_line_is_refused(tool, argument):
    """Promise: ExifTool sees only temporary names that Tagonaut made, and escaped values."""
    with pytest.raises(ValueError, match="not one line"):
        tool.execute([argument])


def test_names_are_never_taken_for_a_kind_of_file(tool, tmp_path):
    # Nameless of suffix, a file called 360 would be a film to ExifTool.
    photo = make(tmp_path / "a.jpg")
    tool._numbers = count(355)
    for number in range(10):
        with tool.names([photo, tmp_path]) as (name, folder):
            _, errors = tool.execute(["-XMP-dc:Subject=x", "-o", f"{folder}/o{number}", name])
        assert (tmp_path / f"o{number}").exists(), errors


HOSTILE = [
    "-overwrite_original\n.jpg",
    "\n-ver\n.jpg",
    'a"b.jpg',
    "$(touch pwned).jpg",
    "@arguments.jpg",
    "#comment.jpg",
    " .jpg",
    "%d%f_%e.jpg",
    "a|b&c;d<e>.jpg",
    "https:.jpg",
    os.fsdecode(b"\xff\xfe.jpg"),
    "💥é.jpg",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_just_names(tool, tmp_path, name):
    """Promise: ExifTool sees only temporary names that Tagonaut made, and escaped values."""
    folder = tmp_path / f"folder {name}"
    folder.mkdir()
    plain = put(make(tmp_path / "plain.jpg"), iptc=["one"])
    photo = asked_about(plain.rename(folder / name))
    assert read_keywords(tool, photo).iptc == ("one",)
    assert list(folder.iterdir()) == [photo]


def test_the_oracle_itself_works(tmp_path):
    assert exiftool("-s3", "-IPTC:Keywords", put(make(tmp_path / "a.jpg"), iptc=["x"])) == "x\n"


def test_files_for_exiftool_lie_with_its_links_and_go(tmp_path):
    """A kill leaves none for good: a later ExifTool clears folders of links away."""
    with ExifTool() as tool:
        with tool.new_file() as file:
            file.write_bytes(b"x")
            with tool.names([tmp_path]) as (name,):
                assert file.with_name(name).is_symlink()
        assert not file.exists()
