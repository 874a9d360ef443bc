"""Groups of options that several commands take whole, as ``takes_groups`` describes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tagonaut.cli.options.shared import Settings, names
from tagonaut.data.formats import Format

if TYPE_CHECKING:
    from tagonaut.data.dataset import Dataset
    from tagonaut.data.readers import Reading
    from tagonaut.learning.preparing import PreparingKeywords

Missing = Literal["error", "skip"]


@dataclass(frozen=True)
class DataOptions:
    """Options for reading labelled pictures; rows without a picture are kept by default."""

    images: Annotated[
        Path | None,
        typer.Option(
            help="Where a table's pictures are: a folder, searched with its sub-folders, or a text"
            " file of their paths. [default: beside the table]"
        ),
    ] = None
    format: Annotated[
        Format | None,
        typer.Option(
            help="The format of DATA. [default: recognised; use this if it guesses wrong]"
        ),
    ] = None
    labels: Annotated[
        str | None,
        typer.Option(
            help="The labels, comma-separated; for a table, all labels that its rows have."
            " [default: all of a table's]"
        ),
    ] = None
    groups: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL,LABEL,…",
            help="Labels of which exactly one holds, comma-separated; repeat for more groups.",
        ),
    ] = None
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Merge labels that differ only in case or space.")
    ] = False
    min_count: Annotated[
        int,
        typer.Option(
            min=1,
            help="Without --labels, a keyword is a label if at least this many photos have it.",
        ),
    ] = 10
    unlabelled: Annotated[
        Literal["skip", "negative"] | None,
        typer.Option(
            help="A picture with no labels counts as unknown (skip), or as negative."
            " [default: skip for tagged photos, negative for tables]"
        ),
    ] = None
    missing: Annotated[
        Missing | None,
        typer.Option(
            help="A row without a picture is an error, or is left out (skip)."
            " [default: it is counted]"
        ),
    ] = None
    delimiter: Annotated[
        str | None,
        typer.Option(help="The separator between the tags in a cell. [default: recognised]"),
    ] = None
    corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Correct labels first, by the accepted rows of a table such as an audit's.",
        ),
    ] = None

    trust_own_tags: Annotated[
        bool,
        typer.Option(
            "--trust-own-tags",
            help="Take tags that Tagonaut wrote into the photos, and nobody confirmed, for true.",
        ),
    ] = False

    def reading(self) -> "Reading":
        """These options as ``tagonaut.data.readers.read`` takes them."""
        from tagonaut.tagging.own_tags import own_tags

        return {
            "format": self.format,
            "labels": names(self.labels),
            "groups": [names(group) or [] for group in self.groups or ()],
            "normalise": self.normalise,
            "min_count": self.min_count,
            "unlabelled": self.unlabelled,
            "missing": self.missing or "keep",
            "delimiter": self.delimiter,
            "corrections": self.corrections,
            "machine_tags": None if self.trust_own_tags else own_tags,
        }

    def read(self, data: Path) -> "Dataset":
        """Read ``data`` for training or evaluation. Raises ``DataError``."""
        from tagonaut.data.readers import read

        return read(data, self.images, **self.reading())


@dataclass(frozen=True)
class TrainingDataOptions(DataOptions):
    """Options for reading pictures to learn from: each has to be there by default."""

    missing: Annotated[
        Missing,
        typer.Option(help="A row without a readable picture is an error, or is left out (skip)."),
    ] = "error"


@dataclass(frozen=True)
class ModelOptions:
    """Options for the model to fit, beside the name of the recipe."""

    weights: Annotated[
        Path | None,
        typer.Option(help="The backbone's weights, a safetensors file. [default: from the hub]"),
    ] = None
    backbone: Annotated[
        str | None,
        typer.Option(
            help="The name of a timm model. [default: the recipe's, or the name of the weights"
            " file]"
        ),
    ] = None
    settings: Settings = None


@dataclass(frozen=True)
class SplitOptions:
    """Options for splitting pictures."""

    parts: Annotated[
        str,
        typer.Option(
            "--split",
            help="Percentages (60/20/20), counts (20000/7000/5120), a table with a split or fold"
            " column, column:NAME of the data, or three files of names: train,validation,test.",
        ),
    ] = "60/20/20"
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="Keep pictures together in one split: equal values of a column (NAME or"
            " column:NAME), photos taken in a row (time:SECONDS), near-duplicates (near), or"
            " several of these, comma-separated.",
        ),
    ] = None
    in_order: Annotated[
        bool,
        typer.Option("--in-order", help="Split the pictures in their given order, unshuffled."),
    ] = False
    stratify: Annotated[
        bool,
        typer.Option(help="Give each split the same share of every label and pair of labels."),
    ] = True


@dataclass(frozen=True)
class FitOptions(SplitOptions, ModelOptions):
    """Options for the model to fit, and for splitting the pictures that it learns from."""

    def preparing(self, missing: Missing, folds: int | None = None) -> "PreparingKeywords":
        """These options as ``train`` and ``tune`` take them."""
        return {
            "weights": self.weights,
            "backbone": self.backbone,
            "parts": self.parts,
            "by": self.group_by,
            "stratify": self.stratify,
            "in_order": self.in_order,
            "folds": folds,
            "missing": missing,
        }
