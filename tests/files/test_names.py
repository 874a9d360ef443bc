"""Names that are made of other names: too long, hidden, and such as lead elsewhere."""

import os
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.files.names import check_name, hidden, shortened
from tagonaut.files.out_file import out_file
from tagonaut.files.out_folder import out_folder

LONG = "ä" * 127


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_longest_names_can_be_reserved(here):
    with out_folder(here / LONG, "") as place:
        assert place.real.name == LONG
    with out_file(here / LONG, "", "") as file:
        assert file.name == LONG
    assert hidden(Path("a" * 255), "lock") != hidden(Path("b" * 255), "lock")
    assert hidden(Path("x/run"), "lock") == Path("x/.run.tagonaut-lock")


def test_default_names_have_room_for_more(here):
    with out_folder(None, f"explore-{LONG}") as place, out_file(None, LONG, ".html") as file:
        assert place.path.name.startswith("explore-ä")
        assert file.name.endswith("ä.html")
    assert len(os.fsencode(shortened(LONG))) == 200
    assert shortened("short") == "short"


@pytest.mark.parametrize("name", ["../../x", "/x", "a/b", "a\\b", ".", "..", ".x", "", " ", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(TagonautError, match=r"recipe .* cannot be the name of a folder"):
        check_name(name, "the recipe")


@pytest.mark.parametrize("name", ["fast", "Größe 2", "a.b", "a-b_c"])
def test_any_other_name_is_taken(name):
    assert check_name(name, "the recipe") == name
