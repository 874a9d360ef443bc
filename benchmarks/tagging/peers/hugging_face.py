"""Hugging Face's ``pipeline("image-classification")`` over a data set of paths, in batches.

timm's network by way of TimmWrapper, with the same weights; every label's own score
(``function_to_apply="sigmoid"``). https://huggingface.co/docs/transformers/main_classes/pipelines
"""

import argparse
from pathlib import Path

import declared_operators  # noqa: F401  before timm
import torch
from conversation import Prepare, Work, serve
from PIL import Image
from safetensors.torch import load_file
from torch.utils.data import Dataset
from transformers import (
    TimmWrapperConfig,
    TimmWrapperForImageClassification,
    TimmWrapperImageProcessor,
    pipeline,
)

SIZE, BATCH = 224, 16
LABELS = tuple(f"label_{number}" for number in range(17))


class Pictures(Dataset[str | Image.Image]):
    """Paths, which the pipeline opens itself; or what JPEG decodes at a reduced scale."""

    def __init__(self, paths: list[str], *, draft: bool) -> None:
        self.paths, self.draft = paths, draft

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, at: int) -> str | Image.Image:
        if not self.draft:
            return self.paths[at]
        image = Image.open(self.paths[at])
        image.draft("RGB", (SIZE, SIZE))
        return image


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--draft", action="store_true")
    chosen = parser.parse_args()
    dtype = getattr(torch, chosen.dtype)
    serve(lambda: load(chosen.weights, chosen.workers, dtype, draft=chosen.draft))


def load(weights: Path, workers: int, dtype: torch.dtype, *, draft: bool) -> Prepare:
    """The pipeline, with ``workers`` processes that open pictures for it; none: it does itself."""
    names = dict(enumerate(LABELS))
    config = TimmWrapperConfig(
        architecture="mobilenetv2_100",
        num_labels=len(LABELS),
        id2label=names,
        label2id={name: number for number, name in names.items()},
    )
    model = TimmWrapperForImageClassification(config)
    model.timm_model.load_state_dict(load_file(weights), strict=False)
    assert model.timm_model.num_classes == len(LABELS)
    processor = TimmWrapperImageProcessor(pretrained_cfg=model.timm_model.pretrained_cfg)
    classify = pipeline(
        "image-classification",
        model=model.to(dtype).eval(),
        image_processor=processor,
        device="cpu",
        dtype=dtype,
    )

    def prepare(paths: list[str], folder: Path) -> Work:
        def work() -> None:
            found = classify(
                Pictures(paths, draft=draft),
                batch_size=BATCH,
                num_workers=workers,
                function_to_apply="sigmoid",
                top_k=len(LABELS),
            )
            assert sum(len(scores) == len(LABELS) for scores in found) == len(paths)

        return work

    return prepare


if __name__ == "__main__":
    main()
