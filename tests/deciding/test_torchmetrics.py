"""torchmetrics as a second oracle; its ``ignore_index`` is our ``known``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tagonaut import deciding

from .drawn_arrays import Drawn

Opinion = tuple[Drawn, dict[str, Any]]


@pytest.fixture(scope="module")
def opinion(tmp_path_factory: pytest.TempPathFactory) -> Opinion:
    random = np.random.default_rng(0)
    targets = (random.random((200, 6)) < 0.3).astype(np.uint8)
    scores = np.round(np.clip(random.random((200, 6)) * 0.7 + targets * 0.3, 0, 1), 2)
    known = random.random((200, 6)) < 0.8
    targets[:, 5] &= ~known[:, 5]
    arrays = Drawn(targets, scores.astype(np.float32), scores >= 0.5, known)
    path = tmp_path_factory.mktemp("arrays") / "arrays.npz"
    np.savez(path, **arrays._asdict())
    script = Path(__file__).with_name("torchmetrics_oracle.py")
    done = subprocess.run(
        [sys.executable, script, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return arrays, json.loads(done.stdout)


@pytest.mark.parametrize("average", ["none", "micro", "macro"])
@pytest.mark.parametrize("name", ["precision", "recall", "accuracy", "f1", "f2"])
def test_it_agrees_on_tags(name: str, average: str, opinion: Opinion) -> None:
    (targets, _, tags, known), figures = opinion
    options: dict[str, Any] = {"known": known, "average": None if average == "none" else average}
    match name:
        case "precision":
            found = deciding.precision(targets, tags, **options)
        case "recall":
            found = deciding.recall(targets, tags, **options)
        case "accuracy":
            found = deciding.binary_accuracy(targets, tags, **options)
        case _:
            found = deciding.fbeta(targets, tags, int(name[1:]), **options)
    assert found == pytest.approx(figures[f"{name} {average}"], rel=1e-5)


def test_it_agrees_on_average_precision(opinion: Opinion) -> None:
    (targets, scores, _, known), figures = opinion
    areas = deciding.average_precision(targets, scores, known=known)
    assert np.isnan(areas[5])
    assert areas[:5] == pytest.approx(figures["ap"][:5], rel=1e-5)
