"""Optimisers and schedules by name."""

import math
from typing import Any

import torch

from tagonaut.learning.fitting.fit_settings import FitSettings


def create_optimiser(groups: list[dict[str, Any]], settings: FitSettings) -> torch.optim.Optimizer:
    """Over parameter groups as PyTorch takes them; a group's own keys go before the settings'."""
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
    """Stepped after every batch."""
    steps = settings.epochs * steps_an_epoch
    if settings.schedule == "onecycle":
        warmup = settings.warmup
        if abs(warmup * steps - 1) < 1e-6:  # of exactly one step, it divides by zero
            warmup /= 2
        rates = [group["lr"] for group in optimiser.param_groups]
        return OneCycle(
            optimiser,
            rates,
            total_steps=steps,
            pct_start=warmup,
            # Adam's is cycled; of these the recipe names it.
            cycle_momentum=settings.optimiser not in {"sgd", "rmsprop"},
        )
    rising = settings.warmup * steps

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / (rising + 1)
        epoch = min(step // steps_an_epoch, settings.epochs)
        if settings.schedule == "cosine":
            # From the end of the rise on, an epoch at one rate.
            done = max(0, epoch * steps_an_epoch - rising) / (steps - rising)
            return (1 + math.cos(math.pi * done)) / 2
        if settings.schedule == "step":
            return 0.1 ** (3 * epoch // settings.epochs)
        return 1.0

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


class OneCycle(torch.optim.lr_scheduler.OneCycleLR):
    """Stays at its end: an epoch of repeated pictures may have a batch more than the first."""

    def step(self, epoch: int | None = None) -> None:
        if self.last_epoch < self.total_steps - 1:
            super().step(epoch)
