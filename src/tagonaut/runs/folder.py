"""The folder that training leaves, in plain formats, whole or not at all."""

import json
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

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
from tagonaut.deciding import DecisionRule, Evaluation, evaluate, majority
from tagonaut.errors import TagonautError
from tagonaut.files.out_folder import out_folder, take_place
from tagonaut.learning.fit import Fitted
from tagonaut.learning.recipes.recipe import Recipe
from tagonaut.learning.split_checks import new_test_rows
from tagonaut.reports.run_report import write_report
from tagonaut.runs.files import (
    HISTORY_FILE,
    METRICS_FILE,
    RECIPE_FILE,
    SCORES_FILE,
    SHEET_FILE,
    SPLIT_FILE,
    read_history,
    read_metrics,
)
from tagonaut.tagger import DECISIONS_FILE, MODEL_FILE, Tagger, write_rule

if TYPE_CHECKING:
    from PIL.Image import Image


# What of the metrics no other rule changes.
LASTING = (
    *("recipe", "backbone", "seed", "parameters", "seconds"),
    *("interrupted", "folds", "kept", "watched", "grid"),
)


def figures(
    rule: DecisionRule,
    targets: NDArray[np.uint8],
    scores: NDArray[np.float32],
    known: NDArray[np.bool_],
    baseline: NDArray[np.bool_],
    *,
    in_sample: int = 0,
) -> dict[str, Evaluation]:
    """The evaluation as the rule decides (``tuned``) and at one half (``at_0.5``).

    ``scores[n, k]`` are a network's own, and are calibrated first. ``in_sample``: how many of the
    pictures the network or the rule has seen.
    """
    scores = rule.calibrate(scores)
    rules = {"tuned": rule, "at_0.5": DecisionRule.at(rule.labels, groups=rule.groups)}
    return {
        name: evaluate(
            rule.labels,
            targets,
            scores,
            chosen.decide(scores),
            majority=baseline,
            thresholds=chosen.thresholds,
            known=known,
            in_sample=in_sample,
        )
        for name, chosen in rules.items()
    }


@dataclass(frozen=True)
class RunFolder:
    """A run's folder: written once, when all of it is known."""

    path: Path

    @classmethod
    def new(cls, out: Path | None, recipe: str) -> Self:
        """Where a run may go: ``out``, else the first free ``runs/RECIPE-N``.

        A run that is there already is replaced when the new one is complete; any other folder that
        is not empty is an error.
        """
        return cls(out_folder(out, f"runs/{recipe}", "run", marked_by=MODEL_FILE, first="-1"))

    def replaces(self) -> tuple[str, ...]:
        """What is told of the run that is there already."""
        if not (self.path / MODEL_FILE).is_file():
            return ()
        try:
            was = f"a run of recipe {self.recipe().name}"
        except TagonautError:
            was = "the run"
        return (f"{self.path}: {was} is there already, and is replaced when this one is complete",)

    def write(
        self,
        tagger: Tagger,
        fitted: Fitted,
        table: SplitTable,
        sheet: "Image | None" = None,
        *,
        interrupted: bool,
    ) -> dict[str, Any]:
        """Write everything and return the metrics; a run of that name is replaced at the end.

        ``sheet``: augmented pictures, where any were.
        """
        recipe, history = fitted.recipe, fitted.history
        metrics = _metrics(tagger.rule, fitted, table, interrupted=interrupted)
        try:
            temporary = Path(tempfile.mkdtemp(prefix=f".{self.path.name}-", dir=self.path.parent))
            temporary.chmod(0o755)
            try:
                tagger.save(temporary)
                table.write(temporary / SPLIT_FILE)
                write_kept_scores(temporary / SCORES_FILE, table, fitted.scores)
                history.write(temporary / HISTORY_FILE)
                for fold, grid in enumerate(fitted.grids, 1):
                    numbered = f"-fold-{fold}" if table.folded else ""
                    grid.write(temporary / f"grid{numbered}.csv")
                if sheet is not None:
                    sheet.save(temporary / SHEET_FILE, quality=85)
                _write_metrics(temporary, self.path.name, recipe, metrics, table)
                take_place(temporary, self.path)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        except OSError as error:
            raise TagonautError(f"{self.path}: the run cannot be written ({error})") from error
        return metrics

    def rewrite_decisions(
        self, rule: DecisionRule, recipe: Recipe, table: SplitTable
    ) -> dict[str, Any]:
        """Another rule in place of the run's, with the figures that follow; return the metrics."""
        old = read_metrics(self.path / METRICS_FILE, LASTING)
        scores = read_kept_scores(self.path / SCORES_FILE, table)
        metrics = {**old, **_decided(rule, scores, table)}
        try:
            with tempfile.TemporaryDirectory(prefix=".decide-", dir=self.path) as beside:
                place = Path(beside)
                for name in (HISTORY_FILE, SHEET_FILE):
                    if (self.path / name).is_file():
                        shutil.copy(self.path / name, place / name)
                _write_metrics(place, self.path.name, recipe, metrics, table)
                write_rule(place, rule)
                # The rule last: until then the run tags as it did.
                for file in sorted(place.iterdir(), key=lambda file: file.name == DECISIONS_FILE):
                    file.replace(self.path / file.name)
        except OSError as error:
            raise TagonautError(f"{self.path}: cannot be written ({error})") from error
        return metrics

    def recipe(self, *, without_rule: bool = False) -> Recipe:
        """The recipe as it was carried out; the kind and target of its rule may be left out."""
        file = self.path / RECIPE_FILE
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
            if without_rule and isinstance(values.get("rule"), dict):
                for name in ("kind", "target"):
                    values["rule"].pop(name, None)
            return Recipe.model_validate(values)
        except (OSError, ValueError) as error:
            raise TagonautError(f"{file}: cannot be read ({error})") from None

    def table(self, tagger: Tagger) -> SplitTable:
        """The split that the run was trained on."""
        return SplitTable.read(self.path / SPLIT_FILE, tagger.labels)

    def scores(self, table: SplitTable, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """The stored scores of these rows of the table."""
        return read_scores(self.path / SCORES_FILE, table, rows)


def _metrics(
    rule: DecisionRule, fitted: Fitted, table: SplitTable, *, interrupted: bool
) -> dict[str, Any]:
    """``parameters`` counts what was learned or loaded; a forest has none.

    ``folds``: how many models were averaged, None for a run of one that holds nothing out.
    ``kept``: the epoch whose weights are, for its best validation figure ``watched``. ``grid``: the
    best point of a forest's search.
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
    """What follows from the rule; pictures whose ``scores[n, k]`` are NaN are left out.

    So are test pictures that are byte for byte pictures of another split: ``left_out``.
    """
    baseline, parts = baseline_tags(table), {}
    for part in SPLITS:
        rows = table.rows(part)
        judged = new_test_rows(table) if part == SPLITS[2] else rows
        judged = judged[np.isfinite(scores[judged, 0])]
        seen = 0 if part == SPLITS[2] else len(judged)
        parts[part] = figures(
            rule,
            table.targets[judged],
            scores[judged],
            table.known[judged],
            baseline,
            in_sample=seen,
        )
    return {
        "tuned_for": rule.metric,
        "decided_by": rule.tuning.kind if rule.tuning else None,
        "left_out": len(table.rows(SPLITS[2])) - len(new_test_rows(table)),
        **parts,
    }


def _write_metrics(
    folder: Path, name: str, recipe: Recipe, metrics: dict[str, Any], table: SplitTable
) -> None:
    """The recipe, the metrics, and what shows them, beside the history and the sheet."""
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
        sheet.read_bytes() if sheet.is_file() else None,
    )


def baseline_tags(table: SplitTable) -> NDArray[np.bool_]:
    """What the majority baseline says of every picture, from the targets that were learned."""
    rows = table.learned()
    return majority(table.targets[rows], known=table.known[rows])
