import base64
import html
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score, fbeta_score

from tagonaut.deciding import FIGURES, Detail, evaluate, figures_up_to, majority
from tagonaut.reports.evaluate import Decision, Evaluated, Pictures, Subject
from tagonaut.reports.evaluate.mistakes import SIDE
from tagonaut.reports.evaluate.page import write_evaluation
from tagonaut.reports.evaluate.panels import POINTS, step_path
from tagonaut.reports.evaluate.tables import score_figures, tag_figures

LABELS = ("cloud", "forest", "<script>alert(1)</script>", "river & lake")
THRESHOLDS = (0.3, 0.6, 0.45, 0.5)
INTERVAL_KEYS = ("map", "micro_f1", "macro_f1", "exact_match")


def intervals(figures):
    """Drawn, not resampled: what the page shows is what it was given."""
    return {
        "level": 0.95,
        "resamples": 1234,
        "all": {
            key: None if figures[key] is None else [figures[key] * 0.9, figures[key] * 1.01]
            for key in INTERVAL_KEYS
        },
        "labels": [
            {"f1": [row["f1"] * 0.8, min(1.0, row["f1"] * 1.1)], "ap": None}
            for row in figures["labels"]
        ],
    }


def decision(key, title, truth, known, scores, tags, thresholds):
    figures = evaluate(
        truth["labels"],
        truth["targets"],
        scores,
        tags,
        majority=majority(truth["targets"], known=known),
        thresholds=thresholds,
        known=known,
    )
    return Decision(key, title, tags, thresholds, figures, intervals(figures))


def drawn(labels=LABELS, *, scored=True, n=60, seed=0, decisions=None, by=None, **changes):
    """Scores that know something of the targets, evaluated at thresholds and at one half.

    ``changes`` are fields of ``Pictures``, of ``Subject``, or ``thresholds``.
    """
    rng = np.random.default_rng(seed)
    k = len(labels)
    targets = (rng.random((n, k)) < 0.4).astype(np.uint8)
    scores = np.clip(0.5 * rng.random((n, k)) + 0.4 * targets, 0, 1).astype(np.float32)
    thresholds = changes.pop("thresholds", THRESHOLDS[:k])
    cuts = THRESHOLDS[:k] if thresholds is None else thresholds
    pictures = Pictures(
        labels=labels,
        ids=[f"picture{row}" for row in range(n)],
        paths=[None] * n,
        targets=targets,
        known=np.ones((n, k), dtype=bool),
        scores=scores if scored else None,
    )
    subject = Subject("drawn pictures", facts={"run": "runs/<b>drawn</b>"})
    inside = {key: changes.pop(key) for key in list(changes) if hasattr(pictures, key)}
    pictures, subject = replace(pictures, **inside), replace(subject, **changes)
    targets, known = pictures.targets, pictures.known
    truth = {"labels": labels, "targets": targets}
    if decisions is None:
        tuned = scores >= np.array(cuts, dtype=np.float32)
        decisions = [decision("given", "as given", truth, known, None, tuned, None)]
        if scored:
            tuned = scores >= np.array(THRESHOLDS[:k], dtype=np.float32)
            decisions = [
                decision("tuned", "tuned (f1)", truth, known, scores, tuned, thresholds),
                decision("at_0.5", "at 0.5", truth, known, scores, scores >= 0.5, (0.5,) * k),
            ]
    notes = subject.notes or ["a note on 3 pictures"]
    return Evaluated(subject, pictures, decisions, by or {}, notes=notes)


class Page(HTMLParser):
    """The parts of a page that tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.text, self.images, self.tables, self.buttons, self.paths = text, [], [], [], []
        self.circles = []
        self.addresses, self.ids, self._cell, self._button = [], set(), None, False
        self.feed(text)
        self.plain = html.unescape(re.sub(r"<[^>]*>", " ", text.partition("<body>")[2]))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        self.addresses += [
            attrs[name] for name in ("src", "href", "data", "action") if name in attrs
        ]
        if tag == "img":
            self.images.append(attrs)
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self._cell = [attrs.get("data-value"), ""]
            self.tables[-1][-1].append(self._cell)
        elif tag == "circle":
            self.circles.append((attrs["class"], float(attrs["cx"]), float(attrs["cy"])))
        elif tag == "path":
            self.paths.append((attrs.get("class"), attrs["d"]))
        self._button = tag == "button"

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self._cell = None

    def handle_data(self, data):
        if self._cell is not None:
            self._cell[1] += data
        if self._button:
            self.buttons.append(data)
            self._button = False

    def table(self, heading):
        """The rows below the heading of the table whose first column has that name."""
        found = [table for table in self.tables if table[0][0][1].strip() == heading]
        assert len(found) == 1
        return found[0][1:]


def page(tmp_path, evaluated):
    write_evaluation(tmp_path / "evaluation-drawn.html", evaluated)
    return Page((tmp_path / "evaluation-drawn.html").read_text(encoding="utf-8"))


def paint(path, colour, size=(50, 40), orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size, colour).save(path, exif=exif)
    return path


def decoded(address):
    kind, _, code = address.partition(",")
    assert kind == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(code)))


def test_the_summary_shows_each_figure_of_each_way_and_its_interval(tmp_path):
    evaluated = drawn()
    seen = {
        row[0][1].strip(): [cell[1] for cell in row[1:]]
        for row in page(tmp_path, evaluated).table("tags")
    }
    tuned, half = (some.figures for some in evaluated.decisions)
    for figure in (figure for figure in FIGURES if not figure.needs_scores):
        key, baseline = figure.key, figure.baseline_key
        first, second, naive = seen[figure.title + "lower is better" * figure.lower_is_better]
        assert first.startswith(f"{100 * tuned[key]:.1f}"), key
        assert second.startswith(f"{100 * half[key]:.1f}"), key
        assert naive == (f"{100 * tuned[baseline]:.1f}" if baseline else "")
        assert ("to" in first) == (key in INTERVAL_KEYS)
    low, high = (100 * tuned["micro_f1"] * factor for factor in (0.9, 1.01))
    assert seen["F1, micro"][0].endswith(f"{low:.1f} to {high:.1f}")


@pytest.mark.parametrize(
    ("tuned_for", "first"),
    [("samples_f2", "F2, samples"), ("f2", "F2, macro"), ("precision 95 %", "mAP"), (None, "mAP")],
)
def test_what_was_tuned_for_stands_first(tmp_path, tuned_for, first):
    shown = page(tmp_path, drawn(tuned_for=tuned_for)).text
    tiles = re.findall(
        "<span>(.*?)[<\n]", shown.partition('class="tiles"')[2].partition("</h2>")[0]
    )
    assert tiles[2] == first


def test_no_figure_that_the_terminal_shows_is_missing():
    evaluated = drawn()
    rows = [*tag_figures(evaluated.decisions), *score_figures(evaluated.main)]
    shown = [row["figure"].key for row in rows]
    assert set(shown) >= {figure.key for figure in figures_up_to(Detail.SUMMARY)}
    assert sorted(shown) == sorted(figure.key for figure in FIGURES)


def test_a_loss_is_best_where_it_is_low(tmp_path):
    evaluated = drawn()
    text = page(tmp_path, evaluated).text
    losses = [way.figures["hamming_loss"] for way in evaluated.decisions]
    assert losses[0] != losses[1]
    row = text.partition("Hamming loss")[2].partition("</tr>")[0]
    assert re.findall("<b>(.*?)</b>", row) == [f"{100 * min(losses):.1f}"]


def test_each_label_has_a_row_that_sorts_by_its_numbers(tmp_path):
    evaluated = drawn()
    pictures = evaluated.pictures
    shown = page(tmp_path, evaluated)
    rows = shown.table("label")
    assert [row[0][0] for row in rows] == list(LABELS)
    expected = evaluated.decisions[0].figures["labels"]
    assert [float(row[1][0]) for row in rows] == [label["support"] for label in expected]
    f1 = fbeta_score(pictures.targets, evaluated.decisions[0].tags, beta=1, average=None)
    half = fbeta_score(pictures.targets, pictures.scores >= 0.5, beta=1, average=None)
    f2 = fbeta_score(pictures.targets, evaluated.decisions[0].tags, beta=2, average=None)
    ap = average_precision_score(pictures.targets, pictures.scores, average=None)
    for column, values in ((2, f1), (4, 0.8 * f1), (5, half), (8, f2), (9, ap), (10, THRESHOLDS)):
        assert [float(row[column][0]) for row in rows] == pytest.approx(list(values), abs=1e-6)
    assert [row[10][1] for row in rows] == ["0.300", "0.600", "0.450", "0.500"]
    headings = ["label", "support", "F1", "F1, interval", "F1 at 0.5", "precision", "recall", "F2"]
    assert shown.buttons == [*headings, "AP", "threshold"]


def test_nothing_is_fetched_and_names_are_text(tmp_path):
    hostile = '"><img src=http://example.org/x onerror=alert(1)>'
    rows = [{"value": hostile, "pictures": 3, "exact_match": 0.5, "macro_f1": None, "share": 0.25}]
    evaluated = drawn(
        (hostile, "</style><script>", "{{ 7 * 7 }}", "x" * 300),
        title=hostile,
        facts={hostile: hostile},
        notes=[hostile],
        ids=[hostile] * 60,
        by={hostile: rows},
    )
    pictures = evaluated.pictures
    shown = page(tmp_path, evaluated)
    assert all(address.startswith(("data:image/jpeg", "#")) for address in shown.addresses)
    assert {address[1:] for address in shown.addresses if address[0] == "#"} <= shown.ids
    assert not shown.images
    assert shown.text.count("<script") == 1
    assert "@import" not in shown.text
    assert "url(" not in shown.text
    assert hostile in shown.plain
    assert "{{ 7 * 7 }}" in shown.plain
    assert [row[0][0] for row in shown.table("label")] == list(pictures.labels)


def test_in_sample_is_said_first_and_only_then(tmp_path):
    evaluated = drawn()
    text = page(tmp_path, evaluated).text
    assert "In sample" not in text
    assert "1,234 times" in text
    assert "evaluation-drawn.json, evaluation-drawn.csv" in text
    evaluated.main.figures["in_sample"] = 60
    text = page(tmp_path, evaluated).text
    assert "have seen these pictures" in text
    assert text.index('<ul class="findings">') < text.index("In sample") < text.index("a note on 3")
    evaluated.main.figures["in_sample"] = 7
    assert "have seen 7 of these pictures" in page(tmp_path, evaluated).text


def area(path):
    """Under a path of M, V and H, in shares of the square."""
    x = total = y = 0.0
    for command, value in re.findall(r"([MVH])([-\d. ]+)", path):
        if command == "H":
            total += (float(value) - x) * (100 - y)
            x = float(value)
        else:
            y = float(value.split()[-1])
    return total / 10_000


def test_the_area_under_each_curve_is_the_average_precision(tmp_path):
    evaluated = drawn(n=90)
    pictures = evaluated.pictures
    shown = page(tmp_path, evaluated)
    curves = [path for kind, path in shown.paths if kind == "curve" and "V" in path]
    expected = average_precision_score(pictures.targets, pictures.scores, average=None)
    # Of each label the curve of precision, then that of F1.
    assert [area(path) for path in curves[::2]] == pytest.approx(list(expected), abs=2e-3)
    thresholds = np.linspace(0, 1, 2001)[1:]
    for k, path in enumerate(curves[1::2]):
        tags, there = (
            pictures.scores[:, [k]] >= thresholds,
            pictures.targets[:, [k]] == 1,
        )
        values = 2 * (tags & there).sum(axis=0) / (tags.sum(axis=0) + there.sum())
        assert area(path) == pytest.approx(values.mean(), abs=3e-3)


def test_the_points_are_those_of_the_tags(tmp_path):
    evaluated = drawn()
    circles = page(tmp_path, evaluated).circles
    for kind, some, thresholds in zip(
        ("chosen", "half"), evaluated.decisions, (THRESHOLDS, [0.5] * 4), strict=True
    ):
        # After that of the legend, of each label one among the precisions and one among the F1.
        points = [(x, 100 - y) for which, x, y in circles if which == kind][1:]
        rows = some.figures["labels"]
        expected = [(100 * row["recall"], 100 * row["precision"]) for row in rows]
        assert points[::2] == [pytest.approx(point, abs=0.06) for point in expected]
        expected = [(100 * t, 100 * row["f1"]) for t, row in zip(thresholds, rows, strict=True)]
        assert points[1::2] == [pytest.approx(point, abs=0.06) for point in expected]


def test_reliability_is_that_of_the_known_cells(tmp_path):
    known = np.random.default_rng(3).random((60, 4)) < 0.8
    evaluated = drawn(known=known)
    pictures = evaluated.pictures
    shown = page(tmp_path, evaluated)
    scores, there = (
        pictures.scores[known].astype(float),
        pictures.targets[known] == 1,
    )
    tenth = np.ceil(scores * 10).clip(1)
    expected = [
        (scores[here].mean(), there[here].mean(), here.sum())
        for m in range(1, 11)
        if (here := tenth == m).any()
    ]
    told = re.findall(r"<title>score (.*?): there in (.*?) % of (\d+)</title>", shown.text)
    assert told == [(f"{x:.3f}", f"{100 * y:.1f}", str(n)) for x, y, n in expected]
    bins = np.ceil(scores * 15).clip(1)
    error = sum(abs((scores - there)[bins == m].sum()) for m in range(1, 16)) / len(scores)
    assert f"Expected calibration error: {100 * error:.2f} %" in shown.plain
    bars = re.findall(r": (\d+) scores, (\d+) of them where the label", shown.text)
    assert np.array(bars, dtype=int).sum(axis=0).tolist() == [known.sum(), there.sum()]
    assert [int(cells) for cells, _ in bars] == np.histogram(scores, 20, (0, 1))[0].tolist()


def test_a_long_curve_is_thinned_to_the_same_curve():
    x = np.linspace(0, 1, 20_001)[1:]
    path = step_path(x, np.sqrt(1 - x**2))
    assert path.count("H") <= POINTS
    assert path.endswith("V100H100")
    assert area(path) == pytest.approx(np.pi / 4, abs=0.02)


def test_every_drawing_is_well_formed(tmp_path):
    drawings = re.findall("<svg.*?</svg>", page(tmp_path, drawn()).text, re.DOTALL)
    # The legend, two plots and a small one a label, and the two of all.
    assert len(drawings) == 4 + 3 * len(LABELS) + 2
    for drawing in drawings:
        ET.fromstring(drawing)
        assert "nan" not in drawing.lower().replace("forest", "")


def test_label_confusion_is_counted_as_by_hand(tmp_path):
    labels = ("day", "night", "sea")
    targets = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=np.uint8)
    tags = np.array([[0, 1, 0], [0, 1, 1], [0, 1, 1], [0, 1, 0], [0, 0, 0]], dtype=bool)
    known = np.ones((5, 3), dtype=bool)
    truth = {"labels": labels, "targets": targets}
    given = decision("given", "as given", truth, known, None, tags, None)
    evaluated = drawn(labels, n=5, scored=False, targets=targets, known=known, decisions=[given])
    shown = page(tmp_path, evaluated)
    told = re.sub(r"\s+", " ", shown.plain)
    assert "missed day , predicted night 3 pictures of 3 missed" in told
    assert "missed day , predicted sea 1 picture of 3 missed" in told
    assert told.count("missed day , predicted") == 2
    (row,) = shown.table("missed ↓ predicted →")
    assert [cell[1] for cell in row] == ["day", "3", "1"]


def test_the_pictures_are_those_of_the_worst_mistakes(tmp_path):
    """One label, one mistake of each kind, each picture of a colour of its own."""
    colours = [(250, 20, 20), (20, 250, 20), (20, 20, 250), (250, 250, 20), (20, 250, 250)]
    paths = [paint(tmp_path / f"{row}.png", colour) for row, colour in enumerate(colours)]
    targets = np.array([[0], [0], [1], [1], [1]], dtype=np.uint8)
    scores = np.array([[0.7], [0.99], [0.4], [0.05], [0.9]], dtype=np.float32)
    known, truth = np.ones((5, 1), dtype=bool), {"labels": ("cat",), "targets": targets}
    decisions = [decision("tuned", "tuned", truth, known, scores, scores >= 0.5, (0.5,))]
    evaluated = drawn(
        ("cat",),
        n=5,
        paths=paths,
        targets=targets,
        scores=scores,
        decisions=decisions,
        thresholds=(0.5,),
    )
    shown = page(tmp_path, evaluated)
    assert [image["alt"] for image in shown.images] == [f"picture{row}" for row in (1, 0, 3, 2)]
    for image, row in zip(shown.images, (1, 0, 3, 2), strict=True):
        seen = np.asarray(decoded(image["src"])).mean(axis=(0, 1))
        assert seen == pytest.approx(colours[row], abs=6)
    told = re.sub(r"\s+", " ", shown.plain)
    assert "cat score 0.9900 (0.500) picture1 true: nothing predicted: cat" in told
    assert "cat score 0.0500 (0.500) picture3 true: cat predicted: nothing" in told


def test_few_pictures_of_many_labels_are_shown_small_and_upright(tmp_path):
    labels = tuple(f"label {k}" for k in range(4))
    path = paint(tmp_path / "large.jpg", "grey", size=(1200, 300), orientation=6)
    evaluated = drawn(labels, n=400, paths=[path] * 400)
    pictures = evaluated.pictures
    wrong = (evaluated.decisions[0].tags & (pictures.targets == 0)).sum(axis=0)
    assert (wrong > 3).sum() > 1
    shown = page(tmp_path, evaluated)
    assert len(shown.images) <= 24
    first = shown.text.partition("Wrong tags")[2].partition("Missed labels")[0]
    about = re.findall(r'class="about"><b>(.*?)</b>', first)
    assert len(set(about)) > 1
    assert max(about.count(label) for label in labels) == 3
    assert decoded(shown.images[0]["src"]).size == (SIDE // 4, SIDE)


def test_what_cannot_be_read_is_a_box_with_its_name(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"nonsense")
    os.mkfifo(tmp_path / "pipe.jpg")
    good = paint(tmp_path / "good.png", "red")
    files = [tmp_path / "broken.jpg", tmp_path / "missing.jpg", tmp_path / "pipe.jpg", None, good]
    files += [tmp_path / "nul\0.jpg", tmp_path, tmp_path / "bad\udcff.jpg"]
    shown = page(tmp_path, drawn(paths=[files[row % len(files)] for row in range(60)]))
    assert shown.images
    boxes = re.findall('<div class="gone"><b>(.*?)</b>(.*?)</div>', shown.text)
    assert {"not a picture, or of a format that is not read", "no picture file"} <= {
        reason for _, reason in boxes
    }
    assert all(name.startswith("picture") for name, _ in boxes)


def test_without_paths_the_mistakes_are_told_in_words(tmp_path):
    shown = page(tmp_path, drawn())
    assert not shown.images
    assert 'class="gone"' not in shown.text.partition("<body>")[2]
    assert "Wrong tags" in shown.plain


def test_tags_alone_leave_out_what_needs_scores(tmp_path):
    evaluated = drawn(scored=False)
    pictures = evaluated.pictures
    shown = page(tmp_path, evaluated)
    assert "The table holds tags, not scores" in shown.plain
    assert {"curves", "reliability"}.isdisjoint(shown.ids)
    assert "as given" in shown.plain
    assert shown.buttons == ["label", "support", "F1", "F1, interval", "precision", "recall", "F2"]
    wrong = (pictures.targets != evaluated.decisions[0].tags).sum(axis=1)
    told = [int(number) for number in re.findall(r"<b>(\d+)</b> mistakes?<", shown.text)]
    assert told == sorted(wrong.tolist(), reverse=True)[: len(told)]
    assert len(told) == min(24, (wrong > 0).sum())


def test_one_label_and_a_rule_without_thresholds(tmp_path):
    one = page(tmp_path, drawn(("cat",)))
    assert len(one.table("label")) == 1
    assert "No picture has both a missed label and a wrong one" in one.plain
    bare = page(tmp_path, drawn(thresholds=None))
    assert "threshold" not in bare.buttons
    assert "AP" in bare.buttons
    never = page(tmp_path, drawn(thresholds=(0.3, float("inf"), 0.45, 0.5)))
    assert [row[10][1] for row in never.table("label")][1] == "never"


def test_a_label_that_no_picture_has_and_one_that_is_never_known(tmp_path):
    known = np.ones((60, 4), dtype=bool)
    known[:, 3] = False
    known[::2, 1] = False
    targets = drawn().pictures.targets.copy()
    targets[:, 0] = 0
    evaluated = drawn(targets=targets, known=known)
    shown = page(tmp_path, evaluated)
    assert "No picture has cloud, river & lake" in shown.plain
    rows = {row[0][0]: row for row in shown.table("label")}
    assert rows["cloud"][9] == ["", "–"]
    assert int(rows["forest"][1][0]) == targets[1::2, 1].sum()
    cards = re.findall(r'<div class="card" id="label-(\d)">', shown.text)
    assert cards == ["1", "2"]
    assert f"{targets[1::2, 1].sum()} of 30 pictures" in shown.plain


def test_subgroups_stand_in_their_own_order(tmp_path):
    rows = [
        {"value": f"v{m}", "pictures": m + 1, "exact_match": 0.5, "macro_f1": None, "share": m / 60}
        for m in range(60)
    ]
    shown = page(tmp_path, drawn(by={"camera": rows}))
    table = next(table for table in shown.tables if table[-1][0][1] == "v39")
    assert [cell[1] for cell in table[1]] == ["v0", "1", "50.0", "–", "0.0"]
    assert len(table) == 41
    assert "and 20 more in evaluation-drawn.json" in shown.plain


def test_eighty_labels_and_their_pictures_stay_light(tmp_path):
    labels = tuple(f"label {k}" for k in range(80))
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)
    path = tmp_path / "noise.png"
    Image.fromarray(noise).save(path)
    targets = (rng.random((500, 80)) < 0.2).astype(np.uint8)
    scores = np.clip(rng.random((500, 80)) * 0.6 + 0.3 * targets, 0, 1).astype(np.float32)
    known, truth = np.ones((500, 80), dtype=bool), {"labels": labels, "targets": targets}
    decisions = [decision("at_0.5", "at 0.5", truth, known, scores, scores >= 0.5, (0.5,) * 80)]
    evaluated = drawn(
        labels,
        n=500,
        paths=[path] * 500,
        targets=targets,
        known=known,
        scores=scores,
        decisions=decisions,
        thresholds=(0.5,) * 80,
    )
    shown = page(tmp_path, evaluated)
    assert len(shown.text) < 3_000_000
    assert len(shown.images) == 24
    assert "F1 at 0.5" not in shown.buttons
    assert "half" not in {kind for kind, *_ in shown.circles}
    assert [row[0][0] for row in shown.table("label")] == list(labels)
    pairs = shown.table("missed ↓ predicted →")
    assert len(pairs) == 20
    assert all(len(row) == 21 for row in pairs)
    json.dumps(decisions[0].figures, allow_nan=False)
