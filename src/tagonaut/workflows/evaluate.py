"""How good a run is, on its own test pictures or on other labelled ones."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.dataset import Dataset, hash_pictures
from tagonaut.data.only import Chosen, Only, choose, only_of, read_only
from tagonaut.errors import DataError, PictureError, TagonautError
from tagonaut.tagger import Tagger
from tagonaut.workflows.by_value import figures_by_value, value_figures
from tagonaut.workflows.run_folder import RunFolder, baseline_tags, figures

Part = Literal["validation", "test"]


def evaluate_run(run: Path, part: Part = "test", *, only: Path | None = None) -> dict[str, Any]:
    """The stored scores of one of the run's own splits, judged; also written into the run.

    ``tuned`` and ``at_0.5`` hold what ``tagonaut.deciding.evaluate`` gives. The thresholds were
    tuned on ``validation``: its figures are not those of new pictures, and say so. ``only``: a file
    of the pictures to judge, see ``tagonaut.data.only``; the document then has ``only`` too.
    """
    folder, tagger = RunFolder(run), Tagger.load(run)
    table = folder.table(tagger)
    rows, named = table.rows(part), read_only(only) if only else None
    if named:
        elsewhere = {
            name: f"in the run's {split} split, not in {part}"
            for name, split in zip(table.ids, table.splits, strict=True)
            if split != part
        }
        chosen = choose(named, [table.ids[row] for row in rows], elsewhere=elsewhere)
        rows = rows[chosen.rows]
    scores = folder.scores(table, rows)
    arrays = table.targets[rows], scores, table.known[rows]
    document = {
        **_about(folder),
        "split": part,
        "in_sample": part != "test",
        **(_only(named, chosen, chosen.values, tagger, *arrays) if named else {}),
        **figures(tagger.rule, *arrays, baseline_tags(table)),
    }
    return _write(run, _name(part, only), document)


def evaluate_data(
    run: Path, dataset: Dataset, name: str, *, in_sample: bool, only: Path | None = None
) -> dict[str, Any]:
    """Labelled pictures scored and judged; also written into the run under ``name``.

    Pictures that the network or the thresholds have seen (by content) are left out, and counted in
    ``left_out``; with ``in_sample`` they stay, and the document says so. So are unreadable ones,
    listed in ``unreadable``. ``only``: as for ``evaluate_run``. Raises ``DataError`` where nothing
    is left.
    """
    folder, tagger = RunFolder(run), Tagger.load(run)
    table = folder.table(tagger)
    if dataset.labels != tagger.labels:
        raise TagonautError(f"the data's labels are not those of {run}")
    named = read_only(only) if only else None
    values: tuple[str, ...] = ()
    if named:
        dataset, chosen = only_of(dataset, named)
        values = chosen.values
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
    arrays = rest.targets[good], scores[good], rest.known[good]
    judged = figures(tagger.rule, *arrays, baseline_tags(table))
    if named:
        kept = np.ones(len(dataset), dtype=bool) if in_sample else ~familiar
        values = tuple(np.array(values)[kept][good].tolist()) if values else ()
        judged = {**_only(named, chosen, values, tagger, *arrays), **judged}
    document = {
        **_about(folder),
        "split": name,
        "in_sample": bool(in_sample and familiar.any()),
        "left_out": left_out,
        "unreadable": _lines(rest.paths, failures),
        **judged,
    }
    return _write(run, _name(name, only), document)


def _only(
    named: Only,
    chosen: Chosen,
    values: Sequence[str],
    tagger: Tagger,
    targets: NDArray[np.uint8],
    scores: NDArray[np.float32],
    known: NDArray[np.bool_],
) -> dict[str, Any]:
    """What is said of a choice of pictures: its figures, also of each of the file's values."""
    tags = tagger.decide(scores)
    return {
        "only": {
            "file": str(named.file),
            "named": len(named.names),
            "missing": list(chosen.missing),
            "all": value_figures(targets, tags, known),
            "column": named.column,
            "values": figures_by_value(values, targets, tags, known) if named.column else [],
        }
    }


def _name(what: str, only: Path | None) -> str:
    return what if only is None or only.stem == what else f"{what}-only-{only.stem}"


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
