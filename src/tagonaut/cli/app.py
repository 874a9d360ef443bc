"""The program: all commands, each imported when it is called."""

import re
from typing import Annotated

import typer

from tagonaut.cli import (
    audit,
    compare,
    decide,
    demo,
    draw,
    evaluate,
    explain,
    explore,
    export,
    history,
    predict,
    recipes,
    split,
    tag,
    train,
    tune,
    untag,
)
from tagonaut.cli.output import echo

app = typer.Typer(
    name="tagonaut",
    help="Learns the tags of a picture collection and puts them on every other picture.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain help: drawing boxes around it would take as long as all the rest.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    demo, draw, explore, split, recipes, train, tune, evaluate, decide, audit, compare, explain,
    predict, export, tag, untag, history,
):  # fmt: skip
    command = getattr(module, module.__name__.rpartition(".")[2])
    # The list of commands has room for the first clause.
    short = re.split("[:;,]", command.__doc__)[0]
    app.command(cls=getattr(module, "Command", None), short_help=short)(command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        echo(version("tagonaut"))
        raise typer.Exit


@app.callback()
def tagonaut(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Learns the tags of a picture collection and puts them on every other picture."""
