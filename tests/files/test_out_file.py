"""Single files that commands leave."""

import signal
from pathlib import Path

import pytest

from tagonaut.errors import Interrupted, TagonautError
from tagonaut.files.out_file import file_written_whole, out_file


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_at_once_have_names_of_their_own(here):
    with out_file(None, "page", ".html") as first, out_file(None, "page", ".html") as second:
        for path in (first, second):
            with file_written_whole(path) as file:
                file.write_text(path.name)
    assert sorted(path.name for path in here.iterdir()) == ["page-2.html", "page.html"]
    with out_file(None, "page", ".html") as third:
        assert third.name == "page-3.html"


def test_a_file_that_is_there_or_being_written_is_refused(here):
    Path("mine").write_text("mine")
    with out_file(Path("page"), "", ""):
        for name in ("mine", "page"):
            with (
                pytest.raises(TagonautError, match="exists already"),
                out_file(Path(name), "", ""),
            ):
                pass
    with pytest.raises(TagonautError, match="cannot be written"), out_file(Path("mine/x"), "", ""):
        pass
    assert [path.name for path in here.iterdir()] == ["mine"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_nothing(here, error):
    with pytest.raises(error), file_written_whole(Path("page")) as file:
        file.write_text("half")
        raise error
    assert not list(here.iterdir())


def test_ctrl_c_waits(here):
    with (
        pytest.raises(Interrupted, match="page is complete"),
        file_written_whole(Path("page")) as file,
    ):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        file.write_text("whole")
    assert Path("page").read_text() == "whole"
