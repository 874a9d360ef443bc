"""``tagonaut recipes``."""

import shutil
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagonaut.cli.options import Json
from tagonaut.cli.output import echo, print_json, wrong_usage

if TYPE_CHECKING:
    from tagonaut.learning.recipes.catalogue import Entry
    from tagonaut.learning.recipes.keys import Key
    from tagonaut.learning.recipes.measured import Collection

INDENT = " " * 4
WIDEST = 100


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[RECIPE]", help="Print the file of this recipe, to start your own from."
        ),
    ] = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="Print every key that a recipe can have.")
    ] = False,
    json: Json = False,
) -> None:
    """List the recipes: our own and those of published works, with their size and figures."""
    if name is not None and keys:
        raise wrong_usage("--keys lists the keys of all recipes: leave out the name")
    if name is not None:
        _print_recipe(name, json=json)
    elif keys:
        from tagonaut.learning.recipes.keys import recipe_keys

        found = recipe_keys()
        if json:
            print_json([vars(key) for key in found])
        else:
            echo("\n".join(map(_key_lines, found)))
    else:
        from tagonaut.learning.recipes.catalogue import catalogue
        from tagonaut.learning.recipes.measured import shipped_measurements

        measurements = shipped_measurements()
        entries = catalogue(measurements)
        if json:
            print_json([entry.document() for entry in entries])
        else:
            collection = measurements.collection
            echo("\n\n".join(_entry_lines(entry, collection) for entry in entries))
            echo(f"\n{collection.name}: {collection.title}")


def _print_recipe(name: str, *, json: bool) -> None:
    from tagonaut.learning.recipes import load_recipe
    from tagonaut.learning.recipes.catalogue import recipe_text

    if json:
        print_json(load_recipe(name).model_dump(mode="json", exclude_none=True))
    else:
        echo(recipe_text(name), nl=False)


def _entry_lines(entry: "Entry", collection: "Collection") -> str:
    lines = [entry.name, _wrapped(entry.summary), _wrapped(_facts(entry))]
    if entry.source:
        lines.append(_wrapped(f"source: {_figures(entry.figures) or 'no figures at hand'}"))
    lines.append(_wrapped(f"{collection.name}: {_measured(entry)}"))
    return "\n".join(lines)


def _facts(entry: "Entry") -> str:
    if entry.fits == "forest":
        return "trees grown from the data, no weights needed"
    return (
        f"{_start(entry)}; {entry.size} px; {entry.parameters:,} parameters with"
        f" {entry.labels} labels"
    )


def _start(entry: "Entry") -> str:
    if entry.start == "random":
        return "from scratch"
    learns = {"head": "frozen", "network": "fine-tuned"}
    return f"pretrained, {learns.get(entry.fits, 'first frozen, then fine-tuned')}"


def _measured(entry: "Entry") -> str:
    found = entry.measured
    if found is None:
        return "not measured"
    figures = (
        f"mAP {found.map:.3f}, macro-F1 {found.macro_f1:.3f}, samples-F2 {found.samples_f2:.3f},"
        f" {found.seconds:,.0f} s"
    )
    return f"{figures} ({', '.join(found.changes)})" if found.changes else figures


def _figures(figures: Mapping[str, Any]) -> str:
    return "; ".join(f"{what}: {_figure(figure)}" for what, figure in figures.items())


def _figure(figure: Any) -> str:
    if isinstance(figure, float):
        return f"{figure:.3f}"
    return f"{figure:,}" if isinstance(figure, int) else str(figure)


def _key_lines(key: "Key") -> str:
    of = f" ({', '.join(key.of)})" if key.of else ""
    default = key.default if key.default in {"", "required"} else f"default {key.default}"
    takes = "; ".join(filter(None, [key.takes, default]))
    return f"{key.name}{of}: {takes}\n{_wrapped(key.description)}"


def _wrapped(text: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.fill(
        text, width, initial_indent=INDENT, subsequent_indent=INDENT * 2, break_on_hyphens=False
    )
