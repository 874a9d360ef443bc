"""As the systems that people publish do it: a picture at a time, and ExifTool once a tag."""

import argparse
import subprocess
from pathlib import Path

import declared_operators  # noqa: F401  before timm
import numpy as np
import timm
import torch
from conversation import Prepare, Work, serve
from PIL import Image
from safetensors.torch import load_file

SIZE, LABELS, TAGS = 224, 17, ("bare-soil", "buildings")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    serve(lambda: load(chosen.weights, write=chosen.write))


def load(weights: Path, *, write: bool) -> Prepare:
    """Score each picture, and tag it."""
    model = timm.create_model("mobilenetv2_100", num_classes=LABELS)
    model.load_state_dict(load_file(weights), strict=False)
    model.eval()
    mean, std = torch.tensor(MEAN), torch.tensor(STD)

    def score(path: str) -> torch.Tensor:
        image = Image.open(path).convert("RGB").resize((SIZE, SIZE))
        pixels = (torch.from_numpy(np.array(image)) / 255 - mean) / std
        with torch.no_grad():
            return torch.sigmoid(model(pixels.permute(2, 0, 1)[None].contiguous()))

    def prepare(paths: list[str], folder: Path) -> Work:
        def work() -> None:
            for path in paths:
                score(path)
                if write:
                    for tag in TAGS:
                        subprocess.run(
                            ["exiftool", "-overwrite_original", f"-Keywords+={tag}", path],
                            check=True,
                            stdout=subprocess.DEVNULL,
                        )

        return work

    return prepare


if __name__ == "__main__":
    main()
