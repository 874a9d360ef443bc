"""A graph in 8-bit integers, with ranges from calibration pictures; sensitive layers left out."""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.models.export.exported import ExportedNetwork
from tagonaut.models.export.packages import nncf
from tagonaut.pixels.preprocessing import Pixels
from tagonaut.progress import track

# What NNCF takes by default; more changes its ranges little.
CALIBRATION = 300
# Fewer are enough to rank the layers.
RANKED_ON = 64
# Pictures at once; small enough for any network's maps.
BATCH = 16

WEIGHED = {"Convolution", "GroupConvolution", "MatMul"}
# Operations that only move or pick numbers: a rounding before one belongs to the layer after it.
MOVING = {
    *("MaxPool", "Concat", "Split", "VariadicSplit", "Gather", "StridedSlice", "Slice", "Pad"),
    *("Reshape", "Transpose", "Squeeze", "Unsqueeze"),
}
ATTENTION = {"Softmax", "ScaledDotProductAttention"}


@dataclass(frozen=True)
class Layer:
    """A layer of the graph; ``place``: its number among those that are quantised, from 1."""

    name: str
    place: int
    kind: str
    sides: tuple[int, ...]

    def __str__(self) -> str:
        """A description without the graph's own name, which means nothing to a person."""
        return f"layer {self.place}: {self.kind} {' × '.join(map(str, self.sides))}"


@dataclass(frozen=True)
class Quantiser:
    """A float graph and the prepared pictures ``[n, s, s, c]`` whose activations set the ranges."""

    graph: Any
    pictures: Sequence[Pixels]

    def quantised(self, kept: Sequence[Layer] = ()) -> Any:
        """The graph in 8 bits, but for the layers ``kept``."""
        return self._quantise([layer.name for layer in kept])

    def by_sensitivity(self) -> list[Layer]:
        """The quantised layers, the one whose rounding changes the scores most first.

        Each is rounded alone, in a graph that is float but for it: where several spoil the scores,
        giving back one of them would change nothing.
        """
        pictures = np.stack(self.pictures[:RANKED_ON])
        expected = _scores(self.graph, pictures)
        bare = self._bare()
        layers = _quantised_layers(bare)
        for _, rounded in layers:
            for port, source in rounded:
                port.replace_source_output(source.get_node().input_value(0))
        error: dict[Layer, float] = {}
        ranked = track(layers, "finding sensitive layers", unit="layers")
        for place, (node, rounded) in enumerate(ranked, 1):
            for port, source in rounded:
                port.replace_source_output(source)
            found = _scores(bare, pictures)
            for port, source in rounded:
                port.replace_source_output(source.get_node().input_value(0))
            error[_layer(node, place)] = float(np.square(found - expected).mean())
        return sorted(error, key=lambda layer: -error[layer])

    def _bare(self) -> Any:
        """The graph with float weights and no bias correction, so that layers can be undone."""
        advanced = nncf().AdvancedQuantizationParameters(
            disable_bias_correction=True, backend_params={"compress_weights": False}
        )
        return self._quantise((), advanced_parameters=advanced)

    def _quantise(self, kept: Sequence[str], **more: Any) -> Any:
        package = nncf()
        kinds = {node.get_type_name() for node in self.graph.get_ops()}
        # Standard output is for the command's own.
        with contextlib.redirect_stdout(sys.stderr):
            return package.quantize(
                self.graph.clone(),
                package.Dataset(self.pictures, lambda picture: picture[None]),
                subset_size=len(self.pictures),
                target_device=package.TargetDevice.CPU,
                model_type=package.ModelType.TRANSFORMER if kinds & ATTENTION else None,
                ignored_scope=package.IgnoredScope(names=list(kept)) if kept else None,
                **more,
            )


def _quantised_layers(graph: Any) -> list[tuple[Any, list[Any]]]:
    """The layers in order, each with the inputs that come from a quantiser, directly or moved."""
    nodes = [
        node
        for node in graph.get_ordered_ops()
        if node.get_type_name() not in {*MOVING, "FakeQuantize"}
    ]
    return [(node, rounded) for node in nodes if (rounded := _rounded_inputs(node))]


def _rounded_inputs(node: Any) -> list[tuple[Any, Any]]:
    """The inputs of layers that take a quantiser's output, each with that output."""
    found = []
    for port in node.inputs():
        source = port.get_source_output()
        kind = source.get_node().get_type_name()
        if kind == "FakeQuantize":
            found.append((port, source))
        elif kind in MOVING:
            found += _rounded_inputs(source.get_node())
    return found


def _layer(node: Any, place: int) -> Layer:
    """A layer, described by the shape of its weights, or else of its output."""
    kind = node.get_type_name()
    shape = (node.input(1) if kind in WEIGHED else node.output(0)).get_partial_shape()
    sides = tuple(side.get_length() for side in shape if side.is_static)
    return Layer(node.get_friendly_name(), place, kind, sides)


def _scores(graph: Any, pictures: Pixels) -> NDArray[np.float32]:
    network = ExportedNetwork(graph, "")
    starts = range(0, len(pictures), BATCH)
    return np.concatenate([network.scores(pictures[at : at + BATCH]) for at in starts])
