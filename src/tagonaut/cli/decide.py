"""``tagonaut decide``."""

import typer

from tagonaut.cli.evaluations import print_figures
from tagonaut.cli.options import Json, Run, Settings
from tagonaut.cli.output import print_json, tell


def decide(run: Run, settings: Settings = None, json: Json = False) -> None:
    """Tune a run's decision rule anew, from the scores that it keeps: --set rule.kind=precision
    --set rule.target=0.95 tags nothing of which more than one in twenty is wrong.
    """
    from tagonaut.workflows.decide import decide as workflow

    decided = workflow(run, settings or [])
    tell(decided.notes)
    metrics = decided.metrics
    if json:
        print_json({"run": str(run), "notes": list(decided.notes), **metrics})
    else:
        where = f"test split, seed {metrics['seed']}"
        print_figures(metrics["test"], where, metrics["tuned_for"])
        typer.echo(f"run: {run}    decided by: {metrics['decided_by']}")
