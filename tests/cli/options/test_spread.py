"""Commands that take groups of options whole."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
import typer
from typer.testing import CliRunner

from tagonaut.cli.options.spread import takes_groups


@dataclass(frozen=True)
class Paint:
    colour: Annotated[Literal["red", "blue"], typer.Option(help="The colour.")] = "red"
    coats: Annotated[int, typer.Option(min=1)] = 2
    shiny: Annotated[bool, typer.Option("--shiny")] = False


@dataclass(frozen=True)
class Dull(Paint):
    """Another default, and no ``--shiny``."""

    coats: Annotated[int, typer.Option(min=1, help="Thin coats.")] = 3
    shiny: bool = False


def run(group: type[Paint], *words: str):
    called = []
    program = typer.Typer(rich_markup_mode=None)

    @program.command()
    @takes_groups
    def command(wall: Annotated[str, typer.Argument()], *, paint: group, dry: bool = True) -> None:
        """Paint a wall."""
        called.append((wall, paint, dry))

    return CliRunner().invoke(program, words), called


def test_the_fields_are_options_and_the_command_gets_the_object():
    ended, called = run(Paint, "north", "--colour", "blue", "--shiny", "--no-dry")
    assert ended.exit_code == 0
    assert called == [("north", Paint("blue", 2, True), False)]
    assert run(Paint, "north")[1] == [("north", Paint(), True)]


def test_help_shows_them_where_the_group_stands():
    text = run(Paint, "--help")[0].output
    places = [text.index(word) for word in ("Paint a wall", "--colour", "--coats", "--dry")]
    assert places == sorted(places)
    assert "<red|blue>" in text


@pytest.mark.parametrize("words", [("--colour", "green"), ("--coats", "0")])
def test_a_value_that_an_option_does_not_take(words):
    ended, called = run(Paint, "north", *words)
    assert (ended.exit_code, called) == (2, [])
    assert words[0] in ended.output


def test_a_subclass_says_what_is_different():
    ended, called = run(Dull, "north")
    assert called == [("north", Dull("red", 3, False), True)]
    ended, called = run(Dull, "north", "--shiny")
    assert (ended.exit_code, called) == (2, [])
    assert "Thin coats." in run(Dull, "--help")[0].output
