"""The page that tells why: maps, occlusion and filters of a run."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
import tifffile

import tagonaut
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tagonaut.workflows.explain import NEXT_BEST, explain
from tagonaut.workflows.train import train


class Page(HTMLParser):
    """The addresses that a page holds, its text, and its pictures by what they are called."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.addresses, self.pictures, self.text = [], {}, ""
        self.feed(self.source)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [value for key, value in attrs if key in {"src", "href"}]
        if tag == "img":
            self.pictures[attributes["alt"]] = attributes["src"]

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def frozen(painted, weights, tmp_path):
    """A linear head on frozen features of the painted pictures; and the pictures."""
    recipe = load_recipe("fast", ["size=64", "frozen.epochs=20"])
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "fast", weights=weights)
    return trained.run, sorted((painted.parent / "images").iterdir())


def test_the_page_shows_tags_maps_and_what_could_not_be_read(frozen, tmp_path):
    run, pictures = frozen
    (tmp_path / "<b>bad.jpg").write_text("text")
    wanted = [pictures[3], tmp_path / "<b>bad.jpg", pictures[6], tmp_path / "none.jpg"]
    explained = explain(run, wanted, filters=["conv1.0"], out=tmp_path / "page.html")
    assert [line.partition(": ")[2] for line in explained.unreadable] == [
        "not a picture, or of a format that is not read",
        "the file is not there",
    ]
    page = Page(explained.page)
    assert all(address.startswith(("#", "data:image/jpeg;base64,")) for address in page.addresses)
    assert not re.search(r"<script|url\(|@import", page.source)
    assert "bad.jpg: not a picture" in page.text
    assert "exactly how much each place adds" in page.text
    assert "backbone was frozen" in page.text
    tagger = Tagger.load(run)
    for picture, path in zip(
        explained.figures["pictures"], [pictures[3], pictures[6]], strict=True
    ):
        (tags,) = tagger.tag([path])
        assert sorted(picture["tags"]) == sorted(tags)
        shown = [label["label"] for label in picture["labels"]]
        assert set(tags) < set(shown)
        assert len(shown) == min(len(tags) + NEXT_BEST, len(tagger.labels))
        for label in shown:
            assert f"where {label} was seen" in page.pictures
    assert explained.figures["method"] == "class activation maps"
    assert explained.figures["agreeing"] <= explained.figures["compared"] <= 6
    assert page.text.count("12 of 16 filters") == 1


def test_only_what_is_asked_for_is_shown(frozen, tmp_path, monkeypatch):
    run, pictures = frozen
    monkeypatch.chdir(tmp_path)
    pages = [explain(run, pictures[:1], labels=["blue"], filters=[]).page for _ in "12"]
    assert [page.name for page in pages] == ["explain-fast.html", "explain-fast-2.html"]
    page = Page(pages[0])
    assert "where blue was seen" in page.pictures
    assert "where red was seen" not in page.pictures
    assert "What each filter responds to" not in page.text


def test_mistakes_tell_what_to_do(frozen, tmp_path):
    run, pictures = frozen
    taken = tmp_path / "taken.html"
    taken.write_text("mine")
    for asked, message in (
        ({"labels": ["bleu"]}, "did you mean 'blue'"),
        ({"labels": []}, "no label is named"),
        ({"filters": ["layer2.0.conv12"]}, "did you mean 'layer2.0.conv"),
        ({"out": taken}, "exists already"),
        ({"out": taken / "page.html"}, "cannot be written"),
    ):
        with pytest.raises(TagonautError, match=re.escape(message)):
            explain(run, pictures[:1], **{"filters": [], "out": tmp_path / "new.html", **asked})
    with pytest.raises(TagonautError, match=r"no picture can be read\n  .*none\.jpg"):
        explain(run, [tmp_path / "none.jpg"], filters=[], out=tmp_path / "new.html")
    assert not (tmp_path / "new.html").exists()
    assert taken.read_text() == "mine"


def test_a_forest_has_no_maps(painted, tmp_path):
    recipe = load_recipe("amazon-forest", ["forest.max_depth=[2]", "forest.n_estimators=[3]"])
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "forest")
    with pytest.raises(TagonautError, match="mean colours ignores where things are") as raised:
        explain(trained.run, [painted.parent / "images" / "p00.jpg"])
    assert "\n" not in str(raised.value)


def filter_pairs(page):
    found = {}
    for name, address in page.pictures.items():
        if matched := re.fullmatch(r"filter (\d+) (after|before) training", name):
            found.setdefault(matched[1], {})[matched[2]] = address
    return found


@pytest.mark.parametrize("rate", [1e-12, 0.01])
def test_filters_before_training_are_those_it_started_from(painted, tmp_path, rate):
    # Nothing moves at the smaller rate, and the first layer lies under every batch norm.
    recipe = load_recipe(
        "scratch", ["size=32", "seed=7", "network.epochs=2", f"network.learning_rate={rate}",
                    "network.weight_decay=0.0"]
    )  # fmt: skip
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run")
    picture = painted.parent / "images" / "p07.jpg"
    explained = explain(trained.run, [picture], filters=["conv1.0"], out=tmp_path / "page.html")
    pairs = filter_pairs(Page(explained.page))
    assert len(pairs) == 12
    same = [pair["after"] == pair["before"] for pair in pairs.values()]
    assert all(same) if rate < 1e-6 else not any(same)
    with pytest.raises(TagonautError, match="takes no --weights"):
        explain(trained.run, [picture], weights=tmp_path / "w.safetensors", out=tmp_path / "p")


def test_weights_that_are_not_at_hand_are_told(painted, weights, tmp_path):
    recipe = load_recipe("best", ["size=32", "frozen.epochs=1", "network.epochs=1"])
    trained = train(tagonaut.read(painted), recipe, out=tmp_path / "run", weights=weights)
    asked = {"pictures": [painted.parent / "images" / "p07.jpg"], "filters": ["conv1.0"]}
    told = explain(trained.run, **asked, out=tmp_path / "a.html").page
    assert "weights are not at hand" in Page(told).text
    assert all("before" not in pair for pair in filter_pairs(Page(told)).values())
    shown = explain(trained.run, **asked, weights=weights, out=tmp_path / "b.html").page
    assert all(pair.keys() == {"before", "after"} for pair in filter_pairs(Page(shown)).values())


def test_four_bands_are_shown_as_people_see_them(tmp_path):
    rng = np.random.default_rng(0)
    rows = ["filename,wet"]
    for number in range(40):
        pixels = rng.normal(3_000, 300, (48, 72, 4))
        pixels[..., 2] = 5_000 if number % 2 else 1_000  # red
        path = tmp_path / f"t{number}.tif"
        tifffile.imwrite(path, pixels.astype(np.uint16), photometric="rgb", extrasamples=[1])
        rows.append(f"{path.name},{number % 2}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    recipe = load_recipe("scratch", ["size=32", "network.epochs=1"])
    trained = train(tagonaut.read(tmp_path / "labels.csv"), recipe, out=tmp_path / "run")
    assert len(Tagger.load(trained.run).preprocessing.channels) == 4
    explained = explain(
        trained.run, [tmp_path / "t1.tif"], filters=["conv1.0"], out=tmp_path / "page.html"
    )
    page = Page(explained.page)
    (size,) = re.findall(r'width="(\d+)" height="(\d+)" alt="t1\.tif', page.source)
    assert size == ("320", "213")
    assert len(filter_pairs(page)) == 12
