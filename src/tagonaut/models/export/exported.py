"""An exported network: a graph that OpenVINO scores by, without PyTorch."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from tagonaut.errors import TagonautError
from tagonaut.files.reading import open_regular, parse_json, read_bytes
from tagonaut.files.run_files import EXPORT_FILE, GRAPH_FILES, ExportFormat
from tagonaut.models.export.checked import check_onnx_file, check_operators
from tagonaut.models.export.packages import openvino
from tagonaut.pixels.preprocessing import Pixels, Preprocessing
from tagonaut.settings import Settings

Precision = Literal["f32", "bf16"]


class StoredExport(Settings):
    """The contents of ``export.json``, which describes the graph beside it."""

    format: ExportFormat = Field(description="which runtime reads the graph")
    int8: bool = Field(description="whether it was quantised")
    preprocessing: dict[str, Any] = Field(description="how pictures are prepared for the graph")
    digest: str = Field(description="SHA-256 over the graph's files")
    identity: int = Field(1, description="1: journals know it by its graph alone; 2: by both")
    run: str = Field(description="the run that it was made from")
    kept: tuple[str, ...] = Field((), description="the layers that int8 left in floating point")
    measured: dict[str, Any] | None = Field(
        None, description="what the export changes on the run's test pictures"
    )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the file in an export's folder; raises ``TagonautError``."""
        file = folder / EXPORT_FILE
        try:
            return cls.model_validate(parse_json(read_bytes(file)))
        except OSError as error:
            raise TagonautError(f"{file}: cannot be read ({error})") from None
        except ValidationError as error:
            what = error.errors()[0]
            where = ".".join(map(str, what["loc"]))
            raise TagonautError(
                f"{file}: damaged ({where + ': ' if where else ''}{what['msg']})"
            ) from None
        except ValueError as error:
            raise TagonautError(f"{file}: damaged ({error})") from None

    def write(self, folder: Path) -> None:
        """The inverse of ``read``."""
        text = json.dumps(self.model_dump(), indent=1, ensure_ascii=False)
        (folder / EXPORT_FILE).write_text(text + "\n", encoding="utf-8")


class ExportedNetwork:
    """``scores[n, k]`` of prepared pictures ``[n, s, s, c]``; the graph scales them itself."""

    def __init__(self, graph: Any, digest: str, precision: Precision | None = None) -> None:
        """``precision`` of the float layers; default the fastest that the processor has."""
        self.digest = digest
        self.labels = int(graph.output(0).partial_shape[1].get_length())
        hints = {"PERFORMANCE_HINT": "LATENCY"}
        if precision:
            hints["INFERENCE_PRECISION_HINT"] = precision
        self._compiled = openvino().Core().compile_model(graph, "CPU", hints)

    @classmethod
    def load(cls, folder: Path, stored: StoredExport, precision: Precision | None = None) -> Self:
        """Read a folder's graph; raises ``TagonautError`` for one that is damaged or does not fit.

        Neither format can hold code, and OpenVINO is given no extensions. A graph that loops, that
        takes its weights from files beside it, or that computes more than it could need is refused.
        """
        digest = graph_digest(folder, stored.format)
        first = folder / GRAPH_FILES[stored.format][0]
        if digest != stored.digest:
            raise TagonautError(f"{first}: damaged: not the graph that {EXPORT_FILE} describes")
        try:
            if stored.format == "onnx":
                check_onnx_file(first)
            graph = openvino().Core().read_model(first)
            check_operators(graph)
            _check(graph, Preprocessing.from_json(stored.preprocessing))
            return cls(graph, digest, precision)
        except (RuntimeError, ValueError) as error:
            said = " ".join(str(error).split())[-200:]
            raise TagonautError(f"{first}: OpenVINO cannot read it ({said})") from None

    def scores(self, pictures: Pixels) -> NDArray[np.float32]:
        """``scores[n, k]``, 0 to 1, of any number of pictures; by one thread at a time."""
        return self._output(0, pictures)

    def scores_apart(self, pictures: Pixels) -> NDArray[np.float32]:
        """``scores[n, m, k]`` of each network of a graph that was made with them."""
        return self._output(1, pictures)

    def _output(self, number: int, pictures: Pixels) -> NDArray[np.float32]:
        found = self._compiled(np.ascontiguousarray(pictures))[number]
        return np.array(found, dtype=np.float32)


def graph_digest(folder: Path, format: ExportFormat) -> str:
    """SHA-256 over a graph's files; raises ``TagonautError`` where one cannot be read."""
    digest = hashlib.sha256()
    for name in GRAPH_FILES[format]:
        file = folder / name
        try:
            with open_regular(file) as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
        except OSError as error:
            raise TagonautError(f"{file}: cannot be read ({error})") from None
    return digest.hexdigest()


def _check(graph: Any, preprocessing: Preprocessing) -> None:
    """Raises ``ValueError`` for a graph that does not take such pictures or gives no scores."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ValueError("it does not have exactly one input and one output")
    fed, given = graph.input(0), graph.output(0)
    kind = fed.element_type.to_dtype()
    shape = fed.partial_shape
    wanted = (preprocessing.size, preprocessing.size, len(preprocessing.channels))
    sides = [-1 if side.is_dynamic else side.get_length() for side in shape]
    if kind != preprocessing.dtype or len(sides) != 4 or sides != [-1, *wanted]:
        raise ValueError(f"its input is {kind} {shape}, but {EXPORT_FILE} says {wanted}")
    rows = given.partial_shape
    if len(rows) != 2 or rows[1].is_dynamic or given.element_type.to_dtype() != np.float32:
        raise ValueError(f"its output is {given.element_type} {rows}, not one score per label")
