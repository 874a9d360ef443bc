import subprocess
import sys
import threading
from pathlib import Path

from tagonaut import progress
from tagonaut.tagging.files import count_photos, walk_photos
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.progress import Count, with_progress
from tagonaut.tagging.summary import Outcome
from tagonaut.tagging.tag import tag_folder
from tests.tagging.scorer import ByColour, colour
from tests.terminal import Terminal


def outcomes():
    yield Outcome(Path("a"), "written")
    yield Outcome(Path("b"), "failed", reason="x")
    yield Outcome(Path("c"), "written")


def test_lines_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LOG_EVERY_SECONDS", 0.0)
    assert len(list(with_progress(outcomes(), "tagging", lambda: 3))) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith("tagging: 3 of 3 photos, ")
    assert lines[-1].endswith("left, 1 failed")


def test_one_live_line_on_a_terminal(monkeypatch):
    terminal = Terminal.put_in_place(monkeypatch)
    assert len(list(with_progress(outcomes(), "tagging", lambda: None))) == 3
    assert "3 photos" in terminal.getvalue()
    assert "1 failed" in terminal.getvalue()


def test_a_count_is_known_when_it_is_through_and_ends_when_asked():
    through = threading.Event()

    def count_to_three(ended):
        through.wait(10)
        return 3

    counted = Count(count_to_three)
    assert counted.total is None
    through.set()
    counted._thread.join()
    assert counted.total == 3

    def endless(ended):
        while not ended():
            pass
        return 5

    counted = Count(endless)
    counted.close()
    assert counted.total is None


def test_the_count_is_that_of_the_walk(tmp_path):
    names = [
        "a.jpg",
        "b/c.JPG",
        "b/d.cr2",
        "b/x.txt",
        "out/e.jpg",
        ".tagonaut/f.jpg",
        "g.jpg/h.png",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    named = {"leave_out": tmp_path / "out"}
    walked = list(walk_photos(tmp_path, enter=lambda _: None, report=lambda *_: None, **named))
    # A folder that is called like a picture is none.
    assert count_photos(tmp_path, ended=lambda: False, **named) == len(walked) == 4
    assert count_photos(tmp_path, ended=lambda: True, **named) == 0


# In a process of its own: paths are interned, and the interpreter lays its table of interned names
# out anew now and then, which costs the more the more names other tests have left in it.
PEAKS = """
import sys, tracemalloc
from pathlib import Path
from tagonaut.tagging.files import count_photos, walk_photos

def peak(root):
    tracemalloc.start()
    walked = walk_photos(root, enter=lambda _: None, report=lambda *_: None)
    assert sum(1 for _ in walked) == count_photos(root, ended=lambda: False)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found

few, many = map(Path, sys.argv[1:])
peak(few)  # what is imported and cached the first time
print(peak(few), peak(many))
"""


def test_neither_walk_nor_count_grows_with_the_archive(tmp_path):
    for root, folders in (("few", 10), ("many", 200)):
        for number in range(folders):
            folder = tmp_path / root / f"{number:03}"
            folder.mkdir(parents=True)
            for photo in range(200):
                (folder / f"{photo:03}.jpg").touch()
    command = [sys.executable, "-c", PEAKS, str(tmp_path / "few"), str(tmp_path / "many")]
    few, many = map(int, subprocess.run(command, check=True, capture_output=True).stdout.split())
    # 40,000 paths in a list are 16 MB; the table of names is 2 MB in such a process.
    assert many < few + 5_000_000


def test_batches_form_across_folders(tmp_path):
    for number in range(6):
        colour(tmp_path / "photos" / str(number) / "a.jpg", "red")

    class Counting(ByColour):
        sizes = []  # noqa: RUF012

        def score_pixels(self, pictures):
            self.sizes.append(len(pictures))
            return super().score_pixels(pictures)

    tag_folder(Counting(), tmp_path / "photos", TagOptions(in_place=True))
    assert Counting.sizes == [4, 2]
