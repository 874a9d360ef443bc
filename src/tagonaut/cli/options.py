"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document to standard output, nothing else.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A folder that training left.")]
Images = Annotated[
    Path | None,
    typer.Option(
        help="Where a table's pictures are, in sub-folders too, or a text file of their paths."
        " [default: beside it]"
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(help="The labels, comma-separated. [default: all of a table's]"),
]
MinCount = Annotated[
    int,
    typer.Option(
        min=1, help="Photos that a keyword must occur in to be a label, without --labels."
    ),
]
Delimiter = Annotated[
    str | None, typer.Option(help="Between the tags of a cell. [default: by looking]")
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--groups",
        metavar="LABEL,LABEL,…",
        help="Labels of which exactly one holds, comma-separated; once a group.",
    ),
]
Normalise = Annotated[
    bool,
    typer.Option("--normalise", help="Labels that differ only in case or space are one."),
]


class Format(StrEnum):
    """What labelled pictures can be read from."""

    table = "table"
    coco = "coco"
    voc = "voc"
    folders = "folders"
    keywords = "keywords"
    pictures = "pictures"


FormatOption = Annotated[Format | None, typer.Option(help="What DATA is. [default: by looking]")]


class Missing(StrEnum):
    """What to do about a row whose picture is missing or cannot be read."""

    error = "error"
    skip = "skip"


class Unlabelled(StrEnum):
    """What a picture without any of the labels says."""

    skip = "skip"
    negative = "negative"


MissingOption = Annotated[
    Missing, typer.Option(help="Rows without a readable picture: an error, or left out.")
]
UnlabelledOption = Annotated[
    Unlabelled | None,
    typer.Option(
        help="A picture without any label: unknown, or an example of none."
        " [default: skip for photos' keywords, negative for tables]"
    ),
]


def groups(texts: list[str] | None) -> list[list[str]]:
    """Each ``"clear,haze"`` as a list."""
    return [names(text) or [] for text in texts or ()]


def names(text: str | None) -> list[str] | None:
    """``"Volcano, Day"`` as a list; None stays None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
