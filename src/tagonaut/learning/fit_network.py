"""Fits a whole network: fine-tuning, or from scratch."""

import logging
import sys
import time
import warnings
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from tagonaut.interrupts import Stop
from tagonaut.learning.examples import Examples
from tagonaut.learning.history import Epoch, History, validation_figures
from tagonaut.learning.losses import binary_cross_entropy
from tagonaut.learning.recipes import NetworkSettings
from tagonaut.models.compute import device, half_precision, to_device
from tagonaut.models.depth import depth_of_parameters
from tagonaut.models.network import Network, score_pixels
from tagonaut.pixels.augment import augment
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track

# isort: split
# After the network modules: what they import first lets torchvision load.
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from timm.utils.model_ema import ModelEmaV3

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class Pictures(Dataset[Batch]):
    """The training rows of ``pixels[n, s, s, c]``, fetched a batch at a time."""

    def __init__(self, pixels: Pixels, examples: Examples) -> None:
        self.pixels, self.examples = pixels, examples

    def __len__(self) -> int:
        return len(self.examples.train)

    def __getitems__(self, items: list[int]) -> Batch:
        rows = self.examples.train[items]
        return (
            torch.from_numpy(np.asarray(self.pixels[rows])),
            torch.from_numpy(self.examples.targets[rows]).float(),
            torch.from_numpy(self.examples.known[rows]).float(),
        )


class Fitting(LightningModule):
    """The training step, the optimiser, and the averaged weights that validation judges."""

    def __init__(
        self, network: Network, preprocessing: Preprocessing, settings: NetworkSettings, steps: int
    ) -> None:
        super().__init__()
        self.network, self.preprocessing, self.settings = network, preprocessing, settings
        self.steps = steps
        self.depths, self.deepest = depth_of_parameters(network)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(self.depths[name] >= settings.frozen_stages)
        self.averaged = ModelEmaV3(network, decay=settings.ema_decay, use_warmup=True)

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        pixels, targets, known = batch
        kind: Any = self.settings.augment
        pictures = augment(self.preprocessing.tensor(pixels), kind)
        return binary_cross_entropy(self.network(pictures), targets, known)

    def configure_optimizers(self) -> Any:
        groups: dict[tuple[int, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                # Neither biases nor the scales of norms are pulled to zero.
                groups.setdefault((self.depths[name], parameter.ndim > 1), []).append(parameter)
        rates = [
            self.settings.learning_rate * self.settings.depth_decay ** (1 - depth / self.deepest)
            for depth, _ in groups
        ]
        optimiser = torch.optim.AdamW(
            [
                {"params": group, "weight_decay": self.settings.weight_decay * decays}
                for (_, decays), group in groups.items()
            ]
        )
        warmup = self.settings.warmup
        if abs(warmup * self.steps - 1) < 1e-6:  # of exactly one step, it divides by zero
            warmup /= 2
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, rates, total_steps=self.steps, pct_start=warmup
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_train_epoch_start(self) -> None:
        # A frozen layer's batch statistics stay those it was trained with.
        for name, depth in self.depths.items():
            if depth < self.settings.frozen_stages:
                self.network.get_submodule(name.rpartition(".")[0]).eval()

    def on_train_batch_end(self, *_: Any) -> None:
        self.averaged.update(self.network)


class Watch(Callback):
    """After each epoch: validation figures, and a copy of the best weights. Shows progress."""

    def __init__(self, pictures: Pictures, stop: Stop) -> None:
        self.pictures, self.stop = pictures, stop
        self.history = History()
        self.best: dict[str, torch.Tensor] = {}
        self.losses: list[float] = []
        self.started = time.monotonic()

    def judge(self, fitting: Fitting, stage: str, number: int, rate: float) -> None:
        """One more epoch of the history."""
        examples = self.pictures.examples
        rows = examples.validation
        network = fitting.averaged.module
        scores = score_pixels(network, self.pictures.pixels, rows, fitting.preprocessing)
        figures = validation_figures(examples.targets[rows], scores, examples.known[rows])
        loss = float(np.mean(self.losses)) if self.losses else float("nan")
        seconds = time.monotonic() - self.started
        self.history.epochs.append(Epoch(stage, number, loss, *figures, rate, seconds))
        sys.stderr.write(f"{self.history.epochs[-1]}\n")
        if self.history.best() is self.history.epochs[-1]:
            self.best = {key: value.clone() for key, value in network.state_dict().items()}

    def on_train_start(self, trainer: Trainer, fitting: LightningModule) -> None:
        total = int(trainer.estimated_stepping_batches)
        self.steps = iter(track(range(total), "fitting the network", unit="batches"))
        next(self.steps)

    def on_train_epoch_start(self, trainer: Trainer, fitting: LightningModule) -> None:
        self.losses, self.started = [], time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, fitting: LightningModule, outputs: Any, *_: Any
    ) -> None:
        self.losses.append(float(outputs["loss"]))
        next(self.steps, None)
        if self.stop.asked:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Trainer, fitting: LightningModule) -> None:
        rate = max(group["lr"] for group in trainer.optimizers[0].param_groups)
        assert isinstance(fitting, Fitting)
        self.judge(fitting, "network", trainer.current_epoch + 1, rate)


def fit_network(
    network: Network,
    preprocessing: Preprocessing,
    pixels: Pixels,
    examples: Examples,
    settings: NetworkSettings,
    *,
    seed: int,
    stop: Stop,
    started: bool = False,
) -> History:
    """Fit ``network`` in place; it ends with the averaged weights of the best epoch.

    ``pixels[n, s, s, c]`` are the examples' pictures. ``started``: the network is
    already of use, so its state at the beginning counts as an epoch too. Asked to stop, the epoch
    under way ends there and is judged.
    """
    torch.manual_seed(seed)
    to_device(network)
    pictures = Pictures(pixels, examples)
    loader = DataLoader(
        pictures,
        settings.batch_size,
        shuffle=True,
        # A last batch of one picture has no batch statistics.
        drop_last=len(pictures) % settings.batch_size == 1,
        collate_fn=lambda batch: batch,
    )
    fitting = Fitting(network, preprocessing, settings, settings.epochs * len(loader))
    watch = Watch(pictures, stop)
    if started:
        watch.judge(fitting, "network", 0, 0.0)
    trainer = _trainer(settings, watch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on workers and loggers, for Lightning's own users
        trainer.fit(fitting, loader)
    network.load_state_dict(watch.best)
    network.cpu().eval()
    return watch.history


def _trainer(settings: NetworkSettings, watch: Watch) -> Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return Trainer(
        max_epochs=settings.epochs,
        accelerator="gpu" if device().type == "cuda" else "cpu",
        devices=1,
        precision="bf16-mixed" if half_precision() else "32-true",
        gradient_clip_val=1.0,
        callbacks=[watch],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
    )
