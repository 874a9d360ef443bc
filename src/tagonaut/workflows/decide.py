"""Another decision rule for a run, from the scores that it keeps: nothing is learned anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagonaut.deciding import DecisionRule
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes.recipe import changed
from tagonaut.learning.tuned_rule import rule_notes, tuned_rule
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger

KEYS = ("metric", "rule")


@dataclass(frozen=True)
class Decided:
    """The rule, what the run's ``metrics.json`` holds now, and what is to be known of it."""

    rule: DecisionRule
    metrics: dict[str, Any]
    notes: tuple[str, ...]


def decide(run: str | Path, changes: Sequence[str]) -> Decided:
    """Tune a run's decision rule as its recipe says with ``changes``, such as ``metric=f2``.

    The pictures are those that tuned it before, which the network did not learn from. Rewrites the
    run's rule, recipe, metrics, report and card; journals take what it tags from then on for
    another run's. Raises ``TagonautError`` for a change of what was learned.
    """
    for change in changes:
        if change.partition("=")[0].strip().partition(".")[0] not in KEYS:
            raise TagonautError(
                f"--set {change}: a rule is tuned anew by metric and rule.* alone; anything else is"
                " learned, and takes tagonaut train"
            )
    folder, tagger = RunFolder(Path(run)), Tagger.load(run)
    recipe, table = folder.recipe(), folder.table(tagger)
    if any(change.partition("=")[0].strip() == "rule.kind" for change in changes):
        # The target was that of the kind before.
        rule_before = recipe.rule.model_copy(update={"target": None})
        recipe = recipe.model_copy(update={"rule": rule_before})
    recipe = changed(recipe, changes)
    rows = table.out_of_sample()
    scores = folder.scores(table, rows)
    rule = tuned_rule(recipe, table, rows, scores)
    metrics = folder.rewrite_decisions(rule, recipe, table)
    older = sorted(path.name for path in folder.path.glob("evaluation-*.html"))
    notes = [*rule_notes(rule, table, rows, scores)]
    if older:
        notes.append(
            f"{', '.join(older)}: of the rule before (tagonaut evaluate {run} writes"
            f" {'it' if len(older) == 1 else 'them'} anew)"
        )
    return Decided(rule, metrics, tuple(notes))
