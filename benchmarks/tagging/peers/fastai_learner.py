"""fastai's ``dls.test_dl`` and ``get_preds``, with two workers that open and resize pictures.

https://docs.fast.ai/tutorial.vision.html, multi-label classification
"""

import argparse
from pathlib import Path

import declared_operators  # noqa: F401  before timm
from conversation import Prepare, Work, serve
from fastai.vision.all import (
    ColReader,
    DataBlock,
    ImageBlock,
    MultiCategoryBlock,
    Normalize,
    Resize,
    imagenet_stats,
    vision_learner,
)
from pandas import DataFrame
from safetensors.torch import load_file

SIZE, BATCH = 224, 64
LABELS = [f"label_{number}" for number in range(17)]


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    serve(lambda: load(chosen.weights, chosen.workers))


def load(weights: Path, workers: int) -> Prepare:
    """A learner that has learned nothing yet, with the backbone's weights."""
    block = DataBlock(
        blocks=(ImageBlock, MultiCategoryBlock(vocab=LABELS)),
        get_x=ColReader("path"),
        get_y=ColReader("tags", label_delim=" "),
        item_tfms=Resize(SIZE, method="squish"),
        batch_tfms=Normalize.from_stats(*imagenet_stats),
    )
    learner = None

    def prepare(paths: list[str], folder: Path) -> Work:
        nonlocal learner
        if learner is None:
            table = DataFrame({"path": paths[:2] * 2, "tags": LABELS[:4]})
            dls = block.dataloaders(table, bs=2, num_workers=0)
            learner = vision_learner(
                dls, "mobilenetv2_100", pretrained=False, normalize=False, n_out=len(LABELS)
            )
            body = learner.model[0].model
            missing = body.load_state_dict(load_file(weights), strict=False).missing_keys
            assert not missing, missing

        def work() -> None:
            loader = learner.dls.test_dl(paths, bs=BATCH, num_workers=workers)
            with learner.no_bar():
                scores, _ = learner.get_preds(dl=loader)
            assert scores.shape == (len(paths), len(LABELS))

        return work

    return prepare


if __name__ == "__main__":
    main()
