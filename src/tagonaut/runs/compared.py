"""Reads a run folder without its network, for a comparison of figures."""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import SplitTable, read_kept_scores
from tagonaut.deciding import DecisionRule
from tagonaut.errors import TagonautError
from tagonaut.files.out_folder import recover
from tagonaut.files.run_files import (
    DECISIONS_FILE,
    HISTORY_FILE,
    METRICS_FILE,
    RUN,
    SCORES_FILE,
    SPLIT_FILE,
)
from tagonaut.labels import LabelSet
from tagonaut.reports.compare import ComparedRun, RunSplit
from tagonaut.runs.files import read_history, read_metrics, read_object


def read_stored_run(run: Path, name: str) -> ComparedRun:
    """Read a run for a comparison; raises ``TagonautError`` for a missing or damaged one."""
    recover(run, RUN)
    if not (run / METRICS_FILE).is_file():
        raise TagonautError(f"{run}: not a run folder: it holds no {METRICS_FILE}")
    try:
        return _read(run, name)
    except TagonautError as error:
        # Messages about damaged files may have several lines.
        raise TagonautError(" ".join(str(error).split())) from None


def _read(run: Path, name: str) -> ComparedRun:
    about, decisions = read_metrics(run / METRICS_FILE), read_object(run / DECISIONS_FILE)
    try:
        rule = DecisionRule.from_json(decisions)
    except TagonautError as error:
        raise TagonautError(f"{run / DECISIONS_FILE}: {error}") from None
    table = SplitTable.read(run / SPLIT_FILE, LabelSet(rule.labels))
    scores = read_kept_scores(run / SCORES_FILE, table)
    scored = np.isfinite(scores).all(axis=1)
    if scored.any():
        scores[scored] = rule.calibrate(scores[scored])
    # Scores of held-out folds are out of sample, and show no overfitting.
    learned = np.full_like(scores, np.nan) if table.folded else scores
    splits = {
        "train": _split(table, learned, table.learned()),
        "validation": _split(table, scores, table.out_of_sample()),
        "test": _split(table, scores, table.rows("test")),
    }
    for needed in ("validation", "test"):
        without = int((~np.isfinite(splits[needed].scores).all(axis=1)).sum())
        if without or not splits[needed].pictures:
            raise TagonautError(
                f"{run / SCORES_FILE}: damaged, or of another run: {without:,} of"
                f" {len(splits[needed].pictures):,} {needed} pictures have no scores"
            )
    return ComparedRun(name, str(run), about, rule, splits, read_history(run / HISTORY_FILE))


def _split(table: SplitTable, scores: NDArray[np.float32], rows: NDArray[np.intp]) -> RunSplit:
    # Copies of one file are told apart by their turn.
    turn: Counter[str] = Counter()
    pictures = []
    for row in rows:
        content = table.hashes[row]
        pictures.append(f"{content} {turn[content]}" if turn[content] else content)
        turn[content] += 1
    return RunSplit(tuple(pictures), table.targets[rows], table.known[rows], scores[rows])
