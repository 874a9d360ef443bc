import csv
import json
import re
from collections import Counter
from html import unescape
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

from tagonaut.data.corrections import correct
from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import compare_pictures
from tagonaut.deciding import LabelQuality
from tagonaut.labels import LabelSet
from tagonaut.reports.audit.contents import AuditContents, Cell, Suggestion, suggestions
from tagonaut.reports.audit.figures import audit_figures
from tagonaut.reports.audit.page import (
    FEWEST_SHOWN,
    MOST_SHOWN,
    shown_suggestions,
    write_page,
)
from tagonaut.reports.audit.tables import write_tables


def alone(labels, flagged=True):
    return [
        Suggestion((Cell(rank, 0, f"p{rank}", label, 1, 0.1, 0.1, rank, flagged),))
        for rank, label in enumerate(labels, 1)
    ]


def test_one_label_does_not_fill_the_page():
    shown = shown_suggestions(alone(["much"] * 1000 + ["some"] * 60 + ["few"] * 3))
    assert Counter(told.label for told in shown) == {"much": 137, "some": 60, "few": 3}
    assert [told.rank for told in shown] == [*range(1, 138), *range(1001, 1064)]


def test_many_labels_are_shown_by_rank():
    shown = shown_suggestions(alone([f"label {n}" for n in range(500)]))
    assert [told.rank for told in shown] == [*range(1, MOST_SHOWN + 1)]


def test_where_little_is_flagged_others_fill_up():
    found = alone(["a"] * 5) + alone(["b"] * 100, flagged=False)
    shown = shown_suggestions(found)
    assert shown[:5] == found[:5]
    assert len(shown) == FEWEST_SHOWN
    assert shown_suggestions([]) == []


def test_a_collection_without_errors_is_told_so(tmp_path):
    """And its unlabelled picture is looked at for copies, not judged."""
    paths = tuple(tmp_path / f"p{n}.png" for n in range(4))
    for n, path in enumerate(paths):
        Image.new("RGB", (20, 10), (60 * n, 0, 0)).save(path)
    targets = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], dtype=np.uint8)
    known = np.array([[1, 1], [1, 1], [1, 1], [0, 0]], dtype=bool)
    ids = tuple(path.name for path in paths)
    data = Dataset(ids, paths, targets, known, LabelSet(("a", "b")), pl.DataFrame())
    judged = data.subset([0, 1, 2])
    ranks = np.arange(1, 7).reshape(3, 2)
    contents = AuditContents(
        judged,
        targets[:3].astype(np.float32),
        LabelQuality(
            np.full((3, 2), 0.99),
            ranks,
            np.zeros((3, 2), dtype=bool),
            np.array([1.0, np.nan]),
            np.array([True, False]),
        ),
        data,
        compare_pictures(
            data,
            np.arange(4),
            np.array([*"xyzx"]),
            np.array([0, 2**64 - 1, 2**32 - 1, 0], dtype=np.uint64),
        ),
    )
    figures = audit_figures(contents)
    assert figures["summary"]["flagged"] == 0
    assert [finding["text"] for finding in figures["findings"]] == [
        "none of 6 cells stands out as wrong",
        "not evaluated, because the scores do not separate these labels: b",
    ]
    assert figures["duplicates"]["exact"]["groups"] == 1
    told = {"name": "all is well", "recipe": "fast", "backbone": "", "seed": 0, "folds": 5}
    write_page(tmp_path / "audit.html", {**figures, **told, "notes": []}, contents)
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "No cell is doubtful." in page
    assert "<img" not in page
    assert "not evaluated" in page


def grouped():
    """Three pictures of day, night or dusk, some with snow; the first is a night, called a day."""
    targets = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0]], dtype=np.uint8)
    quality = np.array([[0.05, 0.1, 0.8, 0.9], [0.9, 0.9, 0.9, 0.02], [0.9, 0.9, 0.9, 0.9]])
    flagged = np.zeros((3, 4), dtype=bool)
    flagged[0, :2] = flagged[1, 3] = True
    ranks = np.argsort(np.argsort(quality, axis=None)).reshape(3, 4) + 1
    labels = LabelSet(("day", "night", "dusk", "snow"), (("day", "night", "dusk"),))
    ids = ("a", "b", "c")
    data = Dataset(ids, tuple(map(Path, ids)), targets, np.ones((3, 4), bool), labels,
                   pl.DataFrame())  # fmt: skip
    nothing = compare_pictures(
        data, np.arange(3), np.array([*"xyz"]), np.array([0, 2**64 - 1, 2**32 - 1], np.uint64)
    )
    chance = np.where(targets == 1, quality, 1 - quality).astype(np.float32)
    found = LabelQuality(quality, ranks, flagged, np.ones(4), np.ones(4, bool))
    return AuditContents(data, chance, found, data, nothing)


def test_a_swap_is_accepted_as_one_and_its_rows_are_bound(tmp_path):
    contents = grouped()
    found = suggestions(contents)
    assert [[cell.label for cell in told.cells] for told in found] == [["snow"], ["day", "night"]]
    figures = {**audit_figures(contents), "name": "", "recipe": "", "backbone": "", "seed": 0}
    write_tables(tmp_path / "a.csv", tmp_path / "a.json", figures, contents)
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert [(row["picture"], row["label"], row["suggested"], row["together"]) for row in rows] == [
        ("b", "snow", "0", ""),
        ("a", "day", "0", "1"),
        ("a", "night", "1", "1"),
    ]
    write_page(tmp_path / "a.html", {**figures, "folds": 5, "notes": []}, contents)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    boxes = [json.loads(unescape(box)) for box in re.findall(r'data-rows="([^"]*)"', page)]
    assert sorted(boxes, key=len) == [
        [[*rows[0].values()]],
        [[*rows[1].values()], [*rows[2].values()]],
    ]
    assert "accept both" in page
    # What is downloaded corrects the data, and still each picture is of one group label.
    corrected = correct(contents.dataset, marked(tmp_path / "c.csv", rows))
    assert corrected.targets.tolist() == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]


def marked(file, rows):
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, [*rows[0]])
        writer.writeheader()
        writer.writerows({**row, "accept": "yes"} for row in rows)
    return file
