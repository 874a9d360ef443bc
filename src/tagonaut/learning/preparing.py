"""The way from a data set to ``Prepared`` pictures: labels, splits, folds, and reading them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset, digest_pixels, hash_pictures
from tagonaut.data.splitting import (
    NO_FOLD,
    SPLITS,
    UNUSED,
    SplitTable,
    group_by,
    is_dealt,
    split,
)
from tagonaut.data.splitting import folds as deal_folds
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.interrupts import Stop
from tagonaut.learning.prepared import Prepared, Unreadable
from tagonaut.learning.recipes import Recipe
from tagonaut.learning.recipes.on_data import (
    band_notes,
    band_setting,
    bands_of,
    limit_training,
    with_recipe_labels,
)
from tagonaut.learning.split_checks import (
    check_folds,
    check_splits,
    leak_notes,
    with_their_copies,
)
from tagonaut.models.backbones import Weights, backbone_name

FEWEST_FOLDS = 3


@dataclass(frozen=True)
class Preparing:
    """How pictures are split, and from which weights a network starts.

    ``weights``: a safetensors file for the backbone, which is its name up to the first dot unless
    ``backbone`` says otherwise; None takes the hub's. ``parts``, ``stratify``, ``in_order``: see
    ``tagonaut.data.splitting.splits.split``. ``by``: how to find pictures that must stay in one
    split, see ``tagonaut.data.splitting.groups.group_by``; files of the same bytes stay together
    anyway, unless a split is given. ``folds``: the number of folds into which training and
    validation pictures are dealt, for cross-validation. ``missing``: unreadable pictures are an
    error (``error``) or left out (``skip``). Raises ``TagonautError`` for fewer than three folds.
    """

    weights: str | Path | None = None
    backbone: str | None = None
    parts: str = "60/20/20"
    by: str | None = None
    stratify: bool = True
    in_order: bool = False
    folds: int | None = None
    missing: str = "error"

    def __post_init__(self) -> None:
        if self.folds is not None and self.folds < FEWEST_FOLDS:
            raise TagonautError(
                f"--folds {self.folds}: choose {FEWEST_FOLDS} or more: one fold is scored, one"
                " validates, and the network learns from the others"
            )

    def start(self, recipe: Recipe) -> tuple[Weights, str]:
        """The weights that the recipe starts from, and its backbone; raises ``TagonautError``."""
        weights, backbone = Path(self.weights) if self.weights else None, self.backbone
        if recipe.forest is not None:
            if weights is not None or backbone is not None:
                raise TagonautError(
                    f"recipe {recipe.name} is a forest: it takes neither --backbone nor --weights"
                )
            return "random", ""
        if recipe.start == "random":
            if weights is not None:
                raise TagonautError(
                    f"recipe {recipe.name} starts at random: it takes no --weights (allow them "
                    "with --set start=pretrained)"
                )
            return "random", backbone or recipe.backbone
        if weights is not None:
            if not weights.is_file():
                raise TagonautError(f"{weights}: weights file not found")
            return weights, backbone or backbone_name(weights)
        return "pretrained", backbone or recipe.backbone


class PreparingKeywords(TypedDict, total=False):
    """The fields of ``Preparing``, as keywords of ``train`` and ``tune``."""

    weights: str | Path | None
    backbone: str | None
    parts: str
    by: str | None
    stratify: bool
    in_order: bool
    folds: int | None
    missing: str


def prepare(
    dataset: Dataset,
    recipe: Recipe,
    how: Preparing | None = None,
    *,
    splits: NDArray[np.str_] | None = None,
    stop: Stop,
) -> Prepared:
    """Split the pictures and read all of them as the recipe needs them.

    ``splits[n]``: the split of each picture, in place of ``how.parts``. Raises ``TagonautError``,
    and ``Interrupted`` if asked to stop.
    """
    how = how or Preparing()
    start, backbone = how.start(recipe)
    dataset, notes = with_recipe_labels(dataset, recipe)
    bands = bands_of(recipe, dataset)
    recipe = recipe.model_copy(update={"backbone": backbone, "bands": band_setting(bands)})
    dealt = _deal(dataset, recipe, how, splits, notes, stop)
    notes += band_notes(bands)
    pictures, failures = len(dealt.rows), dealt.failures()
    faults: list[str] = []
    while True:
        if failures:
            paths = dealt.dataset.paths
            faults += [f"{paths[row]}: {error}" for row, error in sorted(failures.items())]
            _check_missing(faults, pictures, how.missing)
            dealt = dealt.subset([row for row in range(len(paths)) if row not in failures])
        hashes = list(map(str, dealt.hashes))
        table = SplitTable.of(dealt.dataset, hashes, dealt.splits, dealt.folds, dealt.pixels)
        check_splits(table, recipe, faults)
        check_folds(table, how.folds or 0, recipe, faults)
        every = (*notes, *(f"{fault}: left out" for fault in faults), *leak_notes(table))
        ready = Prepared(dealt.dataset, dealt.rows, table, recipe, start, bands, every, len(faults))
        try:
            ready.inputs(recipe, stop)
        except Unreadable as found:
            failures = found.failures
        else:
            return ready


@dataclass(frozen=True)
class _Dealt:
    """The pictures that are used, their rows in the data set, content hashes, splits and folds.

    ``pixels``: the digests of their pixels.
    """

    dataset: Dataset
    rows: NDArray[np.intp]
    hashes: list[str | PictureError]
    splits: NDArray[np.str_]
    folds: NDArray[np.intp]
    pixels: list[str]

    def failures(self) -> dict[int, PictureError]:
        """The pictures whose files cannot be read, and why."""
        return {
            row: found for row, found in enumerate(self.hashes) if isinstance(found, PictureError)
        }

    def subset(self, rows: Sequence[int]) -> "_Dealt":
        """Only these pictures."""
        kept = np.array(rows, dtype=np.intp)
        return _Dealt(
            self.dataset.subset(kept),
            self.rows[kept],
            [self.hashes[row] for row in rows],
            self.splits[kept],
            self.folds[kept],
            [self.pixels[row] for row in rows],
        )


def _deal(
    dataset: Dataset,
    recipe: Recipe,
    how: Preparing,
    splits: NDArray[np.str_] | None,
    notes: list[str],
    stop: Stop,
) -> _Dealt:
    """Deal the pictures into splits and folds; ``notes`` gets what is left out or noticed."""
    groups = None
    if how.by is not None:
        groups = group_by(dataset, how.by, report=notes.append, stop=stop)
    given = splits is not None or not is_dealt(how.parts)
    if splits is None:
        splits = split(
            dataset,
            how.parts,
            seed=recipe.seed,
            stratify=how.stratify,
            in_order=how.in_order,
            groups=groups,
        )
    if recipe.pictures is not None:
        splits = limit_training(splits, recipe.pictures, recipe.seed)
    used = np.flatnonzero(splits != UNUSED)
    if recipe.pictures is None and len(used) < len(splits):
        unused = len(splits) - len(used)
        notes.append(f"{unused:,} of {len(splits):,} pictures are in no split, and are not used")
    dataset, splits = dataset.subset(used), splits[used]
    groups = groups[used] if groups is not None else None
    hashes = hash_pictures(dataset.paths)
    # A picture that cannot be read is a copy of no other.
    contents = [row if isinstance(one, PictureError) else one for row, one in enumerate(hashes)]
    if not given:
        splits = with_their_copies(contents, splits)
    folds = np.full(len(dataset), NO_FOLD)
    if how.folds is not None:
        pool = np.flatnonzero(splits != SPLITS[2])
        bound = groups[pool] if groups is not None else None
        found = deal_folds(
            dataset.subset(pool), how.folds, seed=recipe.seed, stratify=how.stratify, groups=bound
        )
        folds[pool] = with_their_copies([contents[row] for row in pool.tolist()], found)
    return _Dealt(dataset, used, hashes, splits, folds, digest_pixels(dataset.paths))


def _check_missing(faults: Sequence[str], pictures: int, missing: str) -> None:
    if missing == "error":
        raise DataError(
            f"{len(faults):,} of {pictures:,} pictures cannot be read"
            " (--missing skip leaves them out)",
            faults,
        )
    if len(faults) >= pictures:
        raise DataError("no picture can be read", faults)
