"""Checks of a graph that somebody else may have made, before it is compiled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagonaut.files.reading import open_regular
from tagonaut.limits import MODEL
from tagonaut.models.export.packages import check_onnx

_LOOPS = {"Loop", "Scan", "If", "SequenceMap", "TensorIterator"}
# Exports of ours use the standard operators; the second is OpenVINO's own, for quantised layers.
_DOMAINS = {"", "ai.onnx", "org.openvinotoolkit"}


def check_onnx_file(file: Path) -> None:
    """Raises ``ValueError`` for a graph with loops, operators of others, or weights elsewhere.

    Raises ``TagonautError`` where the package that reads it is missing.
    """
    check_onnx()
    import onnx
    from google.protobuf.message import DecodeError

    try:
        with open_regular(file) as opened:
            model = onnx.load_model_from_string(opened.read())
    except (DecodeError, OSError) as error:
        raise ValueError(f"not an ONNX graph: {error}") from None
    if model.functions:
        raise ValueError("it has functions of its own")
    for node in model.graph.node:
        if node.domain not in _DOMAINS:
            raise ValueError(f"it has operators of others: {node.domain!r:.60}")
        if node.op_type in _LOOPS or any(part.g.node or part.graphs for part in node.attribute):
            raise ValueError(f"it has loops or branches: {node.op_type!r:.60}")
    if any(tensor.external_data or tensor.data_location for tensor in _tensors(model)):
        raise ValueError("its weights are in other files")


def _tensors(model: Any) -> Iterator[Any]:
    yield from model.graph.initializer
    for sparse in model.graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in model.graph.node:
        for part in node.attribute:
            yield from (part.t, *part.tensors)
            for sparse in (part.sparse_tensor, *part.sparse_tensors):
                yield from (sparse.values, sparse.indices)


def check_operators(graph: Any) -> None:
    """Raises ``ValueError`` for a graph of OpenVINO's that loops, or has huge tensors."""
    for node in graph.get_ops():
        kind = node.get_type_name()
        if kind in _LOOPS:
            raise ValueError(f"it has loops or branches: {kind}")
        for output in node.outputs():
            size = output.element_type.size
            for side in output.partial_shape if output.partial_shape.rank.is_static else ():
                size *= 1 if side.is_dynamic else side.get_length()
            if size > MODEL.value:
                raise ValueError(f"a tensor of {size / 1e9:,.0f} GB ({kind}) is{MODEL.over()}")
