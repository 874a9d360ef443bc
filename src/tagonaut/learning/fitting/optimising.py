"""Optimisers and learning-rate schedules by name."""

import math
from typing import Any

import torch

from tagonaut.learning.fitting.fit_settings import FitSettings


def create_optimiser(groups: list[dict[str, Any]], settings: FitSettings) -> torch.optim.Optimizer:
    """The optimiser of PyTorch's parameter groups, whose own keys override the settings."""
    rate, decay, momentum = settings.learning_rate, settings.weight_decay, settings.momentum
    match settings.optimiser:
        case "adamw":
            return torch.optim.AdamW(groups, lr=rate, weight_decay=decay)
        case "adam":
            return torch.optim.Adam(groups, lr=rate, weight_decay=decay)
        case "nadam":
            return torch.optim.NAdam(groups, lr=rate, weight_decay=decay)
        case "sgd":
            return torch.optim.SGD(groups, lr=rate, weight_decay=decay, momentum=momentum)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=rate, weight_decay=decay, momentum=momentum)


def create_schedule(
    optimiser: torch.optim.Optimizer, settings: FitSettings, steps_an_epoch: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """The schedule of the learning rate, which steps after every batch."""
    steps = settings.epochs * steps_an_epoch
    if settings.schedule == "onecycle":
        warmup = settings.warmup
        if abs(warmup * steps - 1) < 1e-6:  # with exactly one step, it divides by zero
            warmup /= 2
        rates = [group["lr"] for group in optimiser.param_groups]
        return OneCycle(
            optimiser,
            rates,
            total_steps=steps,
            pct_start=warmup,
            # Adam's momentum is cycled; that of these optimisers is the recipe's.
            cycle_momentum=settings.optimiser not in {"sgd", "rmsprop"},
        )
    rising = settings.warmup * steps

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / (rising + 1)
        epoch = min(step // steps_an_epoch, settings.epochs)
        if settings.schedule == "cosine":
            # After the warm-up, the rate is constant within an epoch.
            done = max(0, epoch * steps_an_epoch - rising) / (steps - rising)
            return (1 + math.cos(math.pi * done)) / 2
        if settings.schedule == "step":
            return 0.1 ** (3 * epoch // settings.epochs)
        return 1.0

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


class OneCycle(torch.optim.lr_scheduler.OneCycleLR):
    """Stays at its end: an epoch with repeated pictures may have one batch more than the first."""

    def step(self, epoch: int | None = None) -> None:
        if self.last_epoch < self.total_steps - 1:
            super().step(epoch)
