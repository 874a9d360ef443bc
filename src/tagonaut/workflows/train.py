"""From labelled pictures to a run folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset
from tagonaut.deciding import DecisionRule
from tagonaut.interrupts import Stop, stoppable
from tagonaut.learning.recipes import Recipe, load_recipe
from tagonaut.pixels.augment import AugmentSettings, rare_strength
from tagonaut.reports.augmented_sheet import augmented_sheet
from tagonaut.tagger import Tagger
from tagonaut.workflows.fitting import Fitted, fit
from tagonaut.workflows.preparing import Prepared, Preparing, prepare
from tagonaut.workflows.run_folder import RunFolder
from tagonaut.workflows.split_table import SplitTable

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
    **how: Unpack[Preparing],
) -> Trained:
    """Split, fit, tune the decision rule on validation scores, judge on the test pictures.

    ``how``: the split and the weights. ``on_split`` is told the label counts of each split, and
    what was noticed until then, before fitting.
    Ctrl-C ends with a usable run of the best epoch so far. Raises ``TagonautError``.
    """
    recipe = load_recipe(recipe) if isinstance(recipe, str) else recipe
    folder = RunFolder.new(Path(out) if out else None, recipe.name)
    replaced = folder.replaces()
    with stoppable("Stopping after this step; the best epoch so far is kept") as stop:
        prepared = prepare(dataset, recipe, stop=stop, **how)
        counts = prepared.table.label_counts()
        on_split(counts, (*replaced, *prepared.notes))
        fitted = fit(prepared, prepared.recipe, stop=stop)
        interrupted = stop.asked
    table = prepared.table
    judged = table.rows("validation")
    rule = DecisionRule.tune(
        table.labels.names,
        table.targets[judged],
        fitted.scores[judged],
        metric=recipe.metric,
        known=table.known[judged],
        ids=[table.ids[row] for row in judged],
        split="validation",
        groups=table.labels.groups,
    )
    tagger = Tagger(fitted.network, fitted.preprocessing, table.labels, rule)
    metrics = folder.write(
        tagger, fitted, table, _augmented(prepared, fitted, stop), interrupted=interrupted
    )
    tags = rule.decide(fitted.scores[judged])
    notes = (*replaced, *prepared.notes, *_rule_notes(rule), *_everywhere_notes(rule, table, tags))
    return Trained(folder.path, metrics, counts, notes, interrupted, bool(prepared.left_out))


def _augmented(prepared: Prepared, fitted: Fitted, stop: Stop) -> "Image | None":
    """Some training pictures as they are and as they were changed; None where none was."""
    recipe = fitted.recipe
    if recipe.network is None or recipe.augment == AugmentSettings():
        return None
    examples = prepared.examples
    some = np.arange(len(examples.train))[:: max(1, len(examples.train) // SHOWN)][:SHOWN]
    rows = examples.train[some]
    pixels = prepared.material(prepared.recipe, stop).pixels
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


def _everywhere_notes(
    rule: DecisionRule, table: SplitTable, tags: NDArray[np.bool_]
) -> tuple[str, ...]:
    """What looks like recall and is nothing learned."""
    rows = table.rows("validation")
    without = ((table.targets[rows] == 0) & table.known[rows]).any(axis=0)
    everywhere = [rule.labels[k] for k in np.flatnonzero(tags.all(axis=0) & without)]
    if not everywhere:
        return ()
    return (
        f"{', '.join(everywhere)}: said of every validation picture, of those without it too:"
        " nothing was learned of it, whatever its F1",
    )


def _rule_notes(rule: DecisionRule) -> tuple[str, ...]:
    if not rule.untuned:
        return ()
    return (
        f"{', '.join(rule.untuned)}: no threshold could be tuned (the validation pictures have no"
        " example, or nothing else); 0.5 stands",
    )
