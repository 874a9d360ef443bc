"""A run folder, of the smallest network there is, that knows three colours."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.conftest import paint

# The package is that beside this file, whatever else is installed.
SOURCES = str(Path(__file__).parents[2] / "src")


def train(place: Path) -> None:
    """Leave the run in ``place / "run"``, and what it was trained with beside it."""
    import torch
    from safetensors.torch import save_file

    from tagonaut.models.backbones import create_backbone

    torch.manual_seed(0)
    weights = place / "test_resnet.drawn.safetensors"
    save_file(create_backbone("test_resnet", "random")[0].state_dict(), weights)
    rng = np.random.default_rng(0)
    names = ("red", "green", "blue")
    lines = ["image_name,tags"]
    for number in range(90):
        tags = [name for bit, name in enumerate(names) if number >> bit & 1]
        paint(place / "images" / f"p{number:02}.jpg", tags, rng)
        lines.append(f"p{number:02},{' '.join(tags)}")
    (place / "labels.csv").write_text("\n".join(lines) + "\n")
    command = [
        sys.executable,
        "-m",
        "tagonaut",
        "train",
        place / "labels.csv",
        "--weights",
        weights,
    ]
    env = {**os.environ, "PYTHONPATH": SOURCES}
    arguments = ["--out", place / "run", "--set", "size=32"]
    subprocess.run([*command, *arguments], check=True, capture_output=True, env=env)
