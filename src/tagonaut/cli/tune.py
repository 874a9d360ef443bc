"""``tagonaut tune``."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagonaut.cli.options import (
    Data,
    FitOptions,
    Json,
    RecipeOption,
    TrainingDataOptions,
    takes_groups,
)
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT, NOTHING_DONE

if TYPE_CHECKING:
    from tagonaut.workflows.tune import Tuned


@takes_groups
def tune(
    context: typer.Context,
    data: Data,
    *,
    recipe: RecipeOption,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Number of trials. [default: the recipe's]")
    ] = None,
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=...",
            help="Search this key instead of the recipe's [tune.space]: KEY=A,B,C or"
            " KEY=LOW..HIGH, followed by :log or :int. Repeat for more keys.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the search. [default: runs/RECIPE-tune]")
    ] = None,
    fitting: FitOptions,
    data_options: TrainingDataOptions,
    json: Json = False,
) -> None:
    """Search the best settings of a recipe; after a stop, the same command continues."""
    from tagonaut.learning.recipes import load_recipe
    from tagonaut.learning.searching import change, change_of_space

    changes = list(fitting.settings or [])
    if space:
        changes.append(change_of_space(space))
    if trials is not None:
        changes.append(change("tune.trials", trials))
    # Before the pictures are read: a typing mistake should not cost minutes.
    load_recipe(recipe, changes)
    from tagonaut.workflows.tune import tune as workflow

    dataset = data_options.read(data)
    print_notes(dataset.notes)
    tuned = workflow(
        dataset,
        recipe,
        changes,
        out=out,
        **fitting.preparing(data_options.missing),
        source=data.name,
        command=_train_command(context),
    )
    print_notes(tuned.notes)
    if json:
        print_json(_document(tuned))
    else:
        _print(tuned)
    if tuned.best is None:
        raise typer.Exit(NOTHING_DONE)
    raise typer.Exit(LEFT_OUT if tuned.interrupted or tuned.left_out else DONE)


def _train_command(context: typer.Context) -> str:
    """The command that trains on the same data and split, without its recipe."""
    words = ["tagonaut train", shlex.quote(str(context.params["data"]))]
    for option in context.command.params:
        value = context.params.get(option.name or "")
        if option.name in _OWN or value == option.default or value in (None, (), []):
            continue
        if isinstance(value, bool):
            words.append((option.opts if value else option.secondary_opts)[0])
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            text = str(one)
            words.append(f"{option.opts[0]} {shlex.quote(text)}")
    return " \\\n    ".join([" ".join(words[:2]), *words[2:]])


# --set is part of the best recipe.
_OWN = {"data", "recipe", "trials", "space", "out", "settings", "json"}


def _document(tuned: "Tuned") -> dict[str, Any]:
    best = tuned.best
    return {
        "folder": str(tuned.folder.path),
        "recipe": str(tuned.folder.best) if best else None,
        "page": str(tuned.folder.page),
        "objective": tuned.objective,
        "planned": tuned.settings.planned,
        "made": tuned.made,
        "interrupted": tuned.interrupted,
        "best": vars(best) if best else None,
        "trials": [vars(trial) for trial in tuned.trials],
        "notes": list(tuned.notes),
    }


def _print(tuned: "Tuned") -> None:
    from tagonaut.reports.summary import percent
    from tagonaut.reports.tune import plain

    print_table(
        "Trials",
        ["trial", *tuned.settings.space, tuned.objective, "best epoch", "epochs", "outcome"],
        [
            [
                f"{trial.number}{' *' if trial == tuned.best else ''}",
                *(plain(value) for value in trial.values.values()),
                percent(trial.objective),
                str(trial.best_epoch or "–"),
                str(trial.epochs),
                trial.outcome,
            ]
            for trial in tuned.trials
        ],
        caption=f"seed {tuned.seed}; * best trial; figures of the epoch whose weights are kept",
        text=("outcome",),
        least=("epochs", "best epoch", "outcome", *reversed(list(tuned.settings.space))),
    )
    print_notes(
        f"trial {trial.number} failed: {trial.note}" for trial in tuned.trials if trial.note
    )
    planned, over = tuned.settings.planned, len(tuned.trials)
    if over < planned:
        echo(f"stopped after {over:,} of {planned:,} trials: the same command continues")
    elif not tuned.made:
        whole = tuned.settings.sampler == "grid" and over == len(tuned.settings.grid())
        more = "" if whole else " (raise --trials to make more)"
        echo(f"nothing to do: all {over:,} trials are over{more}")
    if tuned.best is not None:
        echo(f"best recipe: {tuned.folder.best}    page: {tuned.folder.page}")
        echo(tuned.command)
