"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagonaut.data.formats import Format

if TYPE_CHECKING:
    from tagonaut.data.readers import Reading

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


FormatOption = Annotated[
    Format | None, typer.Option(help="The format of DATA, for when the guess is wrong.")
]


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
Parts = Annotated[
    str,
    typer.Option(
        "--split",
        help="Per cent (60/20/20), counts (20000/7000/5120), a table with a split or fold column,"
        " column:NAME of the data, or three files of names: train,validation,test.",
    ),
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="Keep in one split: a column's equal values (NAME or column:NAME), photos taken in a"
        " row (time:SECONDS), near-duplicates (near); several with commas between.",
    ),
]
InOrder = Annotated[
    bool, typer.Option("--in-order", help="Split the pictures as they stand, unshuffled.")
]
Stratify = Annotated[
    bool, typer.Option(help="Keep the share of each label and pair of labels alike.")
]
Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="A table of labels, COCO's JSON, a VOC folder, a folder a label, or a folder of tagged"
        " photos.",
    ),
]
RecipeOption = Annotated[
    str, typer.Option(help="One of tagonaut recipes, or a .toml file of your own.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a recipe's key, e.g. seed=1."),
]
Corrections = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Correct labels first: a table such as an audit's, of which the accepted rows count.",
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(help="The backbone's weights (safetensors). [default: from the hub]"),
]
Backbone = Annotated[
    str | None,
    typer.Option(help="Any timm model. [default: the recipe's, or the weights file's name]"),
]


def reading(
    format: Format | None,
    labels: str | None,
    groups: list[str] | None,
    normalise: bool,
    min_count: int,
    unlabelled: Unlabelled | None,
    delimiter: str | None,
    missing: Missing | None = None,
    *,
    corrections: Path | None = None,
) -> "Reading":
    """What ``tagonaut.data.readers.read`` takes of these options."""
    return {
        "format": format,
        "labels": names(labels),
        "groups": [names(text) or [] for text in groups or ()],
        "normalise": normalise,
        "min_count": min_count,
        "unlabelled": unlabelled.value if unlabelled else None,
        "delimiter": delimiter,
        "missing": missing.value if missing else "keep",
        "corrections": corrections,
    }


def names(text: str | None) -> list[str] | None:
    """``"Volcano, Day"`` as a list; None stays None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
