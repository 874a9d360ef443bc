"""``tagonaut draw``."""

import inspect
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from tagonaut.cli.options import Json
from tagonaut.cli.output import echo, print_json, print_notes

KIND = "amazon"


class Command(TyperCommand):
    """The command with the options of the kinds that are installed.

    They are looked up when it is called: the other commands need not wait for it.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """The declared parameters, with the kinds' before ``--json`` and ``--help``."""
        folder, *common, json, help_ = super().get_params(ctx)
        kind, *own = _parameters_of_kinds()
        return [folder, kind, *common, *own, json, help_]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, after a look at the kinds: a missing one explains why its options are unknown."""
        from tagonaut.drawing.kinds import kinds

        there = kinds()
        print_notes(there.notes)
        named = [value for option, value in pairwise(args) if option == "--kind"]
        named += [word.removeprefix("--kind=") for word in args if word.startswith("--kind=")]
        for kind in named:
            there.find(kind)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Call the function; what it does not declare, the kinds' options, are the context's."""
        declared = {parameter.name for parameter in self.params}
        ctx.obj = {name: ctx.params.pop(name) for name in {*ctx.params} - declared}
        return super().invoke(ctx)


def draw(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    pictures: Annotated[int, typer.Option(min=1, help="The number of pictures.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws another collection.")] = 0,
    start: Annotated[int, typer.Option(min=0, help="The number of the first picture.")] = 0,
    size: Annotated[
        int | None, typer.Option(help="Pixels of the longer side. [default: the kind's own]")
    ] = None,
    json: Json = False,
) -> None:
    """Draw a sample collection: the same seed draws the same pictures, everywhere."""
    from tagonaut.workflows.draw import draw as workflow

    own = {name: value for name, value in context.obj.items() if value is not None}
    kind = own.pop("kind")
    drawn = workflow(folder, kind, pictures, seed=seed, start=start, size=size, options=own)
    if json:
        print_json({"data": str(drawn.data), "pictures": pictures, "seed": seed})
    else:
        echo(f"{pictures:,} pictures drawn. See what is in them:")
        echo(f"  tagonaut explore {drawn.data}")
        for line in drawn.next_steps:
            echo(line)


def _parameters_of_kinds() -> list[Any]:
    """``--kind``, and each option that kinds add, as Typer makes them of a signature."""
    from tagonaut.drawing.kinds import SAMPLES, OwnOption, kinds, own_options

    there = kinds().found
    described = [f"{name}: {kind.summary}" for name, kind in there.items()]
    missing = [name for name in SAMPLES if name not in there]
    if missing:
        described.append(f"{', '.join(missing)}: these need the package tagonaut-samples")
    choice = typer.Option(metavar=f"<{'|'.join(there)}>", help=f"{'; '.join(described)}.")
    parameters = [_parameter("kind", Annotated[str, choice], KIND)]
    added: dict[str, OwnOption] = {}
    helps: dict[str, dict[str, list[str]]] = {}
    for kind, drawing in there.items():
        for option in own_options(drawing):
            added[option.name] = option
            helps.setdefault(option.name, {}).setdefault(option.help, []).append(kind)
    for name, option in added.items():
        texts = [f"{', '.join(takers)}: {text}" for text, takers in helps[name].items()]
        declared = typer.Option(
            f"--{name.replace('_', '-')}", min=option.at_least, help=f"{'; '.join(texts)}."
        )
        parameters.append(_parameter(name, Annotated[option.type | None, declared], None))

    def draw_kind(**_: Any) -> None: ...

    draw_kind.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    program = typer.Typer(add_completion=False)
    program.command()(draw_kind)
    return [*typer.main.get_command(program).params]


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, annotation=annotation, default=default)
