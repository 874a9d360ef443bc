"""The whole way, on the painted collection with everything wrong that an audit looks for."""

import csv
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from PIL import Image

import tagonaut
from tagonaut.data.corrections import correct
from tagonaut.errors import DataError, Interrupted, TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows.audit import audit
from tests.conftest import COLOURS, paint

HOSTILE = '<script>alert("1")</script>, ü.jpg'


def recipe(epochs=25):
    return load_recipe("fast", [f"frozen.epochs={epochs}", "frozen.learning_rate=0.003"])


def scene(folder, name, again):
    """A picture, and the same saved once more."""
    coarse = np.random.default_rng(7).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((120, 90), Image.Resampling.BICUBIC)
    picture.save(folder / name)
    picture.save(folder / again, quality=70)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    import torch
    from safetensors.torch import save_file

    from tagonaut.models.backbones import create_backbone

    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "test_resnet.drawn.safetensors"
    save_file(create_backbone("test_resnet", "random")[0].state_dict(), file)
    return file


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Pictures of coloured squares with a split of their own; copies, and one that is damaged."""
    folder = tmp_path_factory.mktemp("audited")
    images = folder / "images"
    rng = np.random.default_rng(0)
    rows = []
    for number in range(90):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        name = HOSTILE if number == 11 else f"p{number:02}.jpg"
        paint(images / name, tags, rng)
        rows.append([name, " ".join(tags), "train" if number % 3 else "test"])
    shutil.copy(images / "p03.jpg", images / "copy.jpg")
    rows.append(["copy.jpg", "red blue", "test"])
    scene(images, "scene.png", "again.jpg")
    rows += [["scene.png", "green", "train"], ["again.jpg", "green blue", "train"]]
    (images / "broken.jpg").write_bytes(b"no picture")
    rows.append(["broken.jpg", "red", "train"])
    file = folder / "labels.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["image_name", "tags", "split"], *rows])
    return file


@pytest.fixture(scope="module")
def flipped(table):
    """The data, and the data with eight cells flipped."""
    clean = tagonaut.read(table, table.parent / "images")
    flips = np.zeros(clean.targets.shape, dtype=bool)
    for row, column in ((5, 0), (11, 1), (20, 2), (33, 0), (41, 2), (52, 1), (66, 2), (77, 0)):
        flips[row, column] = True
    return clean, replace(clean, targets=clean.targets ^ flips), flips


@pytest.fixture(scope="module")
def audited(flipped, weights, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGONAUT_CACHE", str(tmp_path_factory.mktemp("cache")))
        out = tmp_path_factory.mktemp("out") / "audit"
        return audit(flipped[1], recipe(), weights=weights, out=out, name="squares")


def rows_of(file):
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_flipped_cells_are_among_the_first(audited, flipped):
    _, _, flips = flipped
    assert audited.dataset.ids == tuple(name for name in flipped[0].ids if name != "broken.jpg")
    ranks = audited.quality.ranks[flips[: len(audited.dataset)]]
    # By chance a quarter of them would be.
    assert (ranks <= audited.quality.ranks.max() / 4).sum() >= 6
    assert audited.quality.ranks.max() == 3 * 93


def test_a_corrected_table_is_as_it_was(audited, flipped, tmp_path):
    clean, wrong, flips = flipped
    listed = rows_of(audited.folder / "audit.csv")
    cells = {
        (clean.ids[row], clean.labels.names[column]) for row, column in np.argwhere(flips).tolist()
    }
    for row in listed:
        row["accept"] = "yes" if (row["picture"], row["label"]) in cells else ""
    extra = [
        {**dict.fromkeys(listed[0], ""), "picture": name, "label": label, "accept": "1"}
        | {
            "given": str(
                value := int(wrong.targets[wrong.ids.index(name), wrong.labels.index(label)])
            )
        }
        | {"suggested": str(1 - value)}
        for name, label in cells - {(row["picture"], row["label"]) for row in listed}
    ]
    file = tmp_path / "corrections.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, [*listed[0]])
        writer.writeheader()
        writer.writerows(listed + extra)
    corrected = correct(wrong, file)
    assert np.array_equal(corrected.targets, clean.targets)
    assert f"8 of {len(listed) + len(extra)} corrections applied" in corrected.notes[-1]


def test_the_table_is_ranked_and_says_what_each_row_means(audited):
    listed = rows_of(audited.folder / "audit.csv")
    assert [*listed[0]] == [
        *("picture", "label", "given", "suggested", "score", "quality", "rank", "flagged", "kind"),
        *("together", "accept"),
    ]
    ranks = [int(row["rank"]) for row in listed]
    assert ranks == sorted(ranks)
    scores = pl.read_parquet(audited.folder / "scores.parquet")
    for row in listed:
        assert int(row["given"]) + int(row["suggested"]) == 1
        assert row["kind"] == ("wrong tag" if row["given"] == "1" else "missing tag")
        at = audited.dataset.ids.index(row["picture"])
        column = audited.dataset.labels.index(row["label"])
        assert audited.dataset.targets[at, column] == int(row["given"])
        score = scores.filter(pl.col("id") == row["picture"])[f"score {row['label']}"].item()
        assert float(row["score"]) == pytest.approx(score, abs=1e-4)
        assert row["accept"] == ""
    flagged = {(row["picture"], row["label"]) for row in listed if row["flagged"]}
    assert len(flagged) == audited.figures["summary"]["flagged"] == audited.quality.flagged.sum()


def test_duplicates_that_disagree_and_leaks_between_splits_are_found(audited):
    exact, near = (audited.figures["duplicates"][kind] for kind in ("exact", "near"))
    assert exact["disagree"] == 1
    assert exact["listed"][0]["ids"] == ["p03.jpg", "copy.jpg"]
    pair = next(pair for pair in near["listed"] if "scene.png" in pair["ids"])
    assert pair["differ"] == [{"label": "blue", "in": ["again.jpg"]}]
    # p03 is in the split test, like its copy; so nothing leaks.
    assert audited.figures["splits"]["exact"] == 0


def test_a_leak_is_a_copy_in_another_split(flipped, weights, tmp_path):
    data = flipped[1]
    splits = data.columns.with_columns(
        split=pl.Series(["train" if name == "copy.jpg" else "test" for name in data.ids])
    )
    found = audit(replace(data, columns=splits), recipe(1), weights=weights, out=tmp_path / "a")
    leaks = found.figures["splits"]
    assert (leaks["exact"], leaks["near"], leaks["between"]) == (1, 0, {"train and test": 1})
    assert leaks["listed"][0]["ids"] == ["p03.jpg", "copy.jpg"]
    assert "1 pair of duplicates in different splits" in " ".join(
        finding["text"] for finding in found.figures["findings"]
    )
    page = (found.folder / "audit.html").read_text()
    assert "identical files: p03.jpg, copy.jpg" in page
    assert "look nearly the same: " not in page


def test_copies_fall_into_one_fold(flipped, weights, tmp_path, monkeypatch):
    """Else a copy in the training folds would vouch for the label of its twin."""
    import tagonaut.workflows.audit as module

    seen = []
    inner = module.out_of_fold_scores

    def spy(*arguments, **options):
        seen.append(inner(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr(module, "out_of_fold_scores", spy)
    audit(flipped[1], recipe(1), weights=weights, out=tmp_path / "a", folds=3)
    fold = dict(zip(seen[0].dataset.ids, seen[0].folds.tolist(), strict=True))
    assert fold["p03.jpg"] == fold["copy.jpg"]
    assert fold["scene.png"] == fold["again.jpg"]
    assert sorted(set(fold.values())) == [0, 1, 2]
    assert np.isfinite(seen[0].scores).all()
    assert seen[0].dataset.columns.columns == ["split"]


def test_a_picture_that_cannot_be_read_is_told_and_left_out(audited, flipped, weights, tmp_path):
    assert audited.left_out
    assert any("broken.jpg: not a picture" in note for note in audited.figures["notes"])
    with pytest.raises(DataError, match="1 of 94 pictures cannot be read"):
        audit(flipped[1], recipe(1), weights=weights, out=tmp_path / "a", missing="error")
    assert not (tmp_path / "a").exists()


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.images, self.rows, self.tags, self.fetched = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        if tag == "img":
            self.images.append(found["src"])
        if "data-rows" in found:
            self.rows += json.loads(found["data-rows"])
        self.fetched += [
            value
            for name, value in attributes
            if name in {"src", "href"} and not value.startswith(("data:", "#"))
        ]


def test_the_page_holds_the_pictures_and_the_rows_of_the_table(audited):
    page = Page((audited.folder / "audit.html").read_text(encoding="utf-8"))
    listed = [[*row.values()] for row in rows_of(audited.folder / "audit.csv")]
    assert page.rows
    assert all(row in listed for row in page.rows)
    assert len({(row[0], row[1]) for row in page.rows}) == len(page.rows)
    # A picture a card, and two of each of the two duplicates that disagree.
    assert len(page.images) == len(page.rows) + 4
    assert all(address.startswith("data:image/jpeg;base64,") for address in page.images)
    assert page.fetched == []


def test_hostile_names_are_text(audited, flipped):
    text = (audited.folder / "audit.html").read_text(encoding="utf-8")
    assert 'alert("1")' not in text
    assert Page(text).tags.count("script") == 1
    row = flipped[0].ids.index(HOSTILE)
    assert audited.quality.ranks[row].min() > 0


def test_the_folder_is_replaced_and_others_are_left(audited, flipped, weights, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(TagonautError, match="is not an audit"):
        audit(flipped[1], recipe(1), weights=weights, out=tmp_path / "mine")
    before = (audited.folder / "audit.csv").read_text()
    shutil.copytree(audited.folder, tmp_path / "again")
    # A person's answers are her work.
    answered = before.replace(",\n", ",yes\n", 1)
    assert answered != before
    (tmp_path / "again" / "audit.csv").write_text(answered)
    again = audit(flipped[1], recipe(), weights=weights, out=tmp_path / "again", name="squares")
    assert (again.folder / "audit.csv").read_text() == before
    assert (again.folder / "audit-2.csv").read_text() == answered
    assert "audit.csv had answers in it: it is kept as audit-2.csv" in again.figures["notes"][-1]
    assert sorted(path.name for path in again.folder.iterdir()) == [
        *("audit-2.csv", "audit.csv", "audit.html", "audit.json", "scores.parquet")
    ]
    assert json.loads((again.folder / "audit.json").read_text()) == again.figures


def test_a_stop_leaves_nothing(flipped, weights, tmp_path, monkeypatch):
    import signal

    import tagonaut.learning.out_of_fold as module

    inner = module.fit

    def stopped(*arguments, **options):
        signal.raise_signal(signal.SIGINT)
        return inner(*arguments, **options)

    monkeypatch.setattr(module, "fit", stopped)
    with pytest.raises(Interrupted, match="nothing was written"):
        audit(flipped[1], recipe(3), weights=weights, out=tmp_path / "a")
    assert [*tmp_path.iterdir()] == []


def test_too_many_folds_are_an_error(flipped, weights, tmp_path):
    with pytest.raises(DataError, match=re.escape("93 labelled pictures cannot be dealt")):
        audit(flipped[1], recipe(1), weights=weights, out=tmp_path / "a", folds=60)
    few = flipped[1].subset([0, 1, 2])
    with pytest.raises(DataError, match="an audit needs at least 4 labelled pictures; there are 3"):
        audit(few, recipe(1), weights=weights, out=tmp_path / "a", folds=2)
