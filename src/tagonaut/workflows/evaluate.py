"""How good a run is, on its own test pictures or on other labelled ones."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tagonaut.data.dataset import Dataset, hash_pictures
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.tagger import Tagger
from tagonaut.workflows.run_folder import RunFolder, baseline_tags, figures

Part = Literal["validation", "test"]


def evaluate_run(run: Path, part: Part = "test") -> dict[str, Any]:
    """The stored scores of one of the run's own splits, judged; also written into the run.

    ``tuned`` and ``at_0.5`` hold what ``tagonaut.deciding.evaluate`` gives. The thresholds were
    tuned on ``validation``: its figures are not those of new pictures, and say so.
    """
    folder, tagger = RunFolder(run), Tagger.load(run)
    table = folder.table(tagger)
    rows = table.rows(part)
    scores = folder.scores(table, rows)
    judged = figures(
        tagger.rule, table.targets[rows], scores, table.known[rows], baseline_tags(table)
    )
    document = {**_about(folder), "split": part, "in_sample": part != "test", **judged}
    return _write(run, part, document)


def evaluate_data(run: Path, dataset: Dataset, name: str, *, in_sample: bool) -> dict[str, Any]:
    """Labelled pictures scored and judged; also written into the run under ``name``.

    Pictures that the network or the thresholds have seen (by content) are left out, and counted in
    ``left_out``; with ``in_sample`` they stay, and the document says so. So are unreadable ones,
    listed in ``unreadable``. Raises ``DataError`` where nothing is left.
    """
    folder, tagger = RunFolder(run), Tagger.load(run)
    table = folder.table(tagger)
    if dataset.labels != tagger.labels:
        raise TagonautError(f"the data's labels are not those of {run}")
    seen = {table.hashes[row] for part in ("train", "validation") for row in table.rows(part)}
    hashes = hash_pictures(dataset.paths)
    familiar = np.array([content in seen for content in hashes], dtype=bool)
    left_out = 0 if in_sample else int(familiar.sum())
    rest = dataset if in_sample else dataset.subset(~familiar)
    if not len(rest):
        raise DataError(
            f"{run} learned from all {len(dataset):,} pictures or tuned its thresholds on them:"
            " nothing is left to judge it by (--in-sample judges all the same, and says so)"
        )
    scores, failures = tagger.scores(rest.paths, progress=True)
    good = np.array([row not in failures for row in range(len(rest))], dtype=bool)
    if not good.any():
        raise DataError("no picture can be read", _lines(rest.paths, failures))
    judged = figures(
        tagger.rule, rest.targets[good], scores[good], rest.known[good], baseline_tags(table)
    )
    document = {
        **_about(folder),
        "split": name,
        "in_sample": bool(in_sample and familiar.any()),
        "left_out": left_out,
        "unreadable": _lines(rest.paths, failures),
        **judged,
    }
    return _write(run, name, document)


def _about(folder: RunFolder) -> dict[str, Any]:
    recipe = folder.recipe()
    return {
        "run": str(folder.path),
        "recipe": recipe.name,
        "backbone": recipe.backbone,
        "seed": recipe.seed,
        "tuned_for": recipe.metric,
    }


def _lines(paths: Sequence[Path], failures: dict[int, PictureError]) -> list[str]:
    return [f"{paths[row]}: {error}" for row, error in sorted(failures.items())]


def _write(run: Path, name: str, document: dict[str, Any]) -> dict[str, Any]:
    base = run / f"evaluation-{name}"
    document = {**document, "written": [f"{base}.json", f"{base}.csv"]}
    try:
        text = json.dumps(document, indent=1, ensure_ascii=False)
        Path(f"{base}.json").write_text(text + "\n", encoding="utf-8")
        with Path(f"{base}.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [
                {"thresholds": kind, **row}
                for kind in ("tuned", "at_0.5")
                for row in document[kind]["labels"]
            ]
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise TagonautError(f"{base}.json: cannot be written ({error.strerror})") from None
    return document
