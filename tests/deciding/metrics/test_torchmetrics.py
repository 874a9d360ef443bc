"""torchmetrics as a second oracle; its ``ignore_index`` is our ``known``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tagonaut.deciding.metrics import score_metrics
from tagonaut.deciding.metrics import tag_metrics as metrics
from tagonaut.deciding.metrics.reliability import calibration_error
from tests.deciding.drawn_arrays import Drawn

Opinion = tuple[Drawn, dict[str, Any]]
close = {"rel": 1e-5}


def untied(scores: NDArray[Any]) -> NDArray[Any]:
    """Scores of two digits, no two of a picture equal and none on the edge of a bin."""
    return (scores * 0.9 + np.arange(scores.shape[1]) * 1e-4).astype(np.float32)


@pytest.fixture(scope="module")
def opinion(tmp_path_factory: pytest.TempPathFactory) -> Opinion:
    random = np.random.default_rng(0)
    targets = (random.random((200, 6)) < 0.3).astype(np.uint8)
    scores = np.round(np.clip(random.random((200, 6)) * 0.7 + targets * 0.3, 0, 1), 2)
    known = random.random((200, 6)) < 0.8
    targets[:, 5] &= ~known[:, 5]
    arrays = Drawn(targets, scores.astype(np.float32), scores >= 0.5, known)
    path = tmp_path_factory.mktemp("arrays") / "arrays.npz"
    np.savez(path, **arrays._asdict(), untied=untied(arrays.scores))
    script = Path(__file__).with_name("torchmetrics_oracle.py")
    done = subprocess.run(
        [sys.executable, script, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return arrays, json.loads(done.stdout)


@pytest.mark.parametrize("average", ["none", "micro", "macro", "weighted"])
@pytest.mark.parametrize("name", ["precision", "recall", "accuracy", "f1", "f2", "jaccard"])
def test_it_agrees_on_tags(name: str, average: str, opinion: Opinion) -> None:
    (targets, _, tags, known), figures = opinion
    options: dict[str, Any] = {"known": known, "average": None if average == "none" else average}
    match name:
        case "accuracy":
            found = metrics.binary_accuracy(targets, tags, **options)
        case "f1" | "f2":
            found = metrics.fbeta(targets, tags, int(name[1:]), **options)
        case _:
            found = getattr(metrics, name)(targets, tags, **options)
    assert found == pytest.approx(figures[f"{name} {average}"], **close)


def test_it_agrees_on_wrong_cells(opinion: Opinion) -> None:
    (targets, _, tags, known), figures = opinion
    found = metrics.hamming_loss(targets, tags, known=known)
    assert found == pytest.approx(figures["hamming"], **close)


def test_it_agrees_on_areas(opinion: Opinion) -> None:
    (targets, scores, _, known), figures = opinion
    areas = score_metrics.average_precision(targets, scores, known=known)
    pairs = score_metrics.roc_auc(targets, scores, known=known)
    # Nobody has the last label; torchmetrics then says 0 of the ROC curve.
    assert np.isnan([areas[5], pairs[5]]).all()
    assert areas[:5] == pytest.approx(figures["ap none"][:5], **close)
    assert pairs[:5] == pytest.approx(figures["auroc none"][:5], **close)
    options: dict[str, Any] = {"known": known, "average": "micro"}
    pooled = score_metrics.mean_average_precision(targets, scores, **options)
    assert pooled == pytest.approx(figures["ap micro"], **close)
    pooled = score_metrics.roc_auc(targets, scores, **options)
    assert pooled == pytest.approx(figures["auroc micro"], **close)


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (score_metrics.coverage_error, "coverage_error"),
        (score_metrics.ranking_loss, "ranking_loss"),
        (score_metrics.label_ranking_average_precision, "ranking_average_precision"),
    ],
)
def test_it_agrees_on_each_pictures_ranking(ours: Any, name: str, opinion: Opinion) -> None:
    arrays, figures = opinion
    found = ours(arrays.targets, untied(arrays.scores))
    assert found == pytest.approx(figures[name], **close)


def test_it_agrees_on_calibration(opinion: Opinion) -> None:
    (targets, scores, _, known), figures = opinion
    found = calibration_error(targets, untied(scores), known=known, bins=15)
    assert found == pytest.approx(figures["calibration"], **close)
