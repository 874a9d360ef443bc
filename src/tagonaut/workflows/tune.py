"""Searches the best settings of a recipe on labelled pictures."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from tagonaut.data.dataset import Dataset
from tagonaut.data.text import formula_notes
from tagonaut.errors import Interrupted, TagonautError, nearest
from tagonaut.files.locks import locked
from tagonaut.interrupts import Stop, stoppable
from tagonaut.learning.fit import fit
from tagonaut.learning.fitting import Epoch, Pruned
from tagonaut.learning.prepared import Prepared
from tagonaut.learning.preparing import Preparing, PreparingKeywords, prepare
from tagonaut.learning.recipes import Recipe, load_recipe
from tagonaut.learning.searching import (
    Choices,
    Outcome,
    RunningTrial,
    Search,
    Trial,
    TuneSettings,
    Value,
    change,
)
from tagonaut.learning.searching.search_folder import SearchFolder
from tagonaut.reports.tune import plain, write_page
from tagonaut.terminal import say

SEARCHED = ("backbone", "size", "normalise", "head", "loss", "augment", "frozen", "network")
"""Keys and tables of a recipe that can be searched, since all trials share one split."""
OBJECTIVES = {"map": "validation mAP", "f1": "validation F1"}


@dataclass(frozen=True)
class Tuned:
    """The result of a search: its folder, and all trials that are over, ``made`` of them just now.

    ``best`` is None if no trial is complete. ``left_out``: whether some pictures could not be read.
    """

    folder: SearchFolder
    trials: tuple[Trial, ...]
    made: int
    best: Trial | None
    settings: TuneSettings
    seed: int
    command: str
    notes: tuple[str, ...]
    interrupted: bool
    left_out: bool

    @property
    def objective(self) -> str:
        """The title of the figure that was maximised."""
        return OBJECTIVES[self.settings.objective]


def tune(
    dataset: Dataset,
    recipe: str,
    changes: Sequence[str] = (),
    *,
    out: str | Path | None = None,
    source: str = "the data",
    command: str = "tagonaut train DATA",
    **how: Unpack[PreparingKeywords],
) -> Tuned:
    """Search the space of ``recipe`` (its ``[tune]``), with ``changes`` as ``load_recipe`` takes.

    All trials share one split, decoded pictures and frozen features; figures of the test pictures
    are never computed. Every trial that is over is kept in ``out``, by default
    ``runs/RECIPE-tune``, and the same call continues with the others. ``how``: the split and the
    weights. ``source`` and ``command``: the page's name of the data, and the command that trains on
    it. Ctrl-C ends the search after the epoch under way. Raises ``TagonautError``.
    """
    base = load_recipe(recipe, changes)
    weights, backbone = how.get("weights"), how.get("backbone")
    settings = _settings(base, searches_backbone_of=weights or backbone)
    trial = _Recipes(recipe, tuple(changes), settings)
    trial.check()
    described = _described(base, weights, backbone)
    folder = SearchFolder.find(Path(out) if out else None, base.name, described)
    with stoppable("Stopping after this epoch; the trials that are over are kept") as stop:
        prepared = prepare(dataset, trial.searching({}), Preparing(**how), stop=stop)
        folder.open(described, prepared.table)
        with locked(folder.path / ".lock"):
            search = Search(folder.journal, settings, base.seed)
            made = _search(search, folder, trial, prepared, stop)
            trials = tuple(search.trials())
            tuned = Tuned(
                folder,
                trials,
                made,
                search.best(),
                settings,
                base.seed,
                f"{command} \\\n    --recipe {folder.best}",
                (*prepared.notes, *_grid_notes(settings), *_formulas(settings)),
                stop.asked and len(trials) < settings.planned,
                bool(prepared.left_out),
            )
            _write(tuned, trial, prepared, source)
    return tuned


@dataclass(frozen=True)
class _Recipes:
    """Makes the recipes of the trials."""

    name: str
    changes: tuple[str, ...]
    settings: TuneSettings

    def searching(self, values: dict[str, Value]) -> Recipe:
        """The recipe of a trial with these values."""
        return self._load([*self.settings.changes, *_changes(values)])

    def best(self, values: dict[str, Value]) -> Recipe:
        """The recipe with these values, without the changes that apply only during the search."""
        return self._load(_changes(values))

    def check(self) -> None:
        """Check every value of the space now, so that no search fails after hours."""
        for key, value in self.settings.samples():
            self.searching({key: value})
            self.best({key: value})

    def _load(self, changes: Sequence[str]) -> Recipe:
        return load_recipe(self.name, [*self.changes, *changes])


def _changes(values: dict[str, Value]) -> list[str]:
    return [change(key, value) for key, value in values.items()]


def _settings(base: Recipe, *, searches_backbone_of: str | Path | None) -> TuneSettings:
    settings = base.tune
    if base.forest is not None:
        raise TagonautError(
            f"recipe {base.name} has a search of its own: tagonaut train tries every"
            " forest.max_depth and forest.n_estimators that it lists"
        )
    if settings is None or not settings.space:
        raise TagonautError(
            f"recipe {base.name} has no [tune.space]: name the keys to search, such as"
            f" --space {'frozen' if base.frozen else 'network'}.learning_rate=1e-4..1e-1:log"
        )
    for key in settings.space:
        if key.partition(".")[0] not in SEARCHED:
            raise TagonautError(
                f"{key} cannot be searched: there is no {nearest(key, SEARCHED)} among"
                f" {', '.join(SEARCHED)}"
            )
        if key == "backbone" and searches_backbone_of is not None:
            raise TagonautError("a search over backbones takes neither --weights nor --backbone")
    return settings


def _grid_notes(settings: TuneSettings) -> tuple[str, ...]:
    combinations = len(settings.grid()) if settings.sampler == "grid" else 0
    if combinations <= settings.trials:
        return ()
    return (f"only the first {settings.trials:,} of {combinations:,} combinations are tried",)


def _formulas(settings: TuneSettings) -> tuple[str, ...]:
    choices = [d.choices for d in settings.space.values() if isinstance(d, Choices)]
    return formula_notes(value for some in choices for value in some if isinstance(value, str))


def _described(base: Recipe, weights: str | Path | None, backbone: str | None) -> dict[str, Any]:
    """The settings that identify a search; the number of trials may be changed at any time."""
    values = base.model_dump(
        mode="json", exclude={"tune": {"trials"}, "source": True, "summary": True}
    )
    weights = Path(weights).name if weights is not None else None
    return {**values, "--weights": weights, "--backbone": backbone}


def _search(
    search: Search, folder: SearchFolder, trial: _Recipes, prepared: Prepared, stop: Stop
) -> int:
    """Make the trials that are left; return their number."""
    made = 0
    if done := len(search.trials()):
        planned = search.settings.planned
        if done < planned:
            say(f"{done} of {planned} trials are done already")
    while not stop.asked and (running := search.next_trial()) is not None:
        values = ", ".join(f"{key} {plain(value)}" for key, value in running.values.items())
        say(f"trial {running.number} of {search.settings.planned}: {values}")
        ended = _make(running, folder, trial, search, prepared, stop)
        if ended is None:
            break
        made += 1
        folder.write_trials(search.trials())
        say(_line(ended, search))
    return made


def _resolved(trial: _Recipes, running: RunningTrial, prepared: Prepared) -> Recipe:
    resolved: dict[str, Any] = {"bands": prepared.recipe.bands}
    if "backbone" not in running.values:
        resolved["backbone"] = prepared.recipe.backbone
    return trial.searching(running.values).model_copy(update=resolved)


def _make(
    running: RunningTrial,
    folder: SearchFolder,
    trial: _Recipes,
    search: Search,
    prepared: Prepared,
    stop: Stop,
) -> Trial | None:
    """Make one trial; None if it was asked to stop before the trial's end."""
    epochs: list[Epoch] = []
    start, kept, note = time.monotonic(), None, ""
    outcome: Outcome = "complete"

    def report(epoch: Epoch) -> None:
        epochs.append(epoch)
        worse = running.report(getattr(epoch, f"validation_{search.settings.objective}"))
        last = recipe.network or recipe.frozen
        stage = "head" if recipe.network is None else "network"
        over = last is not None and (epoch.stage, epoch.epoch) == (stage, last.epochs)
        if worse and not over:
            raise Pruned

    try:
        # Values that are valid one by one may contradict each other.
        recipe = _resolved(trial, running, prepared)
        fitted = fit(prepared, recipe, stop=stop, on_epoch=report, parts=("validation",))
        kept = epochs.index(fitted.history.best()) + 1
    except Pruned:
        outcome = "pruned"
    except Interrupted:
        return None
    except TagonautError as error:
        outcome, note = "failed", str(error)
    if stop.asked:
        return None
    # Before the journal records that the trial is over.
    folder.write_history(running.number, epochs)
    return running.end(outcome, time.monotonic() - start, kept=kept, note=note)


def _line(trial: Trial, search: Search) -> str:
    objective = OBJECTIVES[search.settings.objective]
    if trial.objective is None:
        return f"trial {trial.number} failed: {trial.note}"
    best = search.best()
    so_far = "" if best is None else f" (best {best.objective:.4f}, trial {best.number})"
    ended = f", ended after {trial.epochs} epochs" if trial.outcome == "pruned" else ""
    return f"trial {trial.number}: {objective} {trial.objective:.4f}{ended}{so_far}"


def _write(tuned: Tuned, trial: _Recipes, prepared: Prepared, source: str) -> None:
    """Write ``best.toml`` and the page, unless they are up to date."""
    folder, best, settings = tuned.folder, tuned.best, tuned.settings
    if not tuned.made and folder.page.exists():
        return
    if best is not None:
        recipe = trial.best(best.values)
        if "backbone" not in best.values:
            recipe = recipe.model_copy(update={"backbone": prepared.recipe.backbone})
        origin = f"Best of {len(tuned.trials)} trials of recipe {recipe.name}: {tuned.objective}"
        folder.write_best(recipe, f"{origin} {best.objective:.4f}.")
    write_page(
        folder.page,
        {
            "title": folder.path.resolve().name,
            "summary": trial.searching({}).summary,
            "source": source,
            "pictures": prepared.table.label_counts()[""],
            "objective": tuned.objective,
            "sampler": settings.sampler,
            "planned": settings.planned,
            "changes": settings.changes,
            "seed": tuned.seed,
            "command": tuned.command,
        },
        {key: dimension.model_dump() for key, dimension in settings.space.items()},
        [vars(one) for one in tuned.trials],
        folder.histories(tuned.trials),
    )
