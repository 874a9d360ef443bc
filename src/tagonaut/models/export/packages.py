"""The optional packages that export needs, imported without their messages."""

import importlib
import sys
from typing import Any

from tagonaut.errors import TagonautError

EXTRA = "pip install 'tagonaut[openvino]'"


def openvino() -> Any:
    """Import OpenVINO; raises ``TagonautError`` where it is not installed."""
    return _imported("openvino")


def nncf() -> Any:
    """Import NNCF, which quantises; raises ``TagonautError`` where it is not installed."""
    found = _imported("nncf")
    found.set_log_level(40)  # errors
    return found


def check_onnx() -> None:
    """Raises ``TagonautError`` where the packages by which PyTorch writes ONNX are missing."""
    for name in ("onnx", "onnxscript"):
        _imported(name)


def _imported(name: str) -> Any:
    # Both report each use to their makers unless this is missing, which they allow for.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TagonautError(
            f"this needs {name}, which cannot be loaded: {EXTRA} ({error})"
        ) from None
