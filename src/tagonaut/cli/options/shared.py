"""Single options and arguments of several commands."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document to standard output, nothing else.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, left by train.")]
Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="A table of labels, a COCO JSON file, a VOC folder, one folder per label, or a folder"
        " of tagged photos.",
    ),
]
RecipeOption = Annotated[
    str, typer.Option(help="A recipe listed by tagonaut recipes, or a .toml file of your own.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a key of the recipe, such as seed=1; repeat for more keys.",
    ),
]


def names(text: str | None) -> list[str] | None:
    """``"Volcano, Day"`` as a list; None stays None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
