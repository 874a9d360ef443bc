import threading
import tracemalloc
from pathlib import Path

from tagonaut import progress
from tagonaut.tagging.files.walk import count, walk
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
    walked = list(walk(tmp_path, enter=lambda _: None, report=lambda *_: None, **named))
    # A folder that is called like a picture is none.
    assert count(tmp_path, ended=lambda: False, **named) == len(walked) == 4
    assert count(tmp_path, ended=lambda: True, **named) == 0


def test_neither_walk_nor_count_grows_with_the_archive(tmp_path):
    def peak(folders):
        tracemalloc.start()
        try:
            walked = walk(tmp_path / folders, enter=lambda _: None, report=lambda *_: None)
            assert sum(1 for _ in walked) == count(tmp_path / folders, ended=lambda: False)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    for root, folders in (("few", 10), ("many", 200)):
        for number in range(folders):
            folder = tmp_path / root / f"{number:03}"
            folder.mkdir(parents=True)
            for photo in range(200):
                (folder / f"{photo:03}.jpg").touch()
    peak("few")  # what is imported and cached the first time
    # 40,000 paths in a list are 16 MB; the interpreter's own table of names may be laid out anew.
    assert peak("many") < peak("few") + 5_000_000


def test_batches_form_across_folders(tmp_path):
    for number in range(6):
        colour(tmp_path / "photos" / str(number) / "a.jpg", "red")

    class Counting(ByColour):
        sizes = []  # noqa: RUF012

        def score(self, pictures):
            self.sizes.append(len(pictures))
            return super().score(pictures)

    tag_folder(Counting(), tmp_path / "photos", in_place=True)
    assert Counting.sizes == [4, 2]
