"""From labelled pictures to a run folder."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from tagonaut.data.dataset import Dataset
from tagonaut.data.splitting import SplitTable
from tagonaut.deciding import DecisionRule
from tagonaut.interrupts import Stop, stoppable
from tagonaut.learning.cross_fit import cross_fit
from tagonaut.learning.fit import Fitted, fit
from tagonaut.learning.prepared import Prepared
from tagonaut.learning.preparing import Preparing, PreparingKeywords, prepare
from tagonaut.learning.recipes.recipe import Recipe, load_recipe
from tagonaut.learning.tuned_rule import rule_notes, tuned_rule
from tagonaut.pixels.augment import AugmentSettings, rare_strength
from tagonaut.reports.augmented_sheet import augmented_sheet
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger

if TYPE_CHECKING:
    from PIL.Image import Image

# Training pictures on the sheet of augmented ones.
SHOWN = 7


@dataclass(frozen=True)
class Trained:
    """What training leaves: where the run is, and its metrics (those of ``metrics.json``).

    ``counts``: pictures a label and split. ``left_out``: whether pictures could not be read.
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
    """Split, fit, tune the decision rule on validation scores, judge on the test pictures.

    ``how``: the split and the weights. With ``folds``, a model is fitted for each, the rule is
    tuned on the scores that every picture got from the model that never saw it, and the models are
    averaged. ``on_split`` is told the label counts of each split, and what was noticed until then,
    before fitting.

    Ctrl-C ends with a usable run of the best epoch so far, or of the folds that are complete.
    Raises ``TagonautError``.
    """
    recipe = load_recipe(recipe) if isinstance(recipe, str) else recipe
    folder = RunFolder.new(Path(out) if out else None, recipe.name)
    replaced = folder.replaces()
    folded = how.get("folds") is not None
    kept = "the folds that are complete are" if folded else "the best epoch so far is"
    with stoppable(f"Stopping after this step; {kept} kept") as stop:
        prepared = prepare(dataset, recipe, Preparing(**how), stop=stop)
        counts = prepared.table.label_counts()
        on_split(counts, (*replaced, *prepared.notes))
        # After hours of fitting is no time to learn that a rule does not fit the labels.
        empty = DecisionRule.at(prepared.table.labels.names, groups=prepared.table.labels.groups)
        replace(empty, implications=recipe.rule.implications)
        if folded:
            fitted, table = cross_fit(prepared, prepared.recipe, stop=stop)
        else:
            fitted, table = fit(prepared, prepared.recipe, stop=stop), prepared.table
        interrupted = stop.asked
    judged = table.out_of_sample()
    rule = tuned_rule(recipe, table, judged, fitted.scores[judged])
    tagger = Tagger(fitted.network, fitted.preprocessing, table.labels, rule)
    metrics = folder.write(
        tagger, fitted, table, _augmented(prepared, fitted, stop), interrupted=interrupted
    )
    notes = (
        *replaced,
        *prepared.notes,
        *_fold_notes(how.get("folds"), table),
        *rule_notes(rule, table, judged, fitted.scores[judged]),
    )
    return Trained(
        folder.path, metrics, table.label_counts(), notes, interrupted, bool(prepared.left_out)
    )


def _augmented(prepared: Prepared, fitted: Fitted, stop: Stop) -> "Image | None":
    """Some training pictures as they are and as they were changed; None where none was."""
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


def _fold_notes(folds: int | None, table: SplitTable) -> tuple[str, ...]:
    """What is left of folds after an interruption."""
    done = int(table.folds.max()) + 1
    if folds is None or done == folds:
        return ()
    return (
        f"interrupted: {done} of {folds} folds are complete; {done} models are averaged, and the"
        f" rule was tuned on the pictures of {'that fold' if done == 1 else 'those folds'} alone",
    )
