"""Fits a whole network: fine-tuning, or from scratch."""

import logging
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from tagonaut.errors import TagonautError
from tagonaut.interrupts import Stop
from tagonaut.learning.fitting.batches import epoch_batches
from tagonaut.learning.fitting.examples import Examples
from tagonaut.learning.fitting.fit_settings import NetworkSettings
from tagonaut.learning.fitting.history import Epoch, History, OnEpoch, validation_figures
from tagonaut.learning.fitting.optimising import create_optimiser, create_schedule
from tagonaut.learning.losses import Criterion
from tagonaut.models.compute import device, half_precision, to_device
from tagonaut.models.depth import depth_of_parameters
from tagonaut.models.network import Network, score_pixels
from tagonaut.pixels.augment import AugmentSettings, augment, mix, rare_strength
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.progress import track

# isort: split
# After the network modules: what they import first lets torchvision load.
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from timm.utils.model_ema import ModelEmaV3

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class Pictures(Dataset[Batch]):
    """The training rows of ``pixels[n, s, s, c]``, fetched a batch at a time."""

    def __init__(self, pixels: Pixels, examples: Examples, rare: float) -> None:
        self.pixels, self.examples = pixels, examples
        self.strength = rare_strength(examples.targets, examples.known, examples.train, rare)

    def __len__(self) -> int:
        return len(self.examples.train)

    def __getitems__(self, items: list[int]) -> Batch:
        rows = self.examples.train[items]
        return (
            torch.from_numpy(np.asarray(self.pixels[rows])),
            torch.from_numpy(self.examples.targets[rows]).float(),
            torch.from_numpy(self.examples.known[rows]).float(),
            torch.from_numpy(self.strength[items]),
        )


class BatchSampler(Sampler[list[int]]):
    """The batches of each epoch, as the settings deal them."""

    def __init__(self, examples: Examples, settings: NetworkSettings, seed: int) -> None:
        self.targets = examples.targets[examples.train]
        self.known = examples.known[examples.train]
        self.settings, self.rng = settings, np.random.default_rng(seed)
        self.dealt = self._deal()

    def _deal(self) -> list[list[int]]:
        kind, size = self.settings.batches, self.settings.batch_size
        dealt = epoch_batches(kind, self.targets, self.known, size, self.rng)
        return [batch.tolist() for batch in dealt]

    def __len__(self) -> int:
        return len(self.dealt)

    def __iter__(self) -> Iterator[list[int]]:
        dealt, self.dealt = self.dealt, self._deal()
        yield from dealt


class FitModule(LightningModule):
    """The training step, the optimiser, and the averaged weights that validation judges."""

    def __init__(
        self,
        network: Network,
        preprocessing: Preprocessing,
        settings: NetworkSettings,
        augmentation: AugmentSettings,
        loss: Criterion,
        steps_an_epoch: int,
    ) -> None:
        super().__init__()
        self.network, self.preprocessing, self.settings = network, preprocessing, settings
        self.augmentation, self.criterion = augmentation, loss
        self.steps_an_epoch = steps_an_epoch
        self.depths, self.deepest = depth_of_parameters(network)
        every = settings.frozen_stages == "all"
        self.frozen_below = self.deepest if every else int(settings.frozen_stages)
        if self.frozen_below > self.deepest:
            raise TagonautError(
                f"network.frozen_stages is {self.frozen_below}: {network.architecture.backbone} has"
                f" {self.deepest} stages, of which any number can be frozen (all: every one)"
            )
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(self.depths[name] >= self.frozen_below)
        # Averaging nothing would copy all weights at every step.
        averaging = settings.ema_decay > 0
        self.averaged = ModelEmaV3(network, decay=settings.ema_decay) if averaging else None

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        pixels, targets, known, strength = batch
        pictures = self.preprocessing.tensor(pixels)
        pictures = augment(
            pictures,
            self.augmentation,
            strength,
            mean=pictures.new_tensor(self.preprocessing.mean),
            std=pictures.new_tensor(self.preprocessing.std),
        )
        pictures, targets, known = mix(pictures, targets, known, self.augmentation)
        return self.criterion(self.network(pictures), targets, known)

    def configure_optimizers(self) -> Any:
        groups: dict[tuple[int, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                # Neither biases nor the scales of norms are pulled to zero.
                groups.setdefault((self.depths[name], parameter.ndim > 1), []).append(parameter)
        settings = self.settings
        optimiser = create_optimiser(
            [
                {
                    "params": group,
                    "lr": settings.learning_rate
                    * settings.depth_decay ** (1 - depth / self.deepest),
                    "weight_decay": settings.weight_decay * decays,
                }
                for (depth, decays), group in groups.items()
            ],
            settings,
        )
        schedule = create_schedule(optimiser, settings, self.steps_an_epoch)
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_train_epoch_start(self) -> None:
        # A frozen layer's batch statistics stay those it was trained with. The layers within it may
        # lie deeper, and have names of their own.
        for name, depth in self.depths.items():
            if depth < self.frozen_below:
                self.network.get_submodule(name.rpartition(".")[0]).training = False

    def on_train_batch_end(self, *_: Any) -> None:
        if self.averaged is not None:
            self.averaged.update(self.network)

    def judged(self) -> Network:
        """The network that validation judges and that is kept."""
        return self.network if self.averaged is None else self.averaged.module


class ValidationCallback(Callback):
    """After each epoch: validation figures, and a copy of the best weights. Shows progress."""

    def __init__(
        self, pictures: Pictures, settings: NetworkSettings, stop: Stop, on_epoch: OnEpoch | None
    ) -> None:
        self.pictures, self.stop, self.on_epoch = pictures, stop, on_epoch
        self.patience, self.history = settings.patience, History(settings.watch)
        self.best: dict[str, torch.Tensor] = {}
        self.losses: list[float] = []
        self.rate = 0.0
        self.started = time.monotonic()

    def judge(self, fitting: FitModule, stage: str, number: int) -> None:
        """One more epoch of the history."""
        examples = self.pictures.examples
        rows = examples.validation
        network = fitting.judged()
        scores = score_pixels(network, self.pictures.pixels, rows, fitting.preprocessing)
        fitting.network.train()  # it may be the one that was scored
        figures = validation_figures(examples.targets[rows], scores, examples.known[rows])
        loss = float(np.mean(self.losses)) if self.losses else float("nan")
        seconds = time.monotonic() - self.started
        epoch = Epoch.of(stage, number, loss, figures, self.rate, seconds)
        self.history.epochs.append(epoch)
        sys.stderr.write(f"{epoch}\n")
        if self.history.best() is epoch:
            self.best = {key: value.clone() for key, value in network.state_dict().items()}
        if self.on_epoch is not None:
            self.on_epoch(epoch)

    def on_train_start(self, trainer: Trainer, fitting: LightningModule) -> None:
        total = int(trainer.estimated_stepping_batches)
        self.steps = iter(track(range(total), "fitting the network", unit="batches"))
        next(self.steps)

    def on_train_epoch_start(self, trainer: Trainer, fitting: LightningModule) -> None:
        self.losses, self.started = [], time.monotonic()
        self.rate = max(group["lr"] for group in trainer.optimizers[0].param_groups)

    def on_train_batch_end(
        self, trainer: Trainer, fitting: LightningModule, outputs: Any, *_: Any
    ) -> None:
        self.losses.append(float(outputs["loss"]))
        next(self.steps, None)
        if self.stop.asked:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Trainer, fitting: LightningModule) -> None:
        assert isinstance(fitting, FitModule)
        self.judge(fitting, "network", trainer.current_epoch + 1)
        if self.history.is_over(self.patience):
            trainer.should_stop = True


def fit_network(
    network: Network,
    preprocessing: Preprocessing,
    pixels: Pixels,
    examples: Examples,
    loss: Criterion,
    settings: NetworkSettings,
    augmentation: AugmentSettings,
    *,
    seed: int,
    stop: Stop,
    started: bool = False,
    on_epoch: OnEpoch | None = None,
) -> History:
    """Fit ``network`` in place; it ends with the (averaged) weights of the best epoch.

    ``pixels[n, s, s, c]`` are the examples' pictures. ``started``: the network is
    already of use, so its state at the beginning counts as an epoch too. Asked to stop, the epoch
    under way ends there and is judged. Raises ``TagonautError`` for more frozen stages than there
    are.
    """
    torch.manual_seed(seed)
    # It was built, and may have scored, in evaluation mode, in which Lightning would leave it.
    to_device(network.train())
    pictures = Pictures(pixels, examples, augmentation.rare)
    dealer = BatchSampler(examples, settings, seed)
    loader = DataLoader(pictures, batch_sampler=dealer, collate_fn=lambda batch: batch)
    fitting = FitModule(network, preprocessing, settings, augmentation, loss, len(dealer))
    watch = ValidationCallback(pictures, settings, stop, on_epoch)
    if started:
        watch.judge(fitting, "network", 0)
    trainer = _trainer(settings, watch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on workers and loggers, for Lightning's own users
        trainer.fit(fitting, loader)
    network.load_state_dict(watch.best)
    network.cpu().eval()
    return watch.history


def _trainer(settings: NetworkSettings, watch: ValidationCallback) -> Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return Trainer(
        max_epochs=settings.epochs,
        accelerator="gpu" if device().type == "cuda" else "cpu",
        devices=1,
        precision="bf16-mixed" if half_precision() else "32-true",
        gradient_clip_val=settings.clip or None,
        callbacks=[watch],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
    )
