"""``explain``: where a network saw its labels, and what its filters look for, as one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.reports.embedded import data_uri, encode_jpeg
from tagonaut.reports.explain.overlays import filter_picture, fitted, overlay
from tagonaut.reports.page import write

SIDE, FILTER_SIDE = 320, 96
"""Pixels of a picture's longer side, and of a filter's."""
MOST_SCORES = 20


@dataclass(frozen=True)
class SeenLabel:
    """A label on a picture: where it was seen, and where hiding a part costs it most.

    ``values[h, w]``: the map, None where the network has none; ``hidden[h', w']``: how far its
    logit falls where that place is hidden; ``lowest``: the lowest score that leaves. ``peak`` is
    the map's maximum, as shares of width and height, None for an even map; ``agrees``: whether it
    lies where hiding costs at least half of the most, which is ``area`` of the picture. Where the
    rule has no ``threshold`` for the label, or never tags it, that is None.
    """

    label: str
    score: float
    threshold: float | None
    tag: bool
    values: NDArray[np.float32] | None
    hidden: NDArray[np.float32]
    lowest: float
    peak: tuple[float, float] | None
    agrees: bool | None
    area: float


@dataclass(frozen=True)
class ExplainedPicture:
    """``pixels[h, w, 3]`` as people see it, its ``scores`` (a row a label), and the labels seen."""

    path: str
    pixels: NDArray[np.uint8]
    scores: Sequence[Mapping[str, Any]]
    seen: Sequence[SeenLabel]


@dataclass(frozen=True)
class LayerFilters:
    """What some filters of a layer look for: ``after[f, s, s, c]``, 0 to 1; ``before`` training.

    ``of``: how many filters the layer has.
    """

    layer: str
    filters: Sequence[int]
    of: int
    after: NDArray[np.float32]
    before: NDArray[np.float32] | None


def write_page(
    path: Path,
    about: Mapping[str, Any],
    pictures: Sequence[ExplainedPicture],
    layers: Sequence[LayerFilters],
    channels: tuple[str, ...],
) -> None:
    """Write the page, which fetches nothing."""
    write(
        path,
        "explain.html",
        **about,
        pictures=[_picture(picture) for picture in pictures],
        layers=[_layer(layer, channels) for layer in layers],
        any_before=any(layer.before is not None for layer in layers),
    )


def _picture(picture: ExplainedPicture) -> dict[str, Any]:
    pixels = fitted(picture.pixels, SIDE)
    scores = sorted(picture.scores, key=lambda row: -row["score"])
    shown = scores[:MOST_SCORES] + [row for row in scores[MOST_SCORES:] if row["tag"]]
    return {
        "name": picture.path.rpartition("/")[2],
        "path": picture.path,
        "address": data_uri(encode_jpeg(pixels)),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "scores": shown,
        "left": len(scores) - len(shown),
        "tags": [row["label"] for row in scores if row["tag"]],
        "seen": [_label(pixels, label) for label in picture.seen],
    }


def _label(pixels: NDArray[np.uint8], label: SeenLabel) -> dict[str, Any]:
    seen = None if label.values is None else overlay(pixels, label.values, label.peak)
    # The cross is the map's in both: so one sees whether hiding that place costs the label.
    hidden = overlay(pixels, label.hidden.clip(0), label.peak)
    return {
        "label": label.label,
        "score": label.score,
        "threshold": label.threshold,
        "tag": label.tag,
        "seen": label.peak is not None,
        "map": seen is not None and data_uri(encode_jpeg(seen)),
        "hidden": data_uri(encode_jpeg(hidden)),
        "lowest": label.lowest,
        "agrees": label.agrees,
        "area": label.area,
    }


def _layer(layer: LayerFilters, channels: tuple[str, ...]) -> dict[str, Any]:
    before = [None] * len(layer.filters) if layer.before is None else list(layer.before)
    cells = zip(layer.filters, layer.after, before, strict=True)
    return {
        "layer": layer.layer,
        "of": layer.of,
        "cells": [
            {
                "number": number,
                "after": _address(after, channels),
                "before": None if then is None else _address(then, channels),
            }
            for number, after, then in cells
        ],
    }


def _address(values: NDArray[np.float32], channels: tuple[str, ...]) -> str:
    return data_uri(encode_jpeg(filter_picture(values, channels, FILTER_SIDE)))
