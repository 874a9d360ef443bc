"""A run's scores, rewritten by a test with the mark that they need."""

import polars as pl

from tagonaut.data.splitting import MARK, SplitTable
from tagonaut.labels import LabelSet


def rewrite_scores(run, change=lambda frame: frame):
    """As they are, or changed; marked by the split table that is there now."""
    labels = [
        name.removeprefix("target ")
        for name in pl.read_parquet_schema(run / "split.parquet")
        if name.startswith("target ")
    ]
    table = SplitTable.read(run / "split.parquet", LabelSet(tuple(labels)))
    frame = change(pl.read_parquet(run / "scores.parquet"))
    frame.write_parquet(run / "scores.parquet", metadata={MARK: table.fingerprint()})
