from collections import Counter

import numpy as np
import polars as pl
from PIL import Image

from tagonaut.data.dataset import Dataset
from tagonaut.data.duplicates import compare_pictures
from tagonaut.labels import LabelSet
from tagonaut.reports.audit_contents import AuditContents, Cell
from tagonaut.reports.audit_figures import audit_figures
from tagonaut.reports.audit_page import FEWEST_SHOWN, MOST_SHOWN, shown_cells, write_page


def cells(labels, flagged=True):
    return [
        Cell(rank, 0, f"p{rank}", label, 1, 0.1, 0.1, rank, flagged)
        for rank, label in enumerate(labels, 1)
    ]


def test_one_label_does_not_fill_the_page():
    shown = shown_cells(cells(["much"] * 1000 + ["some"] * 60 + ["few"] * 3))
    assert Counter(cell.label for cell in shown) == {"much": 137, "some": 60, "few": 3}
    assert [cell.rank for cell in shown] == [*range(1, 138), *range(1001, 1064)]


def test_many_labels_are_shown_by_rank():
    shown = shown_cells(cells([f"label {n}" for n in range(500)]))
    assert [cell.rank for cell in shown] == [*range(1, MOST_SHOWN + 1)]


def test_where_little_is_flagged_others_fill_up():
    found = cells(["a"] * 5) + cells(["b"] * 100, flagged=False)
    shown = shown_cells(found)
    assert shown[:5] == found[:5]
    assert len(shown) == FEWEST_SHOWN
    assert shown_cells([]) == []


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
        np.full((3, 2), 0.99),
        ranks,
        np.zeros((3, 2), dtype=bool),
        np.array([1.0, np.nan]),
        np.array([True, False]),
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
        "not judged, the scores do not tell these labels: b",
    ]
    assert figures["duplicates"]["exact"]["groups"] == 1
    told = {"name": "all is well", "recipe": "fast", "backbone": "", "seed": 0, "folds": 5}
    write_page(tmp_path / "audit.html", {**figures, **told, "notes": []}, contents)
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert "No cell is doubtful." in page
    assert "<img" not in page
    assert "not judged" in page
