"""Fits a linear head on frozen features: seconds, without Lightning."""

import time

import numpy as np
import torch
from numpy.typing import NDArray

from tagonaut.interrupts import Stop
from tagonaut.learning.examples import Examples
from tagonaut.learning.history import Epoch, History, validation_figures
from tagonaut.learning.losses import binary_cross_entropy
from tagonaut.learning.recipes import HeadSettings
from tagonaut.models.compute import device
from tagonaut.progress import track


def fit_head(
    features: NDArray[np.float32],
    examples: Examples,
    settings: HeadSettings,
    *,
    seed: int,
    stop: Stop,
) -> tuple[torch.nn.Linear, History]:
    """The head of the epoch with the best validation mAP, ``features[n, d] -> logits[n, k]``.

    Features are standardised by the training rows; the head returned takes them as they are. The
    epoch under way is finished when asked to stop.
    """
    targets, known, train = examples.targets, examples.known, examples.train
    validation = examples.validation
    generator = torch.Generator().manual_seed(seed)
    mean = features[train].mean(axis=0)
    scale = features[train].std(axis=0) + 1e-3
    inputs = torch.from_numpy((features - mean) / scale).to(device())
    wanted = torch.from_numpy(targets).float().to(device())
    counts = torch.from_numpy(known).float().to(device())
    head = torch.nn.Linear(features.shape[1], targets.shape[1]).to(device())
    with torch.no_grad():
        head.weight.zero_()
        share = (wanted * counts)[train].sum(0) / counts[train].sum(0).clamp(min=1)
        head.bias.copy_(torch.logit(share.clamp(0.001, 0.999)))
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.epochs)
    rows = torch.from_numpy(train)
    history, best = History(), {}
    for number in track(range(1, settings.epochs + 1), "fitting the head", unit="epochs"):
        start, losses = time.monotonic(), []
        order = rows[torch.randperm(len(rows), generator=generator)]
        for batch in order.split(settings.batch_size):
            loss = binary_cross_entropy(head(inputs[batch]), wanted[batch], counts[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item() * len(batch))
        with torch.inference_mode():
            scores = head(inputs[validation]).sigmoid().cpu().numpy()
        figures = validation_figures(targets[validation], scores, known[validation])
        rate = float(schedule.get_last_lr()[0])
        seconds = time.monotonic() - start
        history.epochs.append(
            Epoch("head", number, sum(losses) / len(rows), *figures, rate, seconds)
        )
        if history.best() is history.epochs[-1]:
            best = {key: value.clone() for key, value in head.state_dict().items()}
        schedule.step()
        if stop.asked:
            break
    head.load_state_dict(best)
    return _unstandardised(head.cpu(), mean, scale), history


def _unstandardised(
    head: torch.nn.Linear, mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> torch.nn.Linear:
    with torch.no_grad():
        head.weight.div_(torch.from_numpy(scale))
        head.bias.sub_(head.weight @ torch.from_numpy(mean))
    return head
