"""The kinds of collections that installed packages declare, whole and broken ones."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tagonaut.drawing import kinds as module
from tagonaut.drawing.kinds import GROUP, kinds, own_options
from tagonaut.drawing.settings import Drawing, own_option
from tagonaut.errors import TagonautError


@dataclass(frozen=True)
class Dots(Drawing):
    summary = "dots"

    colour: str = own_option("red", "the colour")

    def draw(self) -> Path:
        return self.folder


@dataclass(frozen=True)
class Clashing(Drawing):
    unlabelled: int = own_option(0, "not what chips have")


@dataclass(frozen=True)
class Taken(Drawing):
    json: bool = own_option(False, "the command's own")


@dataclass(frozen=True)
class Undeclared(Drawing):
    colour: str = "red"


@dataclass(frozen=True)
class Unfinished(Drawing):
    summary = "no draw"


class NoDrawing:
    pass


def installed(monkeypatch, **declared: str) -> None:
    points = [EntryPoint(name, value, GROUP) for name, value in declared.items()]
    monkeypatch.setattr(module, "entry_points", lambda group: points if group == GROUP else [])


def test_a_declared_kind_is_found_beside_the_one_that_is_built_in(monkeypatch):
    installed(monkeypatch, dots=f"{__name__}:Dots")
    there = kinds()
    assert [*there.found] == ["chips", "dots"]
    assert there.notes == ()
    assert there.find("dots") is Dots
    assert [option.name for option in own_options(Dots)] == ["colour"]
    assert there.with_option("unlabelled") == ["chips"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:Kind", "ModuleNotFoundError: No module named 'no_such_module'"),
        (f"{__name__}:NoSuchKind", "AttributeError"),
        (f"{__name__}:NoDrawing", "is not a dataclass that extends Drawing"),
        (f"{__name__}:Clashing", "another kind's unlabelled is of another type"),
        (f"{__name__}:Taken", "json is not an option that a kind can add"),
        (f"{__name__}:Unfinished", "does not implement draw"),
        (f"{__name__}:Undeclared", "colour is not an option that a kind can add"),
    ],
)
def test_one_that_is_broken_costs_a_line_and_not_the_others(monkeypatch, value, why):
    installed(monkeypatch, broken=value, dots=f"{__name__}:Dots")
    there = kinds()
    assert [*there.found] == ["chips", "dots"]
    [note] = there.notes
    assert note.startswith("the kind of collection 'broken' of an unknown package cannot be used: ")
    assert why in note


def test_the_first_of_one_name_stays(monkeypatch):
    installed(monkeypatch, chips=f"{__name__}:Dots")
    there = kinds()
    assert there.find("chips") is not Dots
    assert len(there.notes) == 1
    assert "there is one of this name already" in there.notes[0]


def test_a_kind_that_is_not_there(monkeypatch):
    installed(monkeypatch)
    with pytest.raises(TagonautError, match="pip install tagonaut-samples"):
        kinds().find("amazon")
    with pytest.raises(
        TagonautError, match=r"'chip' \(did you mean 'chips'\?\): --kind takes chips"
    ):
        kinds().find("chip")
