"""Fits a head on frozen features, within seconds and without Lightning."""

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tagonaut.interrupts import Stop
from tagonaut.learning.fitting.batches import epoch_batches
from tagonaut.learning.fitting.examples import Examples
from tagonaut.learning.fitting.fit_settings import FrozenSettings
from tagonaut.learning.fitting.history import Epoch, History, OnEpoch, validation_figures
from tagonaut.learning.fitting.optimising import create_optimiser, create_schedule
from tagonaut.learning.losses import Criterion
from tagonaut.models.activation import Activation
from tagonaut.models.compute import device
from tagonaut.models.feature_levels import Features
from tagonaut.models.network import Network, batches
from tagonaut.pixels.preprocessing import SCORING_BATCH
from tagonaut.progress import track

AT_ONCE = 512


def fit_frozen(
    network: Network,
    features: NDArray[Any],
    examples: Examples,
    loss: Criterion,
    settings: FrozenSettings,
    *,
    seed: int,
    stop: Stop,
    on_epoch: OnEpoch | None = None,
) -> History:
    """Fit the network's head in place on ``features[n, d]``, packed by the network's layout.

    The head ends with the weights of the best epoch. Asked to stop, it finishes the epoch under
    way.
    """
    history, best = History(settings.watch), {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fit = _Fit(network, features, examples, loss, settings, seed)
        for number in track(range(1, settings.epochs + 1), "fitting the head", unit="epochs"):
            epoch = fit.epoch(number)
            history.epochs.append(epoch)
            if history.best() is epoch:
                best = {key: value.clone() for key, value in network.head.state_dict().items()}
            if on_epoch is not None:
                on_epoch(epoch)
            if stop.asked or history.is_over(settings.patience):
                break
    network.head.load_state_dict(best)
    network.head.cpu().eval()
    if fit.scaling is not None:
        fit.scaling.fold_into(network.head)
    return history


def frozen_scores(
    network: Network, features: NDArray[Any], rows: NDArray[np.intp]
) -> NDArray[np.float32]:
    """``scores[len(rows), k]`` by the network's head for these rows of ``features[n, d]``."""
    head = network.head.to(device()).eval()
    # The maps of a picture may have a million numbers.
    at_once = AT_ONCE if network.layout.pooled else SCORING_BATCH
    scores = []
    with torch.inference_mode():
        for some in batches(rows, at_once):
            outputs = head(_inputs(network, np.asarray(features[some])))
            scores.append(network.activation.scores(outputs).cpu())
    return torch.cat(scores).numpy()


def _inputs(network: Network, rows: NDArray[Any]) -> Features:
    values = torch.from_numpy(rows.astype(np.float32, copy=False)).to(device())
    return network.layout.unpack(values)


class _Scaling:
    """Standardises features by the mean and deviation of the training rows."""

    def __init__(self, features: NDArray[np.float32]) -> None:
        self.mean, self.scale = features.mean(axis=0), features.std(axis=0) + 1e-3

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return (values - self.mean) / self.scale

    def fold_into(self, head: nn.Module) -> None:
        """Build the scaling into the head's first layer, so that the head takes raw features."""
        first = next(layer for layer in head.modules() if isinstance(layer, nn.Linear))
        with torch.no_grad():
            first.weight.div_(torch.from_numpy(self.scale))
            first.bias.sub_(first.weight @ torch.from_numpy(self.mean))


class _Fit:
    """The state of a fit between its epochs."""

    def __init__(
        self,
        network: Network,
        features: NDArray[Any],
        examples: Examples,
        loss: Criterion,
        settings: FrozenSettings,
        seed: int,
    ) -> None:
        self.network, self.examples, self.settings = network, examples, settings
        self.loss = loss
        standardise = settings.standardise and network.layout.pooled
        self.scaling = _Scaling(features[examples.train]) if standardise else None
        self.features = features if self.scaling is None else self.scaling(features)
        self.targets = torch.from_numpy(examples.targets).float().to(device())
        self.known = torch.from_numpy(examples.known).float().to(device())
        self.order = np.random.default_rng(seed)
        head = network.head.to(device())
        _start_at_shares(head, examples, network.activation)
        self.optimiser = create_optimiser([{"params": list(head.parameters())}], settings)
        self.schedule: Any = None

    def epoch(self, number: int) -> Epoch:
        """Make one pass over the training rows, and validate it."""
        start, train = time.monotonic(), self.examples.train
        drawn = epoch_batches(
            self.settings.batches,
            self.examples.targets[train],
            self.examples.known[train],
            self.settings.batch_size,
            self.order,
        )
        if self.schedule is None:
            self.schedule = create_schedule(self.optimiser, self.settings, len(drawn))
        rate = float(self.schedule.get_last_lr()[0])
        self.network.head.train()
        costs = [self._step(train[batch]) * len(batch) for batch in drawn]
        rows = self.examples.validation
        scores = frozen_scores(self.network, self.features, rows)
        figures = validation_figures(self.examples.targets[rows], scores, self.examples.known[rows])
        cost = sum(costs) / sum(map(len, drawn))
        return Epoch.of("head", number, cost, figures, rate, time.monotonic() - start)

    def _step(self, rows: NDArray[np.intp]) -> float:
        head = self.network.head
        outputs = head(_inputs(self.network, np.asarray(self.features[rows])))
        cost = self.loss(outputs, self.targets[rows], self.known[rows])
        self.optimiser.zero_grad()
        cost.backward()
        if self.settings.clip:
            nn.utils.clip_grad_norm_(head.parameters(), self.settings.clip)
        self.optimiser.step()
        self.schedule.step()
        return cost.item()


def _start_at_shares(head: nn.Module, examples: Examples, activation: Activation) -> None:
    """Let a head of one linear layer start with the labels' shares as scores."""
    layers = [layer for layer in head.modules() if isinstance(layer, nn.Linear)]
    if len(layers) != 1 or sum(1 for _ in head.parameters()) != 2:
        return
    rows = examples.train
    count = examples.known[rows].sum(axis=0)
    positive = (examples.targets * examples.known)[rows].sum(axis=0)
    share = torch.from_numpy(positive / np.maximum(count, 1)).float().clamp(0.001, 0.999)
    start = torch.logit(share)
    for group in map(list, activation.groups):
        start[group] = share[group].log()
    with torch.no_grad():
        layers[0].weight.zero_()
        layers[0].bias.zero_()
        layers[0].bias[: activation.labels] = start
