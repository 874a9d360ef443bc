"""``tagonaut decide``."""

from typing import TYPE_CHECKING

from tagonaut.cli.evaluations import print_figures
from tagonaut.cli.options import Json, Run, Settings
from tagonaut.cli.output import echo, print_json, print_notes

if TYPE_CHECKING:
    from tagonaut.deciding import DecisionRule


def decide(run: Run, settings: Settings = None, json: Json = False) -> None:
    """Tune a run's decision rule again, from the scores that it keeps. For example, --set
    rule.kind=precision --set rule.target=0.95 keeps 19 of 20 tags right on the pictures that tune
    it. Earlier changes stay until they are changed again.
    """
    from tagonaut.workflows.decide import decide as workflow

    decided = workflow(run, settings or [])
    print_notes(decided.notes)
    metrics = decided.metrics
    if json:
        print_json({"run": str(run), "notes": list(decided.notes), **metrics})
    else:
        where = f"test split, seed {metrics['seed']}"
        print_figures(metrics["test"], where, metrics["tuned_for"] or "")
        echo(f"run: {run}    decided by: {_describe(decided.rule)}")


def _describe(rule: "DecisionRule") -> str:
    """The rule's settings, including those that earlier calls changed."""
    tuning = rule.tuning
    parts: list[str] = [tuning.kind if tuning else "half"]
    if tuning and tuning.target is not None:
        parts.append(f"target {tuning.target:g}")
    if tuning and tuning.aim == tuning.objective:
        parts.append(f"metric {tuning.objective}")
    if rule.calibration:
        parts.append(f"calibration {rule.calibration.kind}")
    parts += [f"{one} implies {other}" for one, other in rule.implications]
    return ", ".join(parts)
