"""Explanations of a network: where it saw a label, and what its filters look for. Arrays only."""

from tagonaut.explaining.filters import (
    spatial_layers,
    spread_convolutions,
    spread_filters,
    visualise_filters,
)
from tagonaut.explaining.layer_filters import LayerFilters, choose_layers, layer_filters
from tagonaut.explaining.maps import Maps, Method, find_maps
from tagonaut.explaining.occlusion import occlude
from tagonaut.explaining.pointing import agree, peaks, strong

__all__ = [
    "LayerFilters",
    "Maps",
    "Method",
    "agree",
    "choose_layers",
    "find_maps",
    "layer_filters",
    "occlude",
    "peaks",
    "spatial_layers",
    "spread_convolutions",
    "spread_filters",
    "strong",
    "visualise_filters",
]
