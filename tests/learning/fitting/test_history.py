import math

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    log_loss,
    precision_recall_fscore_support,
)

from tagonaut.learning.fitting.history import Epoch, History, validation_figures

NAN = math.nan


def epoch(stage, number, loss, area):
    return Epoch(stage, number, 1.0, loss, area, area, area, area, 0.1, 1.0)


def test_the_best_epoch_is_one_of_the_last_stage_which_alone_is_kept():
    # The head was kept for its loss, so the best ranking of its stage is lost.
    head = [epoch("head", 1, 0.5, 0.9), epoch("head", 2, 0.4, 0.7)]
    network = [epoch("network", 0, 0.4, 0.7), epoch("network", 1, 0.3, 0.8)]
    assert History("loss", head).best() is head[1]
    assert History("map", [*head, *network]).best() is network[1]
    assert History("map", [*head, *network[:1]]).best() is network[0]


@pytest.mark.parametrize("watch", ["map", "f1", "loss"])
def test_an_epoch_without_figures_is_never_the_best_and_the_last(watch):
    epochs = [epoch("head", 1, NAN, NAN), epoch("head", 2, 0.5, 0.6), epoch("head", 3, NAN, NAN)]
    assert History(watch, epochs).best() is epochs[1]
    assert not History(watch, epochs[:2]).is_over(0)
    assert History(watch, epochs).is_over(0)


def test_where_no_ranking_can_be_judged_the_loss_is():
    # Of no label is there a positive among the validation pictures.
    epochs = [epoch("head", number, loss, NAN) for number, loss in ((1, 0.5), (2, 0.3), (3, 0.4))]
    assert History("map", epochs).best() is epochs[1]


def test_scores_that_are_no_numbers_have_no_figures():
    scores = np.array([[0.5, NAN], [0.1, 0.2]], dtype=np.float32)
    targets, known = np.eye(2, dtype=np.uint8), np.ones((2, 2), dtype=bool)
    assert all(
        math.isnan(figure) for figure in vars(validation_figures(targets, scores, known)).values()
    )


def test_validation_figures_are_scikit_learns():
    rng = np.random.default_rng(0)
    scores = rng.random((50, 3)).astype(np.float32)
    targets = (rng.random((50, 3)) < 0.4).astype(np.uint8)
    figures = validation_figures(targets, scores, np.ones((50, 3), dtype=bool))
    assert figures.loss == pytest.approx(
        log_loss(targets.ravel(), scores.ravel().astype(float)), rel=1e-5
    )
    assert figures.map == pytest.approx(average_precision_score(targets, scores))
    expected = precision_recall_fscore_support(targets, scores >= 0.5, average="micro")
    assert (figures.precision, figures.recall, figures.f1) == pytest.approx(expected[:3])
