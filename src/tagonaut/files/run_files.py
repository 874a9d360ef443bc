"""The names of the files in a run folder, for the rooms that do without PyTorch too."""

from collections.abc import Mapping
from typing import Literal

from tagonaut.files.folder_kind import FolderKind, json_with, tensors_with

ExportFormat = Literal["onnx", "openvino"]

MODEL_FILE, LABELS_FILE, DECISIONS_FILE = "model.safetensors", "labels.json", "decisions.json"
RECIPE_FILE, METRICS_FILE, HISTORY_FILE = "recipe.toml", "metrics.json", "history.csv"
SPLIT_FILE, SCORES_FILE = "split.parquet", "scores.parquet"
SHEET_FILE = "augmented.jpg"
EXPORT_FILE = "export.json"
"""Of an export, which holds a graph in place of ``MODEL_FILE``."""
GRAPH_FILES: Mapping[ExportFormat, tuple[str, ...]] = {
    "onnx": ("model.onnx",),
    "openvino": ("model.xml", "model.bin"),
}
"""The first is the one that names the others."""
GRIDS = "grid*.csv"
"""The searches of a forest; of folds one each."""
_PLAIN = (
    *(LABELS_FILE, DECISIONS_FILE, RECIPE_FILE, METRICS_FILE, HISTORY_FILE, SPLIT_FILE),
    *(SCORES_FILE, SHEET_FILE, GRIDS, "curves.svg", "report.html", "README.md"),
    *("evaluation-*.json", "evaluation-*.csv", "evaluation-*.html"),
)
RUN = FolderKind("run", MODEL_FILE, tensors_with("preprocessing"), (MODEL_FILE, *_PLAIN))
EXPORT = FolderKind(
    "export",
    EXPORT_FILE,
    json_with("format", "digest", "preprocessing", "run"),
    (EXPORT_FILE, *(name for names in GRAPH_FILES.values() for name in names), *_PLAIN),
)


def grid_file(fold: int | None) -> str:
    """The search of a forest, or of the forest of a fold, counted from 1."""
    return "grid.csv" if fold is None else f"grid-fold-{fold}.csv"
