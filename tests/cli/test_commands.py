import csv
import io
import json
import subprocess
import sys

import polars as pl
import pytest
from PIL import Image

import tagonaut as package
from tests.metadata.pictures import put


def test_training_prints_the_split_and_the_figures(tagonaut, painted, weights, tmp_path):
    arguments = ("train", painted, "--weights", weights, "--set", "size=32")
    status, out, _ = tagonaut(*arguments, "--out", tmp_path / "a", "--split", "50/20/20")
    assert status == 0
    assert "test split, seed 0" in out
    assert "all pictures" in out
    assert "50" in out
    status, out, _ = tagonaut(*arguments, "--out", tmp_path / "b", "--json")
    document = json.loads(out)
    assert status == 0
    assert document["split_counts"]["red"] == {"train": 27, "validation": 9, "test": 9}
    assert document["test"]["tuned"]["pictures"] == 18


def test_evaluate(tagonaut, run, painted):
    status, out, _ = tagonaut("evaluate", run)
    assert status == 0
    for words in ("test split, seed 0, 18 pictures", "majority baseline", "mAP", "threshold"):
        assert words in out
    status, out, _ = tagonaut("evaluate", run, "--json")
    document = json.loads(out)
    assert status == 0
    wanted = {"map", "micro_f1", "macro_f1", "samples_f1", "samples_f2", "exact_match"}
    row = {"label", "support", "precision", "recall", "f1", "f2", "ap", "accuracy",
           "baseline_accuracy", "threshold"}  # fmt: skip
    for kind in ("tuned", "at_0.5"):
        assert document[kind].keys() >= wanted | {"binary_accuracy", "labels"}
        assert document[kind]["labels"][0].keys() >= row
    status, out, err = tagonaut("evaluate", run, painted, "--json")
    assert (status, json.loads(out)["left_out"]) == (1, 72)
    assert "72 pictures left out" in err


@pytest.mark.parametrize("form", ["tags", "onehot"])
def test_predictions_read_back_as_labels(tagonaut, run, painted, form):
    table = painted.with_name(f"{form}.csv")
    pictures = painted.parent / "images"
    status, _, _ = tagonaut("predict", run, pictures, "--as", form, "--out", table)
    assert status == 0
    before = table.read_bytes()
    status, _, err = tagonaut("predict", run, pictures, "--as", form, "--out", table)
    assert (status, "exists already" in err, table.read_bytes()) == (2, True, before)
    assert not [path for path in table.parent.iterdir() if path.name.startswith(".")]
    dataset = package.read(table, pictures)
    tagger = package.Tagger.load(run)
    assert dataset.labels.decode(dataset.targets) == tagger.tag(dataset.paths)


def test_scores_and_one_picture(tagonaut, run, painted):
    pictures = painted.parent / "images"
    status, out, _ = tagonaut("predict", run, pictures, "--as", "scores")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert len(rows) == 90
    assert all(0 <= float(row["red"]) <= 1 for row in rows)
    status, out, _ = tagonaut("predict", run, pictures / "p03.jpg")
    assert status == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line.split()}
    assert lines["label"].split()[-1] == "true"
    assert [lines[name].rstrip().endswith("✓") for name in ("red", "green")] == [True, True]


def test_a_table_has_what_photos_say_behind_the_labels(tagonaut, run, painted, tmp_path):
    pictures = painted.parent / "images"
    plain = tagonaut("predict", run, pictures, "--as", "onehot")[1]
    assert plain.startswith("filename,blue,green,red\n")
    assert "photo_" not in plain
    hostile = "=1\x1b[31m\nnext line " + "long " * 50_000
    put(pictures / "p00.jpg", iptc=["Sea;Sand", "Day"], more=["-XMP-dc:Description=By the sea"])
    (tmp_path / "text").write_text(hostile.replace("\x1b", ""))
    put(pictures / "p01.jpg", more=[f"-XMP-dc:Description<={tmp_path / 'text'}"])
    for form in ("onehot", "scores"):
        status, out, err = tagonaut("predict", run, pictures, "--as", form)
        rows = list(csv.DictReader(io.StringIO(out)))
        assert (status, len(rows), "photo" in err) == (0, 90, False)
        assert list(rows[0])[-2:] == ["photo_keywords", "photo_caption"]
        assert (rows[0]["photo_keywords"], rows[0]["photo_caption"]) == (
            *("Sea,Sand;Day", "By the sea"),
        )
        assert rows[1]["photo_caption"].startswith("=1[31m next line long long")
        assert rows[1]["photo_caption"].endswith("…")
        assert len(rows[1]["photo_caption"]) <= 10_000
        assert rows[2]["photo_keywords"] == rows[2]["photo_caption"] == ""
    table = tmp_path / "read_back.csv"
    assert tagonaut("predict", run, pictures, "--as", "onehot", "--out", table)[0] == 0
    dataset = package.read(table, pictures)
    assert dataset.labels.decode(dataset.targets) == package.Tagger.load(run).tag(dataset.paths)
    assert tagonaut("predict", run, pictures, "--as", "tags")[1].startswith("image_name,tags\n")
    document = json.loads(tagonaut("predict", run, pictures / "p00.jpg", "--json")[1])
    (picture,) = document["pictures"]
    assert (picture["keywords"], picture["caption"]) == (["Sea;Sand", "Day"], "By the sea")
    assert "caption: By the sea" in tagonaut("predict", run, pictures / "p00.jpg")[1]


def test_a_table_needs_no_exiftool(tagonaut, run, painted, tmp_path, monkeypatch):
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = tagonaut("predict", run, tmp_path / "a.png", "--as", "scores")
    assert (status, len(out.splitlines())) == (0, 2)
    assert "no keywords and captions of the pictures: ExifTool is not installed" in err


def test_tagging_and_taking_back(tagonaut, run, painted, tmp_path):
    photos, out = painted.parent / "images", tmp_path / "out"
    (photos / "broken.jpg").write_bytes(b"")
    status, text, err = tagonaut("tag", run, photos, "--to", out, "--json")
    document = json.loads(text)
    assert (status, document["photos"], document["failed"]) == (1, 91, 1)
    assert document["failures"] == ["broken.jpg: the file is empty"]
    assert "broken.jpg" in err
    again = json.loads(tagonaut("tag", run, photos, "--to", out, "--json")[1])
    assert (again["tagged"], again["nothing_to_do"]) == (0, 90)
    assert pl.read_parquet(out / "scores.parquet").height == 90
    back = json.loads(tagonaut("untag", out, "--json")[1])
    assert back["untagged"] == document["tagged"]


def test_a_dry_run_writes_nothing(tagonaut, run, painted, tmp_path):
    photos = painted.parent / "images"
    before = {path: path.read_bytes() for path in photos.iterdir()}
    assert tagonaut("tag", run, photos, "--in-place", "--dry-run")[0] == 0
    assert tagonaut("tag", run, photos, "--to", tmp_path / "out", "--dry-run")[0] == 0
    assert {path: path.read_bytes() for path in photos.iterdir()} == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "none.csv"), "none.csv: file or folder not found"),
        (("train", "TABLE", "--recipe", "fats"), "did you mean 'fast'"),
        (("train", "TABLE", "--split", "1/2"), "three numbers"),
        (("train", "TABLE"), "--weights"),
        (("evaluate", "none"), "none: not a run folder"),
        (("evaluate", "RUN", "none.csv"), "none.csv: file or folder not found"),
        (("predict", "RUN", "none.jpg"), "none.jpg: file or folder not found"),
        (("predict", "RUN", "PHOTOS", "--out", "new.csv"), "choose its kind with --as"),
        (("predict", "RUN", "PHOTOS", "--as", "tags", "--out", "TABLE"), "exists already"),
        (("tag", "RUN", "PHOTOS"), "choose one of --to DIR, --in-place"),
        (("tag", "RUN", "none", "--in-place"), "none"),
        (("untag", "PHOTOS"), "was not tagged by Tagonaut"),
        (("demo", "--out", "PHOTOS"), "exists already"),
    ],
)
def test_mistakes_are_one_line_and_status_2(tagonaut, run, painted, arguments, message):
    named = {"TABLE": painted, "RUN": run, "PHOTOS": painted.parent / "images"}
    status, out, err = tagonaut(*(named.get(word, word) for word in arguments))
    assert (status, out) == (2, "")
    assert message in err


def test_unreadable_pictures_of_a_prediction(tagonaut, run, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "bad.jpg").write_text("text")
    assert tagonaut("predict", run, tmp_path / "x", "--as", "tags")[0] == 2
    Image.new("RGB", (40, 40)).save(tmp_path / "x" / "good.jpg")
    status, out, err = tagonaut("predict", run, tmp_path / "x", "--as", "tags")
    assert (status, len(out.splitlines())) == (1, 2)
    assert "bad.jpg: not a picture" in err


HELP = """
import sys
from tagonaut.cli.app import app
for words in ([], *([command.callback.__name__] for command in app.registered_commands)):
    try:
        app([*words, "--help"])
    except SystemExit as ended:
        assert ended.code == 0, words
    heavy = [name for name in ("torch", "numpy", "polars", "PIL") if name in sys.modules]
    assert not heavy, (words, heavy)
print(len(app.registered_commands), "commands")
"""


def test_no_help_imports_anything_heavy():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert int(done.stdout.split()[-2]) >= 16
    for command in ("demo", "train", "evaluate", "predict", "tag", "untag"):
        assert f"  {command} " in done.stdout
