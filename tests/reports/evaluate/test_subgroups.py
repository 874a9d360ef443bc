import numpy as np
import polars as pl
import pytest

from tagonaut.reports.evaluate.subgroups import (
    MOST,
    figures_by_columns,
    figures_by_value,
    value_figures,
)


def test_figures_of_each_value_worked_by_hand():
    targets = np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=np.uint8)
    tags = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=bool)
    known = np.ones((4, 2), dtype=bool)
    tiny, noisy, plain = figures_by_value(["noisy", "noisy", "plain", "tiny"], targets, tags, known)
    assert [row["value"] for row in (tiny, noisy, plain)] == ["tiny", "noisy", "plain"]
    assert (tiny["exact_match"], tiny["macro_f1"], tiny["correct"]) == (0, 0, 0)
    # Neither noisy picture has the second label, but one is given it: an F1 of 0 beside one of 1.
    assert (noisy["pictures"], noisy["exact_match"], noisy["macro_f1"]) == (2, 0.5, 0.5)
    assert (noisy["correct"], noisy["share"]) == (1.5, 0.75)
    assert (plain["correct"], plain["share"]) == (1, 1)
    known[2] = False
    unknown = figures_by_value(["noisy", "noisy", "plain", "tiny"], targets, tags, known)[2]
    assert unknown == {"value": "plain", "pictures": 0, "exact_match": None, "macro_f1": None,
                       "correct": 0, "share": None}  # fmt: skip
    assert value_figures(targets, tags, known)["correct"] == 1.5


def test_of_very_many_values_the_hardest_and_the_largest_are_told():
    rng = np.random.default_rng(0)
    count = 20_000
    targets = rng.integers(0, 2, (count, 3)).astype(np.uint8)
    tags = rng.random((count, 3)) < np.where(targets == 1, 0.9, 0.1)
    known = rng.random((count, 3)) < 0.8
    # Ten large values among thousands of one picture or two.
    values = np.where(np.arange(count) % 4, np.arange(count) // 2 + 10, np.arange(count) % 10)
    names = [f"v{value}" for value in values]
    rows = figures_by_value(names, targets, tags, known)
    assert len(rows) == MOST == 200
    right = ((targets == tags) & known).sum(axis=1) / known.sum(axis=1).clip(1)
    every = pl.DataFrame({"name": names, "right": right}).filter(known.any(axis=1))
    hardest = every.group_by("name").agg(pl.col("right").mean())["right"].sort()[:100]
    shares = [1.0 if row["share"] is None else row["share"] for row in rows]
    assert shares == sorted(shares)
    assert shares[:100] == pytest.approx(hardest.to_list())
    sizes = pl.Series(names).value_counts(sort=True).rows()
    largest = {name for name, size in sizes if size > 100}
    assert len(largest) == 5
    assert largest <= {row["value"] for row in rows}
    for row in rows:
        here = np.array(names) == row["value"]
        assert row == {
            "value": row["value"],
            **value_figures(targets[here], tags[here], known[here]),
        }
    told, notes = figures_by_columns(["c"], {"c": names}, targets, tags, known)
    assert told == {"c": rows}
    assert notes[0].startswith(f"c has {len(sizes):,} values: 200 are shown")
    assert figures_by_columns(["c"], {"c": ["x"] * count}, targets, tags, known)[1] == []
