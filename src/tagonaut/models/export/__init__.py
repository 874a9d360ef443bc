"""A trained model as a graph for other runtimes: ONNX, OpenVINO, int8.

Making a graph takes PyTorch, and scoring by one does not: ``graph`` is imported by itself.
"""

from tagonaut.models.export.exported import ExportedNetwork, StoredExport, graph_digest
from tagonaut.models.export.int8 import CALIBRATION, Layer, Quantiser
from tagonaut.models.export.packages import nncf, openvino

__all__ = [
    "CALIBRATION",
    "ExportedNetwork",
    "Layer",
    "Quantiser",
    "StoredExport",
    "graph_digest",
    "nncf",
    "openvino",
]
