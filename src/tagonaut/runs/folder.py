"""The run folder that training leaves, in plain formats: written whole, and read."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from tagonaut.data.splitting import (
    SPLITS,
    SplitTable,
    read_kept_scores,
    read_scores,
    write_kept_scores,
)
from tagonaut.deciding import DecisionRule, Evaluation, evaluate_rule, majority
from tagonaut.errors import TagonautError
from tagonaut.files.names import check_name
from tagonaut.files.out_folder import OutFolder, out_folder
from tagonaut.files.reading import parse_toml, read_bytes
from tagonaut.files.run_files import (
    DECISIONS_FILE,
    HISTORY_FILE,
    METRICS_FILE,
    RECIPE_FILE,
    RUN,
    SCORES_FILE,
    SHEET_FILE,
    SPLIT_FILE,
    grid_file,
)
from tagonaut.files.written_whole import files_replaced, write_whole
from tagonaut.interrupts import Stop
from tagonaut.learning.split_checks import new_test_rows
from tagonaut.reports.run_report import write_report
from tagonaut.runs.files import read_history, read_metrics
from tagonaut.tagger import Tagger, write_rule

if TYPE_CHECKING:
    from PIL.Image import Image

    from tagonaut.learning.fit import Fitted
    from tagonaut.learning.recipes import Recipe

# The metrics that another rule does not change.
LASTING = (
    *("recipe", "backbone", "seed", "parameters", "seconds"),
    *("interrupted", "folds", "kept", "watched", "grid"),
)


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run."""

    path: Path

    def rewrite_decisions(
        self, rule: DecisionRule, recipe: "Recipe", table: SplitTable, *, name: str | None = None
    ) -> dict[str, Any]:
        """Put another rule in place of the run's, with its figures; return the metrics.

        ``name``: the run's name in the report, default the folder's. Raises ``TagonautError``.
        """
        old = read_metrics(self.path / METRICS_FILE, LASTING)
        scores = read_kept_scores(self.path / SCORES_FILE, table)
        metrics = {**old, **_decided(rule, scores, table)}
        try:
            # The rule last: until then the run tags as it did.
            with files_replaced(self.path, last=DECISIONS_FILE) as beside:
                for file in (HISTORY_FILE, SHEET_FILE):
                    if (self.path / file).is_file():
                        shutil.copy(self.path / file, beside / file)
                _write_metrics(beside, name or self.path.name, recipe, metrics, table)
                write_rule(beside, rule)
        except OSError as error:
            raise TagonautError(f"{self.path}: cannot be written ({error})") from error
        return metrics

    def recipe(self, *, without_rule: bool = False) -> "Recipe":
        """The recipe as it was carried out; the kind and target of its rule may be left out."""
        # It needs PyTorch, and reading the pictures and scores of a run does not.
        from tagonaut.learning.recipes import Recipe

        file = self.path / RECIPE_FILE
        try:
            values = parse_toml(read_bytes(file).decode())
            if without_rule and isinstance(values.get("rule"), dict):
                for name in ("kind", "target"):
                    values["rule"].pop(name, None)
            return Recipe.model_validate(values)
        except RecursionError:
            raise TagonautError(f"{file}: damaged: nested too deeply") from None
        except (OSError, ValueError) as error:
            raise TagonautError(f"{file}: cannot be read ({error})") from None

    def table(self, tagger: Tagger) -> SplitTable:
        """The split that the run was trained on."""
        return SplitTable.read(self.path / SPLIT_FILE, tagger.labels)

    def scores(self, table: SplitTable, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """The stored scores of these rows of the table."""
        return read_scores(self.path / SCORES_FILE, table, rows)


@contextmanager
def new_run(out: Path | None, recipe: str) -> Iterator[OutFolder]:
    """Reserve the place of a run: ``out``, else the first free ``runs/RECIPE-N``.

    An existing run is replaced once the new one is complete, unless anything else is
    in it; that, and any other folder that is not empty, is a ``TagonautError``.
    """
    default = "" if out else f"runs/{check_name(recipe, 'the recipe')}"
    with out_folder(out, default, RUN, first="-1") as place:
        yield place


def replaced_run(place: OutFolder) -> tuple[str, ...]:
    """A note on the run that is going to be replaced, if one is."""
    if not place.replaces:
        return ()
    try:
        was = f"a run of recipe {RunFolder(place.path).recipe().name}"
    except TagonautError:
        was = "the run"
    return (f"{place.path}: {was} exists already, and is replaced once this one is complete",)


def write_run(
    place: OutFolder,
    tagger: Tagger,
    fitted: "Fitted",
    table: SplitTable,
    sheet: "Image | None" = None,
    *,
    interrupted: bool,
    stop: Stop | None = None,
) -> dict[str, Any]:
    """Write a run folder and return its metrics; raises ``TagonautError``.

    ``sheet``: augmented pictures, if there are any. ``interrupted``: whether the fit was cut short.
    ``stop`` and where the disk is full: see ``write_whole``.
    """
    metrics = _metrics(tagger.rule, fitted, table, interrupted=interrupted)

    def write(folder: Path) -> None:
        tagger.save(folder)
        table.write(folder / SPLIT_FILE)
        write_kept_scores(folder / SCORES_FILE, table, fitted.scores)
        fitted.history.write(folder / HISTORY_FILE)
        for fold, grid in enumerate(fitted.grids, 1):
            grid.write(folder / grid_file(fold if table.folded else None))
        if sheet is not None:
            sheet.save(folder / SHEET_FILE, quality=85)
        _write_metrics(folder, place.path.name, fitted.recipe, metrics, table)

    write_whole(place, write, stop=stop)
    return metrics


def _metrics(
    rule: DecisionRule, fitted: "Fitted", table: SplitTable, *, interrupted: bool
) -> dict[str, Any]:
    """The values of ``metrics.json``.

    ``parameters`` counts the network's, learned or loaded; a forest has none. ``folds`` counts the
    averaged models; None: one model, and no folds. ``kept`` is the epoch whose weights are kept,
    the best by the validation figure ``watched``. ``grid`` is the best point of a forest's search.
    """
    recipe, best = fitted.recipe, fitted.history.best()
    return {
        "recipe": recipe.name,
        "backbone": recipe.backbone,
        "seed": recipe.seed,
        "parameters": sum(some.numel() for some in fitted.network.parameters()) or None,
        "seconds": round(fitted.seconds, 1),
        "interrupted": interrupted,
        "folds": int(table.folds.max()) + 1 if table.folded else None,
        "kept": {"stage": best.stage, "epoch": best.epoch},
        "watched": fitted.history.watch,
        "grid": vars(fitted.grids[0].best()) if fitted.grids else None,
        **_decided(rule, fitted.scores, table),
    }


def _decided(rule: DecisionRule, scores: NDArray[np.float32], table: SplitTable) -> dict[str, Any]:
    """The metrics that follow from the rule; pictures whose ``scores[n, k]`` are NaN are left out.

    So are test pictures that are byte for byte pictures of another split; ``left_out`` counts them.
    A split without any scored picture has None in place of figures: so it can be where only some of
    the folds are complete.
    """
    baseline = baseline_tags(table)
    half = DecisionRule.at(rule.labels, groups=rule.groups)
    parts: dict[str, dict[str, Evaluation] | None] = dict.fromkeys(SPLITS)
    for part in SPLITS:
        rows = table.rows(part)
        judged = new_test_rows(table) if part == SPLITS[2] else rows
        judged = judged[np.isfinite(scores[judged, 0])]
        if not table.known[judged].any():
            continue
        ids, seen = [table.ids[row] for row in judged], part != SPLITS[2]
        raw = scores[judged]
        ways = {"tuned": (rule, raw), "at_0.5": (half, rule.calibrate(raw))}
        parts[part] = {
            name: evaluate_rule(
                chosen,
                ids,
                table.targets[judged],
                given,
                majority=baseline,
                known=table.known[judged],
                seen=ids if seen else (),
                in_sample=seen,
            )
            for name, (chosen, given) in ways.items()
        }
    return {
        "tuned_for": rule.metric,
        "decided_by": rule.tuning.kind if rule.tuning else None,
        "left_out": len(table.rows(SPLITS[2])) - len(new_test_rows(table)),
        **parts,
    }


def _write_metrics(
    folder: Path, name: str, recipe: "Recipe", metrics: dict[str, Any], table: SplitTable
) -> None:
    """Write the recipe, the metrics and the report, beside the history and the sheet."""
    values = recipe.model_dump(exclude_none=True)
    (folder / RECIPE_FILE).write_text(tomli_w.dumps(values), encoding="utf-8")
    text = json.dumps(metrics, indent=1, ensure_ascii=False)
    (folder / METRICS_FILE).write_text(text + "\n", encoding="utf-8")
    sheet = folder / SHEET_FILE
    write_report(
        folder,
        name,
        values,
        metrics,
        table.label_counts(),
        read_history(folder / HISTORY_FILE),
        read_bytes(sheet) if sheet.is_file() else None,
    )


def baseline_tags(table: SplitTable) -> NDArray[np.bool_]:
    """The labels that most training pictures have, ``tags[k]``: the majority baseline."""
    rows = table.learned()
    return majority(table.targets[rows], known=table.known[rows])
