"""The page of ``explain``: where a network saw its labels, and what its filters respond to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.reports.embedded import data_uri, encode_jpeg
from tagonaut.reports.explain.overlays import filter_picture, fitted, overlay
from tagonaut.reports.page import write

if TYPE_CHECKING:
    from tagonaut.explaining import LayerFilters

SIDE, FILTER_SIDE = 320, 96
"""Pixels of a picture's longer side, and of a filter's."""
MOST_SCORES = 20


@dataclass(frozen=True)
class SeenLabel:
    """A label on a picture: where it was seen, and where hiding a part lowers its score most.

    ``values[h, w]``: the map, None where the network has none. ``hidden[h', w']``: by how much its
    logit falls if that place is hidden; ``lowest``: the lowest score of these. ``peak``: the map's
    maximum, as shares of width and height, None for an even map. ``agrees``: whether the peak lies
    where hiding lowers the logit by at least half of the most; that is the share ``area`` of the
    picture. ``threshold``: None if the rule has none for the label, or never tags it.
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
    """A picture as displayed, ``pixels[h, w, 3]``, and its ``scores``, one row per label."""

    path: str
    pixels: NDArray[np.uint8]
    scores: Sequence[Mapping[str, Any]]
    seen: Sequence[SeenLabel]


def write_page(
    path: Path,
    about: Mapping[str, Any],
    pictures: Sequence[ExplainedPicture],
    layers: "Sequence[LayerFilters]",
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
    # Both show the map's peak: so one sees whether hiding that place lowers the score.
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


def _layer(layer: "LayerFilters", channels: tuple[str, ...]) -> dict[str, Any]:
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
