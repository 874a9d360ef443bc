import csv
import json
import re
import shutil
import signal
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tagonaut.errors import DataError, Interrupted, TagonautError
from tagonaut.workflows import explore as workflow
from tagonaut.workflows.explore import FILES, explore


@pytest.fixture
def odd(painted):
    """The painted collection, with everything that can be wrong with one."""
    images = painted.parent / "images"
    rows = painted.read_text().splitlines()

    def add(name, tags):
        rows.append(f"{name},{tags}")

    shutil.copy(images / "p03.jpg", images / "copy.jpg")
    add("copy.jpg", "red blue")
    rng = np.random.default_rng(1)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    scene = coarse.resize((120, 90), Image.Resampling.BICUBIC)
    scene.save(images / "scene.png")
    scene.save(images / "again.jpg", quality=70)
    add("scene.png", "green")
    add("again.jpg", "green blue")
    Image.new("RGB", (50, 50), (10, 20, 30)).save(images / "flat.png")
    add("flat.png", "")
    Image.fromarray(rng.integers(0, 256, (20, 90, 3), dtype=np.uint8)).save(images / "wide.png")
    add("wide.png", "red")
    (images / "broken.jpg").write_bytes(b"no picture")
    add("broken.jpg", "red")
    add("missing.jpg", "red")
    add(300 * "long" + ".jpg", "red")
    shutil.copy(images / "p00.jpg", images / "extra.jpg")
    with (images / "extra.jpg").open("ab") as file:
        file.write(b"unlike p00")
    painted.write_text("\n".join(f"{row},{'camera' if not n else 'X'}" for n, row in
                                 enumerate(rows)) + "\n")  # fmt: skip
    return painted


def table(folder, name):
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_figures_are_those_of_the_table_and_of_the_pictures(painted, tmp_path):
    explored = explore(painted, out=tmp_path / "out")
    figures = explored.figures
    assert {path.name for path in explored.folder.iterdir()} == set(FILES)
    assert json.loads((explored.folder / "explore.json").read_text()) == figures
    assert figures["summary"]["pictures"] == 90
    pictures = pl.read_csv(explored.folder / "pictures.csv")
    tags = pl.read_csv(painted).with_columns(pl.col("tags").fill_null("").str.split(" "))
    joined = tags.join(pictures, left_on="image_name", right_on="id")
    labels = {row["label"]: row for row in table(explored.folder, "labels.csv")}
    for name, row in labels.items():
        mine = joined.filter(pl.col("tags").list.contains(name))
        assert int(row["pictures"]) == len(mine)
        for colour in ("red", "green", "blue"):
            mean = mine[f"mean_{colour}"].mean()
            assert float(row[f"mean_{colour}"]) == pytest.approx(mean, abs=2e-6)
        others = {other: mine[f"mean_{other}"].mean() for other in ("red", "green", "blue")}
        assert max(others, key=others.get) == name
    for row in pictures.iter_rows(named=True):
        whole = np.asarray(Image.open(row["file"]).convert("RGB")).mean(axis=(0, 1))
        assert [row[f"mean_{c}"] for c in ("red", "green", "blue")] == pytest.approx(whole)
    sets = {row["labels"]: int(row["pictures"]) for row in table(explored.folder, "label_sets.csv")}
    assert len(sets) == 8
    assert sum(sets.values()) == 90
    pairs = {
        (row["label"], row["other"]): (int(row["both"]), int(row["of"]))
        for row in table(explored.folder, "cooccurrence.csv")
    }
    assert pairs["red", "green"] == (sets["green;red"] + sets["blue;green;red"], 45)
    assert explored.unreadable == []


def test_what_is_wrong_is_found(odd, tmp_path):
    explored = explore(odd, out=tmp_path / "out")
    figures, problems = explored.figures, explored.figures["problems"]
    assert [row["id"] for row in problems["unreadable"]] == ["broken.jpg"]
    assert explored.unreadable[0].startswith("broken.jpg: not a picture")
    assert problems["without_picture"] == {
        "count": 2, "first": ["missing.jpg", 300 * "long" + ".jpg"]
    }  # fmt: skip
    assert problems["without_row"]["count"] == 1
    assert problems["without_row"]["first"][0].endswith("extra.jpg")
    assert problems["one_colour"] == [{"id": "flat.png", "rgb": [10, 20, 30]}]
    assert [row["id"] for row in problems["small"]] == ["wide.png"]
    assert [row["id"] for row in problems["extreme_shape"]] == ["wide.png"]
    assert problems["constant_columns"] == ["camera"]
    exact = figures["duplicates"]["exact"]
    assert (exact["groups"], exact["pictures"], exact["disagree"]) == (1, 2, 1)
    assert exact["listed"][0]["ids"] == ["p03", "copy.jpg"]
    assert exact["listed"][0]["differ"] == [
        {"label": "blue", "in": ["copy.jpg"]},
        {"label": "green", "in": ["p03"]},
    ]
    near = [pair for pair in figures["duplicates"]["near"]["listed"] if "scene.png" in pair["ids"]]
    assert near[0]["ids"] == ["scene.png", "again.jpg"]
    assert near[0]["differ"] == [{"label": "blue", "in": ["again.jpg"]}]
    rows = {row["id"]: row for row in table(explored.folder, "pictures.csv")}
    assert rows["copy.jpg"]["same_content_as"] == "p03"
    assert rows["scene.png"]["near_duplicates"] == rows["again.jpg"]["near_duplicates"] != ""
    assert rows["missing.jpg"]["problem"] == "no picture"
    assert rows["extra.jpg"]["problem"] == "not in the table"
    assert rows["wide.png"] | {"width": "90", "height": "20", "format": "PNG"} == rows["wide.png"]
    told = " | ".join(finding["text"] for finding in figures["findings"])
    for words in ("1 picture cannot be read", "no picture for 2 of 98 rows", "is not in the table",
                  "byte-identical", "look nearly the same", "of one colour", "camera"):  # fmt: skip
        assert words in told


def test_a_table_alone(painted, tmp_path):
    alone = tmp_path / "alone" / "labels.csv"
    alone.parent.mkdir()
    shutil.copy(painted, alone)
    explored = explore(alone, out=tmp_path / "out")
    figures = explored.figures
    assert figures["pictures"]["there"] == 0
    assert figures["summary"]["distinct_sets"] == 8
    assert figures["label_sets"]["listed"][0]["examples"] == ["p00", "p08", "p16"]
    page = (explored.folder / "explore.html").read_text()
    assert "this report covers the labels only" in page
    assert "<img" not in page


def test_pictures_alone(painted, tmp_path):
    images = painted.parent / "images"
    explored = explore(images, out=tmp_path / "out", format="pictures")
    assert explored.figures["summary"]["labels"] == 0
    assert explored.figures["pictures"]["sizes"] == [{"width": 40, "height": 40, "pictures": 90}]
    assert {path.name for path in explored.folder.iterdir()} == set(FILES[:3])
    page = (explored.folder / "explore.html").read_text()
    assert page.count("<img") == 25
    assert 'id="labels"' not in page


def test_unknown_cells_are_no_absences(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("id,a,b\np,1,\nq,1,1\nr,,0\n")
    figures = explore(file, out=tmp_path / "out").figures
    assert [(row["pictures"], row["known"]) for row in figures["labels"]] == [(2, 2), (1, 2)]
    assert figures["summary"]["unknown_cells"] == 2
    assert figures["problems"]["labels_of_all"] == ["a"]
    assert figures["label_sets"]["listed"][0]["labels"] == ["a", "b"]


def test_a_declared_group_is_not_suggested_again(tmp_path):
    file = tmp_path / "t.csv"
    lines = [f"p{n},{'day' if n % 3 else 'night'}" for n in range(60)]
    file.write_text("id,tags\n" + "\n".join(lines) + "\nboth,day night\n")
    suggested = explore(file, out=tmp_path / "a").figures["groups"]
    declared = explore(file, out=tmp_path / "b", groups=[["night", "day"]]).figures["groups"]
    for groups, kind in ((suggested, False), (declared, True)):
        (group,) = groups
        assert (group["labels"], group["declared"]) == (["day", "night"], kind)
        assert group["first_broken"] == [{"id": "both", "has": ["day", "night"]}]


def test_the_default_folder_is_the_first_free_one(painted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "explore-labels").write_text("mine")
    assert explore(painted).folder.name == "explore-labels-2"
    assert explore(painted).folder.name == "explore-labels-3"


def test_only_an_exploration_is_written_anew(painted, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "labels.csv").write_text("mine")
    with pytest.raises(TagonautError, match="choose another --out"):
        explore(painted, out=mine)
    assert [path.name for path in mine.iterdir()] == ["labels.csv"]
    folder = tmp_path / "out"
    explore(painted, out=folder)
    (folder / "notes.txt").write_text("mine")
    explore(painted.parent / "images", out=folder, format="pictures")
    assert {path.name for path in folder.iterdir()} == {*FILES[:3], "notes.txt"}


def test_what_cannot_be_read_at_all_leaves_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("id,a\np\n")
    with pytest.raises(DataError):
        explore(tmp_path / "t.csv", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_ctrl_c_leaves_nothing(painted, tmp_path, monkeypatch):
    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("tagonaut.workflows.explore.write_page", stopped)
    before = set(tmp_path.iterdir())
    with pytest.raises(Interrupted, match="nothing was written"):
        explore(painted, out=tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


def test_ctrl_c_while_the_page_is_written_waits_for_it(tagonaut, painted, tmp_path, monkeypatch):
    def pressed(*arguments):
        signal.raise_signal(signal.SIGINT)
        write_page(*arguments)

    write_page = workflow.write_page
    monkeypatch.setattr(workflow, "write_page", pressed)
    status, _, err = tagonaut("explore", painted, "--out", tmp_path / "out")
    assert status == 130
    assert err.splitlines()[-1] == f"tagonaut: stopped; {tmp_path / 'out'} is complete"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*FILES}


def test_the_same_seed_shows_the_same_samples(painted, tmp_path):
    pages = [
        (explore(painted, out=tmp_path / str(n), seed=seed).folder / "explore.html").read_text()
        for n, seed in enumerate((3, 3, 4))
    ]
    assert pages[0] == pages[1] != pages[2]


class Page(HTMLParser):
    """The elements of a page and where they point."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text = set(), [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data):
        self.text += data


def test_hostile_names_are_text_and_nothing_is_fetched(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    name = b'"><script>alert(1)<\xff.png'.decode("utf-8", "surrogateescape")
    hostile = '<img src="http://x/y">'
    for at, file in enumerate((name, "b.png", "c.png")):
        Image.new("RGB", (40, 40), (80 * at, 0, 0)).save(images / file, "PNG")
    (tmp_path / "t.csv").write_text(f"id,tags\nb,{hostile};<b>\nc,<b>\n".replace('"', "'"))
    explored = explore(tmp_path / "t.csv", out=tmp_path / "out")
    assert explored.figures["problems"]["without_row"]["first"][0].endswith("<\\xff.png")
    json.dumps(explored.figures, ensure_ascii=False).encode()
    for folder in (explored.folder, explore(images, out=tmp_path / "two").folder):
        page = Page((folder / "explore.html").read_text(encoding="utf-8"))
        assert "script" not in page.tags
        assert "b" in page.tags  # the page's own
        assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in page.links)
        assert not re.search(r"url\(|@import", (folder / "explore.html").read_text())
    assert "<script>alert(1)<\\xff.png" in page.text + " ".join(
        row["id"] for row in table(explored.folder.parent / "two", "pictures.csv")
    )
