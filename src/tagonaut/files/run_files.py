"""The names of the files in a run folder, for rooms above and below PyTorch."""

MODEL_FILE, LABELS_FILE, DECISIONS_FILE = "model.safetensors", "labels.json", "decisions.json"
RECIPE_FILE, METRICS_FILE, HISTORY_FILE = "recipe.toml", "metrics.json", "history.csv"
SPLIT_FILE, SCORES_FILE = "split.parquet", "scores.parquet"
SHEET_FILE = "augmented.jpg"
EXPORT_FILE = "export.json"
"""Of an export, which holds a graph in place of ``MODEL_FILE``."""
GRIDS = "grid*.csv"
"""The searches of a forest; of folds one each."""


def grid_file(fold: int | None) -> str:
    """The search of a forest, or of the forest of a fold, counted from 1."""
    return "grid.csv" if fold is None else f"grid-fold-{fold}.csv"
