"""Networks made of real parts, and drawn pictures whose object boxes are known."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from tagonaut.models.activation import Activation
from tagonaut.models.heads import Head
from tagonaut.models.network import Architecture, Network, create_network

SHAPES = {"red disc": (210, 40, 40), "green square": (40, 190, 60), "blue ring": (50, 80, 230)}


@pytest.fixture(scope="session")
def network_of():
    """An untrained network of a timm backbone and a head, and what it is fed."""

    def create(backbone: str, head: Head, labels: int = 4, size: int = 96):
        torch.manual_seed(0)
        activation = Activation(kind="sigmoid", labels=labels)
        architecture = Architecture(backbone=backbone, head=head, activation=activation)
        network, preprocessing = create_network(architecture, "random", size=size)
        return network.eval(), preprocessing

    return create


@dataclass(frozen=True)
class Drawn:
    """``pictures[n, s, s, 3]``, ``targets[n, k]``, and a box a present label, in shares."""

    pictures: np.ndarray
    targets: np.ndarray
    boxes: dict[tuple[int, int], np.ndarray]


def draw_shapes(count: int, size: int, seed: int) -> Drawn:
    """Coloured shapes at random places of a noisy ground, each there or not, none over another."""
    rng = np.random.default_rng(seed)
    pictures = rng.normal(120, 25, (count, size, size, 3))
    targets = rng.random((count, len(SHAPES))) < 0.4
    boxes = {}
    y, x = np.mgrid[:size, :size]
    for row, column in np.argwhere(targets).tolist():
        while True:
            side = int(rng.integers(size // 5, size // 3))
            left, top = rng.integers(0, size - side, 2).tolist()
            box = np.array([left, top, left + side, top + side]) / size
            others = [boxes[row, k] for k in range(column) if (row, k) in boxes]
            if not any((box[:2] < o[2:]).all() and (o[:2] < box[2:]).all() for o in others):
                break
        distance = np.hypot(x - left - side / 2 + 0.5, y - top - side / 2 + 0.5)
        inside = {
            "red disc": distance < side / 2,
            "green square": (x >= left) & (x < left + side) & (y >= top) & (y < top + side),
            "blue ring": (distance < side / 2) & (distance > side / 4),
        }
        name = list(SHAPES)[column]
        mask = inside[name]
        pictures[row][mask] = np.array(SHAPES[name]) + rng.normal(0, 25, (int(mask.sum()), 3))
        boxes[row, column] = box
    return Drawn(pictures.clip(0, 255).astype(np.uint8), targets.astype(np.uint8), boxes)


def fit(network: Network, preprocessing, drawn: Drawn, steps: int, batch: int = 32) -> None:
    """Plain training."""
    torch.manual_seed(0)
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(steps):
        rows = torch.randint(len(drawn.pictures), (batch,))
        pictures = preprocessing.tensor(drawn.pictures[rows.numpy()])
        targets = torch.from_numpy(drawn.targets[rows.numpy()]).float()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(pictures), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network.eval()
