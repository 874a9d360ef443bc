"""Explanations of a network: where it saw a label, and what its filters look for. Arrays only."""

from tagonaut.explaining.filters import (
    spatial_layers,
    spread_convolutions,
    spread_filters,
    visualise_filters,
)
from tagonaut.explaining.maps import Maps, Method, find_maps
from tagonaut.explaining.occlusion import occlude
from tagonaut.explaining.pointing import agree, peaks, strong

__all__ = [
    "Maps",
    "Method",
    "agree",
    "find_maps",
    "occlude",
    "peaks",
    "spatial_layers",
    "spread_convolutions",
    "spread_filters",
    "strong",
    "visualise_filters",
]
