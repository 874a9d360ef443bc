"""Finds labels that are probably wrong; writes a page, and a table to correct them with."""

import os
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.cache import Cache
from tagonaut.data.corrections import has_answers
from tagonaut.data.dataset import Dataset, hash_pictures
from tagonaut.data.duplicates import Duplicates, compare_pictures
from tagonaut.data.splitting import score_frame
from tagonaut.data.text import formula_notes, printable
from tagonaut.deciding import LabelQuality, check_cleanlab, judge_labels
from tagonaut.errors import DataError, Interrupted, PictureError
from tagonaut.files.folder_kind import FolderKind, json_with
from tagonaut.files.out_folder import OutFolder, out_folder
from tagonaut.files.written_whole import write_whole
from tagonaut.interrupts import Stop, stoppable
from tagonaut.learning.out_of_fold import OutOfFold, out_of_fold_scores
from tagonaut.learning.recipes import Recipe, load_recipe
from tagonaut.pixels.perceptual_hash import clusters, perceptual_hashes
from tagonaut.reports.audit import AuditContents, audit_figures, write_page, write_tables

PAGE, TABLE, FIGURES, SCORES = "audit.html", "audit.csv", "audit.json", "scores.parquet"
AUDIT = FolderKind(
    "audit", FIGURES, json_with("recipe", "folds", "findings"), own=(PAGE, TABLE, SCORES, FIGURES)
)
FOLDS = 5


@dataclass(frozen=True)
class Audited:
    """The folder of the page and the tables, and the figures of ``audit.json``.

    ``dataset``: the pictures that were scored, in the order of ``quality`` and of ``scores[n, k]``.
    ``left_out``: whether pictures could not be read.
    """

    folder: Path
    figures: dict[str, Any]
    dataset: Dataset
    scores: NDArray[np.float32]
    quality: LabelQuality
    left_out: bool


@dataclass(frozen=True)
class _Compared:
    """The readable pictures of a data set, and the duplicates among them."""

    dataset: Dataset
    duplicates: Duplicates
    unreadable: tuple[str, ...]


def audit(
    dataset: Dataset,
    recipe: str | Recipe = "fast",
    *,
    out: str | Path | None = None,
    name: str = "pictures",
    folds: int = FOLDS,
    weights: str | Path | None = None,
    backbone: str | None = None,
    missing: str = "skip",
) -> Audited:
    """Score each labelled picture by a model that did not learn from it, and check its labels.

    A model is fitted for each fold, as training with ``recipe``, ``weights`` and ``backbone`` does.
    ``out``: the folder of the page and the tables; default the first free ``audit-NAME``. A folder
    that an audit left is written anew, but a table with a person's answers is kept under another
    name; any other that is not empty is an error. ``missing``: unreadable pictures are an error
    (``error``) or left out (``skip``). Raises ``TagonautError``, and ``Interrupted`` after a stop;
    nothing was written then.
    """
    check_cleanlab()
    recipe = load_recipe(recipe) if isinstance(recipe, str) else recipe
    given = Path(out) if out else None
    try:
        with (
            out_folder(given, f"audit-{name}", AUDIT) as place,
            stoppable("Stopping: nothing will be written") as stop,
        ):
            compared = _compare(dataset, missing, stop)
            bound, notes = _bind_copies(compared, folds)
            scored = out_of_fold_scores(
                compared.dataset,
                recipe,
                folds,
                groups=bound,
                weights=weights,
                backbone=backbone,
                missing=missing,
                stop=stop,
            )
            quality = _judge(scored, recipe.seed)
            contents = _contents(compared, scored, quality)
            figures = {
                "name": printable(name),
                "recipe": scored.recipe.name,
                "backbone": scored.recipe.backbone,
                "seed": recipe.seed,
                "folds": folds,
                "notes": [
                    *map(printable, (*compared.unreadable, *notes, *scored.notes)),
                    *formula_notes((*scored.dataset.ids, *scored.dataset.labels.names)),
                ],
                **audit_figures(contents),
            }
            _write(place, figures, contents, scored, stop)
    except KeyboardInterrupt:
        raise Interrupted("stopped: nothing was written") from None
    left_out = bool(compared.unreadable or scored.left_out)
    return Audited(place.path, figures, scored.dataset, scored.scores, quality, left_out)


def _compare(dataset: Dataset, missing: str, stop: Stop) -> _Compared:
    """Leave out the pictures that cannot be read, and find copies among the others."""
    contents = hash_pictures(dataset.paths)
    failures = {row: one for row, one in enumerate(contents) if isinstance(one, PictureError)}
    rows = [row for row in range(len(dataset)) if row not in failures]
    texts = [str(contents[row]) for row in rows]
    hashes, undecoded = perceptual_hashes(
        [dataset.paths[row] for row in rows], texts, Cache(), stop=stop
    )
    failures |= {rows[at]: error for at, error in undecoded.items()}
    faults = tuple(f"{dataset.paths[row]}: {error}" for row, error in sorted(failures.items()))
    if faults and missing == "error":
        raise DataError(
            f"{len(faults):,} of {len(dataset):,} pictures cannot be read"
            " (--missing skip leaves them out)",
            faults,
        )
    kept = [at for at in range(len(rows)) if at not in undecoded]
    if not kept:
        raise DataError("no picture can be read", faults)
    readable = dataset.subset([rows[at] for at in kept])
    duplicates = compare_pictures(
        readable, np.arange(len(kept)), np.array([texts[at] for at in kept]), hashes[kept]
    )
    return _Compared(readable, duplicates, tuple(f"{fault}: left out" for fault in faults))


def _bind_copies(compared: _Compared, folds: int) -> tuple[NDArray[np.intp], list[str]]:
    """A group number for each picture, and notes: copies of one picture share a group.

    A copy in another fold would vouch for its label, right or wrong. Chains of near-duplicates can
    be longer than half a fold: there only identical files are bound, and not even these if they do
    not fit.
    """
    n, duplicates = len(compared.dataset), compared.duplicates
    labelled = int(compared.dataset.known.any(axis=1).sum())
    largest = labelled // (2 * max(1, folds))
    near, exact = clusters(n, duplicates.links()), clusters(n, duplicates.copies())
    over, too_many = (np.bincount(numbers)[numbers] > largest for numbers in (near, exact))
    notes = []
    if over.any():
        notes.append(
            f"{int(over.sum()):,} pictures are near-duplicates in groups too large for one fold: "
            "a model may have learned their labels from their duplicates"
        )
    alone = 2 * n + np.arange(n)
    return np.where(over, np.where(too_many, alone, n + exact), near), notes


def _judge(scored: OutOfFold, seed: int) -> LabelQuality:
    dataset, labels = scored.dataset, scored.dataset.labels
    groups = [[labels.index(name) for name in group] for group in labels.groups]
    return judge_labels(dataset.targets, scored.scores, dataset.known, groups=groups, seed=seed)


def _contents(compared: _Compared, scored: OutOfFold, quality: LabelQuality) -> AuditContents:
    return AuditContents(
        scored.dataset.with_printable_names(),
        scored.scores,
        quality,
        compared.dataset.with_printable_names(),
        compared.duplicates,
    )


def _write(
    place: OutFolder,
    figures: dict[str, Any],
    contents: AuditContents,
    scored: OutOfFold,
    stop: Stop,
) -> None:
    """Write all files, or none."""
    if stop.asked:
        raise Interrupted("stopped: nothing was written")
    answered = _answered_table(place)
    if answered is not None:
        figures["notes"].append(
            f"{place.path / TABLE} had answers in it: it is kept as {answered.name}"
        )

    def write(folder: Path) -> None:
        if answered is not None:
            shutil.copy2(place.real / TABLE, folder / answered.name)
        write_page(folder / PAGE, figures, contents)
        write_tables(folder / TABLE, folder / FIGURES, figures, contents)
        dataset = contents.dataset
        frame = score_frame(dataset.ids, scored.scores, dataset.labels)
        frame.write_parquet(folder / SCORES)

    write_whole(place, write)


def _answered_table(place: OutFolder) -> Path | None:
    """A free name for the earlier audit's table if a person has worked on it."""
    table = place.real / TABLE
    if not table.is_file() or not has_answers(table):
        return None
    names = (table.with_stem(f"{table.stem}-{n}") for n in count(2))
    return next(name for name in names if not os.path.lexists(name))
