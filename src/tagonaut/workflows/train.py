"""Trains a tagger on labelled pictures, and leaves a run folder."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import SPLITS, SplitTable
from tagonaut.deciding import DecisionRule
from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop, stoppable
from tagonaut.learning.cross_fit import cross_fit
from tagonaut.learning.fit import Fitted, fit
from tagonaut.learning.prepared import Prepared
from tagonaut.learning.preparing import Preparing, PreparingKeywords, prepare
from tagonaut.learning.recipes import Recipe, load_recipe
from tagonaut.learning.tuned_rule import rule_notes, tuned_rule
from tagonaut.pixels.augment import AugmentSettings, rare_strength
from tagonaut.reports.augmented_sheet import augmented_sheet
from tagonaut.runs.folder import new_run, replaced_run, write_run
from tagonaut.tagger import Tagger

if TYPE_CHECKING:
    from PIL.Image import Image

# Training pictures on the sheet.
SHOWN = 7


@dataclass(frozen=True)
class Trained:
    """The run folder that training leaves, and its metrics (those of ``metrics.json``).

    ``counts``: pictures per label and split. ``interrupted``: whether it was asked to stop; whether
    that cut the fit short is in the metrics. ``left_out``: whether pictures could not be read.
    """

    run: Path
    metrics: dict[str, Any]
    counts: dict[str, dict[str, int]]
    notes: tuple[str, ...]
    interrupted: bool
    left_out: bool


def train(
    dataset: Dataset,
    recipe: str | Recipe = "fast",
    *,
    out: str | Path | None = None,
    on_split: Callable[[dict[str, dict[str, int]], tuple[str, ...]], None] = lambda *_: None,
    **how: Unpack[PreparingKeywords],
) -> Trained:
    """Split, fit, tune the decision rule on validation scores, evaluate on the test pictures.

    ``how``: the split and the weights. With ``folds``, a model is fitted for each, the rule is
    tuned on the scores that every picture got from the model that never saw it, and the models are
    averaged. ``on_split`` gets the label counts of each split, and the notes until then, before
    anything is fitted.

    Ctrl-C ends the fit with a usable run, of the best epoch so far or of the complete folds. After
    the fit the run is written whatever comes. Raises ``TagonautError``.
    """
    recipe = load_recipe(recipe) if isinstance(recipe, str) else recipe
    folds = how.get("folds")
    kept = "the best epoch so far is" if folds is None else "the folds that are complete are"
    with (
        new_run(Path(out) if out else None, recipe.name) as place,
        stoppable(f"Stopping after this step; {kept} kept") as stop,
    ):
        replaced = replaced_run(place)
        prepared = prepare(dataset, recipe, Preparing(**how), stop=stop)
        on_split(prepared.table.label_counts(), (*replaced, *prepared.notes))
        # After hours of fitting is no time to learn that a rule does not fit the labels.
        labels = prepared.table.labels
        half = DecisionRule.at(labels.names, groups=labels.groups)
        half = replace(half, implications=recipe.rule.implications)
        if folds is None:
            fitted, table = fit(prepared, prepared.recipe, stop=stop), prepared.table
        else:
            fitted, table = cross_fit(prepared, prepared.recipe, stop=stop)
        cut_short = stop.finish(f"The fit is over: stopping when {place.path} is written")
        rule, notes = _tuned(recipe, table, fitted, half)
        tagger = Tagger(fitted.network, fitted.preprocessing, labels, rule)
        sheet = _augmented(prepared, fitted, stop)
        metrics = write_run(place, tagger, fitted, table, sheet, interrupted=cut_short, stop=stop)
    return Trained(
        place.path,
        metrics,
        table.label_counts(),
        (*replaced, *prepared.notes, *_fold_notes(folds, table, metrics), *notes),
        stop.asked,
        bool(prepared.left_out),
    )


def _tuned(
    recipe: Recipe, table: SplitTable, fitted: Fitted, half: DecisionRule
) -> tuple[DecisionRule, tuple[str, ...]]:
    """The rule tuned on the scores out of sample; the rule ``half`` where it cannot be tuned."""
    rows = table.out_of_sample()
    scores = fitted.scores[rows]
    try:
        rule = tuned_rule(recipe, table, rows, scores)
    except TagonautError as error:
        return half, (f"no decision rule could be tuned, every label is decided at 0.5: {error}",)
    return rule, rule_notes(rule, table, rows, scores)


def _augmented(prepared: Prepared, fitted: Fitted, stop: Stop) -> "Image | None":
    """Some training pictures, plain and augmented; None if the recipe augments none."""
    recipe = fitted.recipe
    if recipe.network is None or recipe.augment == AugmentSettings():
        return None
    examples = prepared.examples
    some = np.arange(len(examples.train))[:: max(1, len(examples.train) // SHOWN)][:SHOWN]
    rows = examples.train[some]
    pixels = prepared.inputs(prepared.recipe, stop).pixels
    assert pixels is not None
    tags = prepared.dataset.labels.decode(examples.targets[rows] & examples.known[rows])
    strength = rare_strength(examples.targets, examples.known, examples.train, recipe.augment.rare)
    titles = [
        f"{prepared.dataset.ids[row]}: {', '.join(names)}"
        for row, names in zip(rows, tags, strict=True)
    ]
    return augmented_sheet(
        np.asarray(pixels[rows]),
        fitted.preprocessing.channels,
        titles,
        strength[some],
        recipe.augment,
        seed=recipe.seed,
    )


def _fold_notes(folds: int | None, table: SplitTable, metrics: dict[str, Any]) -> tuple[str, ...]:
    """Notes on the folds that an interruption left incomplete."""
    done = int(table.folds.max()) + 1
    if folds is None or done == folds:
        return ()
    note = (
        f"interrupted: {done} of {folds} folds are complete; {done} models are averaged, and the "
        f"rule was tuned only on the pictures of {'that fold' if done == 1 else 'those folds'}"
    )
    missing = [part for part in SPLITS if metrics[part] is None]
    return (
        note,
        *(
            f"no {part} picture is in these folds: there are no figures on {part} pictures"
            for part in missing
        ),
    )
