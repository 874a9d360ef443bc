import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    log_loss,
    precision_recall_fscore_support,
)

from tagonaut.interrupts import Stop
from tagonaut.learning.fitting import Examples, PictureExamples
from tagonaut.learning.fitting.fit_frozen import fit_frozen, frozen_scores
from tagonaut.learning.fitting.fit_settings import FrozenSettings, NetworkSettings
from tagonaut.learning.fitting.history import Pruned, validation_figures
from tagonaut.learning.fitting.optimising import create_optimiser, create_schedule
from tagonaut.learning.losses import Grouped, binary_cross_entropy, create_loss
from tagonaut.models.activation import Activation
from tagonaut.models.feature_levels import FeatureLayout
from tagonaut.models.heads import LinearHead
from tagonaut.models.network import Architecture, Network, create_network
from tagonaut.pixels.augment import AugmentSettings
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


def test_schedules_are_what_they_are_called():
    def rates(schedule, **more):
        settings = FrozenSettings(
            epochs=6, batch_size=2, learning_rate=1.0, schedule=schedule, **more
        )
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        steps = create_schedule(optimiser, settings, 2)
        found = []
        for _ in range(12):
            found.append(steps.get_last_lr()[0])
            optimiser.step()
            steps.step()
        return found

    assert rates("constant") == [1.0] * 12
    cosine = [(1 + np.cos(np.pi * epoch / 6)) / 2 for epoch in range(6) for _ in range(2)]
    assert rates("cosine") == pytest.approx(cosine)
    assert rates("step") == pytest.approx([1.0] * 4 + [0.1] * 4 + [0.01] * 4)
    assert rates("constant", warmup=0.25) == pytest.approx([0.25, 0.5, 0.75] + [1.0] * 9)
    up_and_down = rates("onecycle", warmup=0.5)
    assert max(up_and_down) == pytest.approx(1.0)
    assert up_and_down[0] < 0.1
    assert up_and_down[-1] < 1e-3


@pytest.mark.parametrize("optimiser", ["sgd", "rmsprop"])
def test_one_cycle_leaves_the_momentum_that_the_recipe_names(optimiser):
    settings = FrozenSettings(
        epochs=2, batch_size=2, learning_rate=0.1, optimiser=optimiser, momentum=0.3,
        schedule="onecycle", warmup=0.3,
    )  # fmt: skip
    found = create_optimiser([{"params": [torch.nn.Parameter(torch.zeros(1))]}], settings)
    steps = create_schedule(found, settings, 5)
    for _ in range(9):
        assert found.param_groups[0]["momentum"] == 0.3
        found.step()
        steps.step()


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


def test_a_frozen_token_does_not_freeze_the_norms_of_the_stages_that_learn():
    # Imported late: it takes seconds.
    from tagonaut.learning.fitting.fit_network import FitModule

    activation = Activation(kind="sigmoid", labels=2)
    architecture = Architecture(backbone="visformer_tiny", head=LinearHead(), activation=activation)
    network, scale = create_network(architecture, "random", size=64)
    settings = NetworkSettings(epochs=1, batch_size=2, learning_rate=0.1, frozen_stages=1)
    fitting = FitModule(network, scale, settings, AugmentSettings(), binary_cross_entropy, 1)
    network.train()
    fitting.on_train_epoch_start()
    stem, last = network.backbone.stem[1], network.backbone.norm
    assert "pos_embed1" in dict(network.backbone.named_parameters())
    assert isinstance(stem, torch.nn.BatchNorm2d) and isinstance(last, torch.nn.BatchNorm2d)
    assert (stem.training, last.training) == (False, True)


def pictures(n=24):
    """Pixels whose brightness is their only label, and a small network for them."""
    rng = np.random.default_rng(0)
    targets = (np.arange(n) % 2).astype(np.uint8)[:, None]
    pixels = rng.integers(0, 100, (n, 32, 32, 3)) + 100 * targets[:, :, None, None]
    examples = Examples(targets, np.ones((n, 1), dtype=bool), np.arange(16), np.arange(16, n))
    activation = Activation(kind="sigmoid", labels=1)
    architecture = Architecture(backbone="test_resnet", head=LinearHead(), activation=activation)
    network, scale = create_network(architecture, "random", size=32)
    return PictureExamples(examples, pixels.astype(np.uint8), scale, AugmentSettings()), network


@pytest.mark.parametrize("end", ["patience", "stopped", "pruned", "whole"])
def test_a_fit_that_ends_early_leaves_no_progress_bar(end, monkeypatch):
    from tagonaut.learning.fitting.fit_network import fit_network

    examples, network = pictures()
    settings = NetworkSettings(
        epochs=1 if end == "whole" else 9, batch_size=8, learning_rate=1e-9, patience=1
    )
    stop = Stop()

    def on_epoch(epoch):
        stop.asked = end == "stopped"
        if end == "pruned":
            raise Pruned

    terminal = Terminal.put_in_place(monkeypatch)

    def fit_it():
        return fit_network(
            *(network, examples, binary_cross_entropy, settings),
            seed=0, stop=stop, on_epoch=on_epoch,
        )  # fmt: skip

    if end == "pruned":
        with pytest.raises(Pruned) as held:  # its traceback keeps every local variable
            fit_it()
        assert held.tb is not None
    else:
        assert len(fit_it().epochs) < 9
    assert "fitting the network" in terminal.getvalue()
    assert terminal.is_free()


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
