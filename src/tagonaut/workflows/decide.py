"""Tunes another decision rule for a run, from the scores that it keeps, without training."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagonaut.data.splitting import SplitTable
from tagonaut.deciding import DecisionRule
from tagonaut.errors import TagonautError
from tagonaut.files.run_files import MODEL_FILE, SPLIT_FILE
from tagonaut.learning.recipes import changed
from tagonaut.learning.tuned_rule import rule_notes, tuned_rule
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import is_run, read_labels, read_rule

KEYS = ("metric", "rule")


@dataclass(frozen=True)
class Decided:
    """The new rule, the run's new ``metrics.json``, and notes on the rule's weak points."""

    rule: DecisionRule
    metrics: dict[str, Any]
    notes: tuple[str, ...]


def decide(run: str | Path, changes: Sequence[str]) -> Decided:
    """Tune a run's decision rule as its recipe says with ``changes``, such as ``metric=f2``.

    The pictures are those that tuned it before, which the network did not learn from. Rewrites the
    run's rule, recipe, metrics, report and card; for journals, the run with the new rule is another
    run. Raises ``TagonautError`` for a change of anything that was learned.
    """
    keys = [change.partition("=")[0].strip() for change in changes]
    for change, key in zip(changes, keys, strict=True):
        if key.partition(".")[0] not in KEYS:
            raise TagonautError(
                f"--set {change}: only metric and rule.* can be changed here; anything else needs "
                "tagonaut train"
            )
    run = Path(run)
    if not is_run(run):
        raise TagonautError(f"{run}: not a run folder: it holds no {MODEL_FILE}")
    folder, labels = RunFolder(run), read_labels(run)
    other_rule = "rule.kind" in keys
    if not other_rule:
        # It may be of a kind that no longer exists, which another replaces.
        read_rule(run)
    recipe = changed(folder.recipe(without_rule=other_rule), changes)
    table = SplitTable.read(run / SPLIT_FILE, labels)
    rows = table.out_of_sample()
    scores = folder.scores(table, rows)
    rule = tuned_rule(recipe, table, rows, scores)
    metrics = folder.rewrite_decisions(rule, recipe, table)
    notes = [*rule_notes(rule, table, rows, scores)]
    if older := sorted(path.name for path in run.glob("evaluation-*.html")):
        notes.append(
            f"{', '.join(older)}: made with the earlier rule (tagonaut evaluate {run} rewrites"
            f" {'it' if len(older) == 1 else 'them'})"
        )
    return Decided(rule, metrics, tuple(notes))
