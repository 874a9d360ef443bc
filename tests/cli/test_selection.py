"""The photos that a command means: parts, lists, patterns; and when it may run."""

import io
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tagonaut.cli.tag import next_moment
from tagonaut.errors import TagonautError
from tagonaut.tagging import priority


@pytest.fixture
def archive(painted, tmp_path):
    """Six photos in three folders."""
    folder = tmp_path / "archive"
    pictures = sorted((painted.parent / "images").iterdir())
    for number, name in enumerate(["2018/a", "2018/b", "2019/c", "2019/x/d", "2020/e", "f"]):
        path = folder / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pictures[7 + number], path)
    return folder


def test_parts_of_an_archive(tagonaut, run, archive, tmp_path, monkeypatch):
    def tag(*arguments):
        status, out, _ = tagonaut("tag", run, *arguments, "--in-place", "--json")
        return status, json.loads(out)

    status, document = tag(archive, "--exclude", "2020", "--exclude", "f.jpg", "--only", "201?")
    assert (status, document["photos"]) == (0, 4)
    assert document["passed_over"] == {
        "excluded folders": {"2020": 1},
        "excluded photos": {".jpg": 1},
    }
    (archive / "2020" / "film.mov").touch()
    tagged = document["tagged"]
    status, document = tag(archive / "2020", archive / "f.jpg", archive / "none.jpg")
    assert (status, document["photos"], document["failed"]) == (1, 2, 1)
    assert document["failures"] == [f"{archive}/none.jpg: there is no such file or folder"]
    assert document["passed_over"] == {"videos": {".mov": 1}}
    tagged += document["tagged"]
    assert document["scores"] == str(archive / "scores.parquet")
    assert list(archive.rglob(".tagonaut")) == [archive / ".tagonaut"]
    # As find prints them, from where the person is.
    monkeypatch.chdir(archive)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"2018/a.jpg\0./2019\0")))
    status, document = tag("--from", "-")
    assert (status, document["photos"], document["nothing_to_do"]) == (0, 3, 3)
    (tmp_path / "list").write_text("2019/x\n")
    for arguments, least in (
        (("--from", tmp_path / "list"), 1),
        (("2018", "--only", "a.*"), 1),
        ((archive,), 0),
    ):
        untagged = json.loads(tagonaut("untag", *arguments, "--json")[1])["untagged"]
        assert least <= untagged <= (least or 4)
        tagged -= untagged
    assert tagged == 0


def test_the_summary_counts_what_was_passed_over(tagonaut, run, archive):
    (archive / "@eaDir").mkdir()
    (archive / "notes.txt").touch()
    (archive / "link").symlink_to("2018")
    _, out, _ = tagonaut("tag", run, archive, "--in-place", "--dry-run")
    for line in (
        "passed over: 1 excluded folders (@eaDir 1)",
        "passed over: 1 symbolic links to folders (link 1)",
        "passed over: 1 other files (.txt 1)",
    ):
        assert f"{line}\n" in out


def test_copies_of_listed_photos(tagonaut, run, archive, tmp_path):
    (tmp_path / "list").write_text(f"{archive}/2018/a.jpg\n{archive}/2020\n")
    arguments = ("tag", run, archive, "--from", tmp_path / "list", "--to", tmp_path / "out")
    assert tagonaut(*arguments)[0] == 0
    copies = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.jpg")}
    assert copies == {"2018/a.jpg", "2020/e.jpg"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--in-place", "--until", "25:00"), "--until '25:00': not a time such as 07:00"),
        (("--to", "out", "--or-sidecar"), "--or-sidecar needs --in-place"),
        (("2018", "--to", "out"), "--to takes one PHOTOS"),
        (("2018", "--in-place"), "lies in no folder that was tagged"),
        (("--in-place", "--exclude", "a\\"), "--exclude: 'a\\\\' is no pattern"),
        (("--in-place", "--only", "*.png"), "0 photos, 0 tagged, 0 nothing to do"),
        (("--to", "out", "--engine", "ray", "--only", "*.png"), "--engine ray takes --to, and no"),
        (("2018", "--to", "out", "--engine", "ray"), "--engine ray takes one PHOTOS"),
    ],
)
def test_odd_requests(tagonaut, run, archive, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(archive)
    first = Path("2019") if arguments[0] == "2018" else archive
    status, out, err = tagonaut("tag", run, first, *arguments)
    assert message in out + err
    assert status == (0 if "0 photos" in message else 2)


def test_the_time_of_a_stop_is_the_next_one_on_the_clock():
    now = datetime(2026, 11, 30, 22, 15, 3)
    assert next_moment("23:00", now) == datetime(2026, 11, 30, 23, 0)
    assert next_moment("7:00", now) == datetime(2026, 12, 1, 7, 0)
    assert next_moment("22:15", now) == datetime(2026, 12, 1, 22, 15)
    for text in ("24:00", "7", "07:60", "tomorrow"):
        with pytest.raises(TagonautError, match="not a time such as"):
            next_moment(text, now)


def test_the_lowest_priority():
    code = (
        "import os; from tagonaut.tagging.priority import lower_priority; lower_priority();"
        " print(os.nice(0)); os.execvp('ionice', ['ionice'])"
    )
    if shutil.which("ionice") is None or os.uname().machine not in priority._IOPRIO_SET:
        pytest.skip("asks ionice")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["19", "idle"]
