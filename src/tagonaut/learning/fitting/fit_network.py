"""Fits a whole network: fine-tuning, or from scratch."""

import logging
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
from tagonaut.learning.fitting.examples import Examples, PictureExamples
from tagonaut.learning.fitting.fit_settings import NetworkSettings
from tagonaut.learning.fitting.history import Epoch, History, OnEpoch, validation_figures
from tagonaut.learning.fitting.optimising import create_optimiser, create_schedule
from tagonaut.learning.losses import Criterion
from tagonaut.models.compute import device, half_precision, to_device
from tagonaut.models.depth import depth_of_parameters
from tagonaut.models.network import Network, score_pixels
from tagonaut.pixels.augment import AugmentSettings, augment, mix, rare_strength
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.progress import Progress
from tagonaut.terminal import say

# isort: split
# After the network modules: what they import first lets torchvision load.
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from timm.utils.model_ema import ModelEmaV3

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class TrainingPictures(Dataset[Batch]):
    """The training rows of the examples, fetched a batch at a time."""

    def __init__(self, pictures: PictureExamples) -> None:
        self.pixels, self.examples = pictures.pixels, pictures.examples
        examples, factor = pictures.examples, pictures.augmentation.rare
        self.strength = rare_strength(examples.targets, examples.known, examples.train, factor)

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
    """The batches of each epoch, as rows of the training examples; see ``epoch_batches``."""

    def __init__(self, examples: Examples, settings: NetworkSettings, seed: int) -> None:
        self.targets = examples.targets[examples.train]
        self.known = examples.known[examples.train]
        self.settings, self.rng = settings, np.random.default_rng(seed)
        self.next = self._draw()

    def _draw(self) -> list[list[int]]:
        kind, size = self.settings.batches, self.settings.batch_size
        batches = epoch_batches(kind, self.targets, self.known, size, self.rng)
        return [batch.tolist() for batch in batches]

    def __len__(self) -> int:
        return len(self.next)

    def __iter__(self) -> Iterator[list[int]]:
        batches, self.next = self.next, self._draw()
        yield from batches


class FitModule(LightningModule):
    """The training step, the optimiser, and the averaged weights that are validated."""

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

    def validated(self) -> Network:
        """The network that is validated and kept."""
        return self.network if self.averaged is None else self.averaged.module


class ValidationCallback(Callback):
    """After each epoch: validation figures, and a copy of the best weights."""

    def __init__(
        self,
        pictures: PictureExamples,
        settings: NetworkSettings,
        progress: Progress,
        steps: int,
        stop: Stop,
        on_epoch: OnEpoch | None,
    ) -> None:
        self.pictures, self.stop, self.on_epoch = pictures, stop, on_epoch
        self.patience, self.history = settings.patience, History(settings.watch)
        self.progress, self.steps, self.done = progress, steps, 0
        self.best: dict[str, torch.Tensor] = {}
        self.losses: list[float] = []
        self.rate = 0.0
        self.started = time.monotonic()

    def validate(self, module: FitModule, stage: str, number: int) -> None:
        """Add an epoch to the history: the validation figures of the module's network."""
        examples, pictures = self.pictures.examples, self.pictures
        rows = examples.validation
        network = module.validated()
        scores = score_pixels(network, pictures.pixels, rows, pictures.preprocessing)
        module.network.train()  # it may be the one that was scored
        figures = validation_figures(examples.targets[rows], scores, examples.known[rows])
        loss = float(np.mean(self.losses)) if self.losses else float("nan")
        seconds = time.monotonic() - self.started
        epoch = Epoch.of(stage, number, loss, figures, self.rate, seconds)
        self.history.epochs.append(epoch)
        say(str(epoch))
        if self.history.best() is epoch:
            self.best = {key: value.clone() for key, value in network.state_dict().items()}
        if self.on_epoch is not None:
            self.on_epoch(epoch)

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.losses, self.started = [], time.monotonic()
        self.rate = max(group["lr"] for group in trainer.optimizers[0].param_groups)

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, *_: Any
    ) -> None:
        self.losses.append(float(outputs["loss"]))
        self.done += 1
        self.progress.update(self.done, self.steps)
        if self.stop.asked:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        assert isinstance(module, FitModule)
        self.validate(module, "network", trainer.current_epoch + 1)
        if self.history.is_over(self.patience):
            trainer.should_stop = True


def fit_network(
    network: Network,
    pictures: PictureExamples,
    loss: Criterion,
    settings: NetworkSettings,
    *,
    seed: int,
    stop: Stop,
    started: bool = False,
    on_epoch: OnEpoch | None = None,
) -> History:
    """Fit ``network`` in place; it ends with the (averaged) weights of the best epoch.

    ``started``: the network has a fitted head already, so its state at the beginning counts as an
    epoch too. Asked to stop, the fit ends after the batch under way, and the epoch is validated.
    Raises ``TagonautError`` if more stages are to be frozen than the backbone has.
    """
    torch.manual_seed(seed)
    # It was built, and may have scored, in evaluation mode, in which Lightning would leave it.
    to_device(network.train())
    sampler = BatchSampler(pictures.examples, settings, seed)
    loader = DataLoader(
        TrainingPictures(pictures), batch_sampler=sampler, collate_fn=lambda batch: batch
    )
    module = FitModule(
        network, pictures.preprocessing, settings, pictures.augmentation, loss, len(sampler)
    )
    steps = settings.epochs * len(sampler)
    with Progress("fitting the network", unit="batches") as progress:
        callback = ValidationCallback(pictures, settings, progress, steps, stop, on_epoch)
        if started:
            callback.validate(module, "network", 0)
        trainer = _trainer(settings, callback)
        with warnings.catch_warnings():
            # Advice on workers and loggers, for Lightning's own users.
            warnings.simplefilter("ignore")
            trainer.fit(module, loader)
    network.load_state_dict(callback.best)
    network.cpu().eval()
    return callback.history


def _trainer(settings: NetworkSettings, callback: ValidationCallback) -> Trainer:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return Trainer(
        max_epochs=settings.epochs,
        accelerator="gpu" if device().type == "cuda" else "cpu",
        devices=1,
        precision="bf16-mixed" if half_precision() else "32-true",
        gradient_clip_val=settings.clip or None,
        callbacks=[callback],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
    )
