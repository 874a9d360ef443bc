import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss

from tagonaut.interrupts import Stop
from tagonaut.learning.examples import Examples
from tagonaut.learning.fit_head import fit_head
from tagonaut.learning.history import validation_figures
from tagonaut.learning.losses import binary_cross_entropy
from tagonaut.learning.recipes import HeadSettings

SETTINGS = HeadSettings(epochs=60, batch_size=32, learning_rate=0.02, weight_decay=0.0)


def problem(seed=0, n=400, d=6):
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(n, d)) * [1, 10, 0.1, 1, 1, 1] + 5).astype(np.float32)
    standard = (features - features.mean(0)) / features.std(0)
    logits = standard @ rng.normal(size=(d, 2)) * 1.5
    targets = (rng.random((n, 2)) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    known = np.ones((n, 2), dtype=bool)
    return features, Examples(targets, known, np.arange(300), np.arange(300, n))


def scores_of(head, features):
    with torch.inference_mode():
        return head(torch.from_numpy(features)).sigmoid().numpy()


def test_the_loss_by_hand():
    logits = torch.tensor([[0.0, 2.0], [-1.0, 50.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    known = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    expected = (np.log(2) + np.log1p(np.exp(2)) + np.log1p(np.exp(-1))) / 3
    assert binary_cross_entropy(logits, targets, known).item() == pytest.approx(expected, rel=1e-6)
    assert binary_cross_entropy(logits, targets, known * 0).item() == 0


def test_validation_figures_are_scikit_learns():
    rng = np.random.default_rng(0)
    scores = rng.random((50, 3)).astype(np.float32)
    targets = (rng.random((50, 3)) < 0.4).astype(np.uint8)
    loss, precision = validation_figures(targets, scores, np.ones((50, 3), dtype=bool))
    assert loss == pytest.approx(log_loss(targets.ravel(), scores.ravel().astype(float)), rel=1e-5)
    assert precision == pytest.approx(average_precision_score(targets, scores))


def test_a_head_ranks_as_the_exact_solution_does():
    features, examples = problem()
    head, history = fit_head(features, examples, SETTINGS, seed=0, stop=Stop())
    rows = examples.validation
    ours = scores_of(head, features)[rows]
    for label in range(2):
        targets = examples.targets[:, label]
        exact = LogisticRegression(C=1e6, max_iter=5000)
        exact.fit(features[examples.train], targets[examples.train])
        wanted = exact.predict_proba(features[rows])[:, 1]
        best = average_precision_score(targets[rows], wanted)
        assert average_precision_score(targets[rows], ours[:, label]) > best - 0.01
    assert len(history.epochs) == 60
    assert history.best().validation_map == max(epoch.validation_map for epoch in history.epochs)


def test_unknown_cells_teach_nothing():
    features, examples = problem()
    known = examples.known.copy()
    known[::2, 1] = False
    wrong = examples.targets.copy()
    wrong[::2, 1] ^= 1
    heads = [
        fit_head(
            features,
            Examples(targets, known, examples.train, examples.validation),
            SETTINGS,
            seed=0,
            stop=Stop(),
        )[0]
        for targets in (examples.targets, wrong)
    ]
    assert np.allclose(scores_of(heads[0], features), scores_of(heads[1], features), atol=1e-6)


def test_asked_to_stop_it_ends_after_an_epoch():
    stop = Stop()
    stop.asked = True
    features, examples = problem()
    _, history = fit_head(features, examples, SETTINGS, seed=0, stop=stop)
    assert len(history.epochs) == 1
