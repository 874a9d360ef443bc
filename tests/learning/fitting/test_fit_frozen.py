import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
)

from tagonaut.interrupts import Stop
from tagonaut.learning.fitting import Examples
from tagonaut.learning.fitting.fit_frozen import fit_frozen, frozen_scores
from tagonaut.learning.fitting.fit_settings import FrozenSettings
from tagonaut.learning.fitting.history import Pruned, validation_figures
from tagonaut.learning.losses import Grouped, binary_cross_entropy, create_loss
from tagonaut.models.activation import Activation
from tagonaut.models.feature_levels import FeatureLayout
from tagonaut.models.heads import LinearHead
from tagonaut.models.network import Architecture, Network
from tests.terminal import Terminal

SETTINGS = FrozenSettings(epochs=60, batch_size=32, learning_rate=0.02, schedule="cosine")


def problem(seed=0, n=400, d=6):
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(n, d)) * [1, 10, 0.1, 1, 1, 1] + 5).astype(np.float32)
    standard = (features - features.mean(0)) / features.std(0)
    logits = standard @ rng.normal(size=(d, 2)) * 1.5
    targets = (rng.random((n, 2)) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    known = np.ones((n, 2), dtype=bool)
    return features, Examples(targets, known, np.arange(300), np.arange(300, n))


def head_on(width, labels=2, head=None, activation=None):
    """A network that is nothing but a head on pooled features."""
    activation = activation or Activation(kind="sigmoid", labels=labels)
    architecture = Architecture(backbone="none", head=head or LinearHead(), activation=activation)
    return Network(architecture, torch.nn.Identity(), FeatureLayout("pooled", ((width,),)), 3)


def fit(features, examples, settings=SETTINGS, **more):
    network = head_on(features.shape[1])
    history = fit_frozen(
        network,
        features,
        examples,
        binary_cross_entropy,
        settings,
        seed=0,
        stop=more.pop("stop", Stop()),
        **more,
    )
    return network, history


def test_a_head_ranks_as_the_exact_solution_does():
    features, examples = problem()
    network, history = fit(features, examples)
    rows = examples.validation
    ours = frozen_scores(network, features, rows)
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
    scores = [
        frozen_scores(
            fit(features, Examples(targets, known, examples.train, examples.validation))[0],
            features,
            np.arange(len(features)),
        )
        for targets in (examples.targets, wrong)
    ]
    assert np.allclose(scores[0], scores[1], atol=1e-6)


def test_asked_to_stop_it_ends_after_an_epoch():
    stop = Stop()
    stop.asked = True
    _, history = fit(*problem(), stop=stop)
    assert len(history.epochs) == 1


def test_patience_ends_it_and_the_best_epoch_stays():
    features, examples = problem()
    settings = SETTINGS.model_copy(
        update={"learning_rate": 1.0, "schedule": "constant", "patience": 3, "watch": "loss"}
    )
    network, history = fit(features, examples, settings)
    losses = [epoch.validation_loss for epoch in history.epochs]
    assert len(losses) < 60
    assert losses.index(min(losses)) == len(losses) - 1 - 3
    rows = examples.validation
    again = validation_figures(
        examples.targets[rows], frozen_scores(network, features, rows), examples.known[rows]
    )
    assert again.loss == pytest.approx(min(losses), rel=1e-4)


def test_a_callback_may_end_it():
    def prune(epoch):
        if epoch.epoch == 2:
            raise Pruned

    with pytest.raises(Pruned):
        fit(*problem(), on_epoch=prune)


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "nadam", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "step", "onecycle"])
def test_every_optimiser_and_schedule_learns(optimiser, schedule):
    settings = FrozenSettings(
        epochs=6,
        batch_size=32,
        learning_rate=0.1 if optimiser == "sgd" else 0.01,
        optimiser=optimiser,
        momentum=0.9,
        schedule=schedule,
        warmup=0.2,
        clip=5.0,
    )
    _, history = fit(*problem(), settings)
    assert history.epochs[-1].train_loss < history.epochs[0].train_loss


def test_a_linear_head_starts_at_the_labels_shares_in_exclusive_groups_too():
    targets = np.zeros((10, 4), dtype=np.uint8)
    targets[np.arange(10), [0] * 7 + [2] * 2 + [3]] = 1
    targets[:4, 1] = 1
    everything = np.arange(10)
    examples = Examples(targets, np.ones((10, 4), dtype=bool), everything, everything)
    settings = FrozenSettings(epochs=1, batch_size=10, learning_rate=1e-9)
    activation = Activation(kind="groups", labels=4, groups=((0, 2, 3),))
    network = head_on(2, head=LinearHead(), activation=activation)
    features = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    loss = create_loss(Grouped(), activation, targets, examples.known)
    fit_frozen(network, features, examples, loss, settings, seed=0, stop=Stop())
    scores = frozen_scores(network, features, everything)
    assert scores == pytest.approx(np.tile([0.7, 0.4, 0.2, 0.1], (10, 1)), abs=1e-3)


def test_a_fit_that_diverges_ends_and_keeps_what_it_had():
    features, examples = problem()
    steps = iter(range(10_000))

    def loss(outputs, targets, known):
        cost = binary_cross_entropy(outputs, targets, known)
        return cost * (float("nan") if next(steps) > 35 else 1)

    network = head_on(features.shape[1])
    history = fit_frozen(network, features, examples, loss, SETTINGS, seed=0, stop=Stop())
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3, 4]  # of ten steps each
    assert np.isfinite(frozen_scores(network, features, examples.validation)).all()


def test_a_head_whose_fit_is_pruned_leaves_no_progress_bar(monkeypatch):
    terminal = Terminal.put_in_place(monkeypatch)
    features, examples = problem()

    def on_epoch(epoch):
        raise Pruned

    with pytest.raises(Pruned) as held:
        fit(features, examples, on_epoch=on_epoch)
    assert held.tb is not None
    assert "fitting the head" in terminal.getvalue()
    assert terminal.is_free()
