"""What the files of a run folder are called, for readers that do without PyTorch too."""

SPLIT_FILE, SCORES_FILE = "split.parquet", "scores.parquet"
RECIPE_FILE, METRICS_FILE, HISTORY_FILE = "recipe.toml", "metrics.json", "history.csv"
