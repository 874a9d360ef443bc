import numpy as np
import pytest
import torch

from tagonaut.interrupts import Stop
from tagonaut.learning.fitting import Examples, PictureExamples
from tagonaut.learning.fitting.fit_settings import NetworkSettings
from tagonaut.learning.fitting.history import Pruned
from tagonaut.learning.losses import binary_cross_entropy
from tagonaut.models.activation import Activation
from tagonaut.models.heads import LinearHead
from tagonaut.models.network import Architecture, create_network
from tagonaut.pixels.augment import AugmentSettings
from tests.terminal import Terminal


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
