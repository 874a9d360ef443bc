"""The trials of a search, in a journal that survives a kill."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json, read_bytes
from tagonaut.learning.searching.tune_settings import Choices, Range, TuneSettings, Value

if TYPE_CHECKING:
    import optuna

Outcome = Literal["complete", "pruned", "failed"]

# No trial is pruned before this many are complete: the median of fewer means little.
STARTUP_TRIALS = 4
STUDY, ENDED = "tune", "ended"


@dataclass(frozen=True)
class Trial:
    """One trial that is over: the values tried and the result.

    ``objective``, 0 to 1, is that of ``best_epoch``; both are None if no epoch gave a figure.
    Epochs are counted from 1, through all stages. ``note``: why the trial failed.
    """

    number: int
    values: dict[str, Value]
    outcome: Outcome
    objective: float | None
    best_epoch: int | None
    epochs: int
    seconds: float
    note: str = ""


class RunningTrial:
    """One trial under way: its ``number``, from 1, and the ``values`` of the searched keys."""

    def __init__(self, study: "optuna.Study", settings: TuneSettings, number: int) -> None:
        self.number = number
        self._study, self._trial = study, study.ask()
        self.values = {key: _suggest(self._trial, key, at) for key, at in settings.space.items()}
        self._figures: list[float] = []

    def report(self, figure: float) -> bool:
        """Report the objective after one more epoch; true if the trial should be pruned."""
        self._figures.append(figure)
        if not math.isfinite(figure):
            return False
        self._trial.report(figure, len(self._figures))
        return self._trial.should_prune()

    def end(
        self, outcome: Outcome, seconds: float, *, kept: int | None = None, note: str = ""
    ) -> Trial:
        """End the trial and write it to the journal.

        ``kept``: the epoch whose weights a run would keep, from 1; by default the best reported.
        """
        finite = [at for at, figure in enumerate(self._figures) if math.isfinite(figure)]
        best = max(finite, key=lambda at: self._figures[at], default=None)
        if kept is not None and kept - 1 in finite:
            best = kept - 1
        if best is None and outcome != "failed":
            outcome, note = "failed", "no epoch gave a figure"
        trial = Trial(
            self.number,
            self.values,
            outcome,
            None if best is None else self._figures[best],
            None if best is None else best + 1,
            len(self._figures),
            round(seconds, 3),
            note,
        )
        # One line of the journal, before Optuna's own: a trial without it was interrupted.
        self._trial.set_user_attr(ENDED, vars(trial))
        _tell(self._study, self._trial.number, trial)
        return trial


class Search:
    """An Optuna study, kept as JSON lines in the file ``journal``; nothing is pickled.

    Only one process may open it at a time. An interrupted trial is repeated, and the values tried
    do not depend on how often the search was interrupted. Raises ``TagonautError`` for a damaged
    journal.
    """

    def __init__(self, journal: Path, settings: TuneSettings, seed: int) -> None:
        self.settings, self.seed = settings, seed
        self._journal = journal
        with _told_in_a_line(journal):
            self._study = _study(journal, settings)
            self.trials()
            for trial in self._study.trials:
                if not trial.state.is_finished():
                    ended = trial.user_attrs.get(ENDED)
                    _tell(self._study, trial.number, _trial(ended) if ended else None)

    def trials(self) -> list[Trial]:
        """The trials that are over, in their order."""
        ended = [trial.user_attrs.get(ENDED) for trial in self._study.trials]
        return [_trial(record) for record in ended if record]

    def best(self) -> Trial | None:
        """The complete trial with the highest objective; the first of equals."""
        complete = [trial for trial in self.trials() if trial.outcome == "complete"]
        return max(complete, key=lambda trial: trial.objective or 0.0, default=None)

    def next_trial(self) -> RunningTrial | None:
        """Start the next trial; None if all planned trials are over."""
        number = len(self.trials()) + 1
        if number > self.settings.planned:
            return None
        self._study.sampler = _sampler(self.settings, self.seed, number)
        with _told_in_a_line(self._journal):
            return RunningTrial(self._study, self.settings, number)


def _study(journal: Path, settings: TuneSettings) -> "optuna.Study":
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    class NoLock(JournalFileOpenLock):
        """No lock: Optuna's lock file would outlive a kill, and stop the next process."""

        def acquire(self) -> bool:
            return True

        def release(self) -> None:
            pass

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if settings.pruning:
        pruner = optuna.pruners.MedianPruner(STARTUP_TRIALS, settings.warmup)
    _check_lines(journal)
    storage = JournalStorage(JournalFileBackend(str(journal), NoLock(str(journal))))
    if not storage.get_all_studies():
        optuna.create_study(study_name=STUDY, storage=storage, direction="maximize")
    return optuna.load_study(study_name=STUDY, storage=storage, pruner=pruner)


@contextmanager
def _told_in_a_line(journal: Path) -> Iterator[None]:
    """Raise ``TagonautError`` for what Optuna raises for a journal that is damaged, or no file."""
    import optuna

    damages = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError)
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise TagonautError(f"{journal}: damaged, or cannot be used ({reason})") from None
    except (*damages, NotImplementedError, optuna.exceptions.OptunaError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise TagonautError(f"{journal}: damaged ({reason:.200})") from None


def _check_lines(journal: Path) -> None:
    """Remove the half line that a kill may leave, before the next line is appended to it.

    Raises ``ValueError`` for a line that is no JSON object, and ``OSError`` for what is no plain
    file: Optuna reads whatever is there.
    """
    text = read_bytes(journal) if os.path.lexists(journal) else b""
    whole = text.rfind(b"\n") + 1
    for line in text[:whole].splitlines():
        if not isinstance(parse_json(line), dict):
            raise ValueError("a line is no JSON object")
    if whole < len(text):
        with journal.open("r+b") as file:
            file.truncate(whole)


def _sampler(settings: TuneSettings, seed: int, number: int) -> "optuna.samplers.BaseSampler":
    """A fresh sampler for each trial: one seed for all would start over in each process."""
    import numpy as np
    from optuna.samplers import RandomSampler, TPESampler

    class GridSampler(RandomSampler):
        """The combination of the grid with the trial's number."""

        def sample_independent(self, study: Any, trial: Any, name: str, among: Any) -> Any:
            return json.dumps(settings.grid()[number - 1][name])

    own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    match settings.sampler:
        case "grid":
            return GridSampler()
        case "random":
            return RandomSampler(own)
        case "tpe":
            return TPESampler(seed=own)


def _suggest(trial: "optuna.Trial", key: str, dimension: Choices | Range) -> Value:
    if isinstance(dimension, Choices):
        # As text: for Optuna 1 and True are the same value, and a list is not allowed.
        texts = [json.dumps(value) for value in dimension.choices]
        return dimension.choices[texts.index(trial.suggest_categorical(key, texts))]
    if dimension.integer:
        return trial.suggest_int(key, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(key, dimension.low, dimension.high, log=dimension.log)


def _tell(study: "optuna.Study", at: int, trial: Trial | None) -> None:
    """Tell Optuna the outcome of a trial; an interrupted one has failed."""
    from optuna.trial import TrialState

    match trial.outcome if trial else "failed":
        case "complete":
            study.tell(at, trial.objective if trial else None)
        case "pruned":
            study.tell(at, state=TrialState.PRUNED)
        case "failed":
            study.tell(at, state=TrialState.FAIL)


def _trial(record: Any) -> Trial:
    """A trial as the journal has it; raises ``ValueError`` for a record of another form."""
    trial: Trial = TypeAdapter(Trial).validate_python(record)
    if trial.objective is not None and not 0 <= trial.objective <= 1:
        raise ValueError(f"an objective of {trial.objective}")
    return trial
