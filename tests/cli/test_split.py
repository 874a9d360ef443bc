import csv
import json

import numpy as np
import pytest
from PIL import Image

import tagonaut as package
from tagonaut.data.splitting import folds, split


@pytest.fixture
def table(tmp_path):
    """Two hundred rows without a picture: a rare label, a common one, the flight of each."""
    rng = np.random.default_rng(0)
    lines = ["image_name,flight,tags"]
    for row in range(200):
        tags = ["rare"] * (row % 20 == 0) + ["common"] * (rng.random() < 0.6)
        lines.append(f"p{row},f{row // 4},{' '.join(tags)}")
    file = tmp_path / "labels.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def rows(file):
    with file.open() as lines:
        return list(csv.DictReader(lines))


def test_a_split_is_written_printed_and_read_back(tagonaut, table, tmp_path):
    out = tmp_path / "split.csv"
    status, text, _ = tagonaut("split", table, "--out", out, "--seed", "3")
    assert status == 0
    lines = [line.split() for line in text.splitlines()]
    places = {line[0]: line[1:] for line in lines if line}
    assert places["all"] == ["pictures", "120", "40", "40"]
    assert places["rare"] == ["6", "2", "2", "5.000", "0.0000", "0.00"]
    assert list(places).index("rare") < list(places).index("common")
    written = rows(out)
    assert [row["id"] for row in written] == [f"p{row}" for row in range(200)]
    dataset = package.read(table, pictures(table))
    assert split(dataset, str(out)).tolist() == [row["split"] for row in written]
    again, other = tmp_path / "again.csv", tmp_path / "other.csv"
    tagonaut("split", table, "--out", again, "--seed", "3")
    tagonaut("split", table, "--out", other, "--seed", "4")
    assert again.read_text() == out.read_text() != other.read_text()


def pictures(table):
    """A picture for each row of the table."""
    folder = table.parent / "images"
    folder.mkdir()
    for row in range(200):
        Image.new("RGB", (8, 8)).save(folder / f"p{row}.png")
    return folder


def test_the_document(tagonaut, table, tmp_path):
    arguments = ("--split", "100/50/30", "--no-stratify", "--json")
    status, text, _ = tagonaut("split", table, "--out", tmp_path / "s.csv", *arguments)
    document = json.loads(text)
    assert status == 0
    assert document["pictures"] == {"train": 100, "validation": 50, "test": 30}
    assert (document["unused"], document["groups"], document["largest_group"]) == (20, None, [])
    assert [row["label"] for row in document["labels"]] == ["rare", "common"]
    rare = document["labels"][0]
    written = rows(tmp_path / "s.csv")
    counts = {
        part: sum(row["split"] == part and int(row["id"][1:]) % 20 == 0 for row in written)
        for part in ("train", "validation", "test")
    }
    assert rare["pictures"] == counts
    whole = sum(counts.values()) / 180
    farthest = max(abs(counts[part] / n - whole) for part, n in document["pictures"].items())
    assert rare["share"] == pytest.approx(whole)
    assert rare["deviation"] == pytest.approx(farthest)
    assert rare["relative_deviation"] == pytest.approx(farthest / whole)


def test_folds_are_written_and_read_back(tagonaut, table, tmp_path):
    out = tmp_path / "folds.csv"
    status, text, _ = tagonaut("split", table, "--folds", "5", "--out", out)
    assert status == 0
    assert "fold 4" in text
    written = [int(row["fold"]) for row in rows(out)]
    assert np.bincount(written).tolist() == [40] * 5
    assert np.bincount(written[::20]).tolist() == [2] * 5
    dataset = package.read(table, pictures(table))
    assert folds(dataset, str(out)).tolist() == written
    assert (split(dataset, f"{out}:3") == "test").tolist() == [fold == 3 for fold in written]


def test_groups_stay_together_and_are_told(tagonaut, table, tmp_path):
    table.write_text(table.read_text().replace(",f2,", ",f1,"))
    out = tmp_path / "split.csv"
    status, text, _ = tagonaut("split", table, "--group-by", "flight", "--out", out)
    assert status == 0
    assert (
        "200 pictures, 49 groups of two or more pictures, the largest has 8: p4, p5, p6, …" in text
    )
    flight = {row["image_name"]: row["flight"] for row in rows(table)}
    parts = {}
    for row in rows(out):
        parts.setdefault(flight[row["id"]], set()).add(row["split"])
    assert all(len(found) == 1 for found in parts.values())


def test_a_column_gives_the_split(tagonaut, table, tmp_path):
    text = table.read_text().replace("flight", "fold")
    table.write_text(text.replace(",f", ",").replace(",old", ",fold"))
    out = tmp_path / "folds.csv"
    status, _, _ = tagonaut("split", table, "--folds", "column:fold", "--out", out)
    assert status == 0
    assert [row["fold"] for row in rows(out)] == [row["fold"] for row in rows(table)]


def test_near_duplicates_need_pictures_and_are_found(tagonaut, painted, tmp_path):
    images = painted.parent / "images"
    (images / "p01.jpg").write_bytes((images / "p00.jpg").read_bytes())
    out = tmp_path / "split.csv"
    arguments = ("split", painted, "--group-by", "near:0", "--out", out, "--json")
    status, text, _ = tagonaut(*arguments)
    assert status == 0
    assert json.loads(text)["largest_group"] == ["p00", "p01"]
    assert len({row["split"] for row in rows(out)[:2]}) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv", "--out", "OUT"), "none.csv"),
        (("TABLE", "--out", "TABLE"), "would overwrite the data"),
        (
            ("TABLE", "--out", "OUT", "--folds", "3", "--split", "60/20/20"),
            "cannot be combined with --split or --in-order",
        ),
        (
            ("TABLE", "--out", "OUT", "--folds", "3", "--in-order"),
            "cannot be combined with --split or --in-order",
        ),
        (("TABLE", "--out", "OUT", "--folds", "1"), "cannot be split into 1 folds"),
        (("TABLE", "--out", "OUT", "--split", "1/2"), "three numbers"),
        (("TABLE", "--out", "OUT", "--group-by", "flihgt"), "did you mean 'flight'"),
        (("TABLE", "--out", "OUT", "--group-by", "near"), "no picture can be compared"),
        (("TABLE", "--out", "FOLDER/none/s.csv"), "cannot be written"),
    ],
)
def test_mistakes_are_one_line_and_status_2(tagonaut, table, tmp_path, arguments, message):
    named = {"TABLE": table, "OUT": tmp_path / "s.csv", "FOLDER": tmp_path}
    words = [str(named.get(word, word)).replace("FOLDER", str(tmp_path)) for word in arguments]
    status, out, err = tagonaut("split", *words)
    assert (status, out) == (2, "")
    assert message in err
    assert not (tmp_path / "s.csv").exists()


def test_lists_of_file_names_are_a_split_and_strangers_are_told(tagonaut, table, tmp_path):
    named = {"train": range(100), "validation": range(100, 150), "test": range(150, 201)}
    for name, numbers in named.items():
        lines = [f"images/p{number}.jpg" for number in numbers]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
    lists = ",".join(str(tmp_path / f"{name}.txt") for name in named)
    out = tmp_path / "split.csv"
    status, _, err = tagonaut("split", table, "--split", lists, "--out", out)
    assert status == 0
    assert [row["split"] for row in rows(out)] == [
        name for name, numbers in named.items() for number in numbers if number < 200
    ]
    assert "1 names are not in the data, the first: 'images/p200.jpg'" in " ".join(err.split())


def test_a_split_replaces_a_split_and_no_other_file(tagonaut, table, tmp_path):
    out, mine = tmp_path / "split.csv", tmp_path / "mine.jpg"
    assert tagonaut("split", table, "--out", out)[0] == 0
    status, _, err = tagonaut("split", table, "--out", out, "--seed", "1")
    assert (status, "split.csv: a split exists already, and is replaced" in err) == (0, True)
    mine.write_bytes(b"a photo")
    status, _, err = tagonaut("split", table, "--out", mine)
    assert (status, "mine.jpg exists already and is not a split" in err) == (2, True)
    assert mine.read_bytes() == b"a photo"
    assert "is a folder" in tagonaut("split", table, "--out", tmp_path)[2]
    (tmp_path / "link").symlink_to(out)
    assert tagonaut("split", table, "--out", tmp_path / "link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {
        *("labels.csv", "split.csv", "mine.jpg", "link")
    }
