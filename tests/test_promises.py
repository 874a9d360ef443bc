"""The promises of the archivist's guide: each has a test that provokes the fault and names it.

The test's docstring has a line with ``Promise:`` and the sentence.
"""

import ast
import json
import os
import pickle
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import tagonaut as package
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tests.conftest import draw_weights, paint_all

TESTS = Path(__file__).parent
SOURCES = Path(package.__file__).parent

PROMISES = (
    # Photos.
    "a photo's pixels never change, whatever its format",
    "a new file is read back and checked before it replaces the old one",
    "in a JPEG, every segment except APP1, APP13 and COM stays byte-identical",
    "in other formats, everything that holds pixels stays byte-identical",
    "a kill at any instant leaves every photo as it was or completely tagged",
    "a power failure at any instant leaves every photo as it was or completely tagged",
    "the journal knows which photos are tagged, and the next command continues there",
    "a full disk neither loses nor damages a photo",
    "a read-only disk, folder or photo stays as it is, and all else is tagged",
    "a photo that changes or vanishes during tagging is left alone and reported",
    "a photo that another program has locked does not hold up tagging",
    "an ExifTool that hangs, crashes or writes something wrong damages no photo",
    "two commands on one folder at the same time do no harm",
    "permissions, owner, extended attributes and symbolic links are kept",
    "without --break-links, a photo with hard links is left alone and reported",
    # Keywords.
    "tags that people wrote are never removed, reordered or written a second time",
    "untag restores the file byte for byte if nobody has touched it since",
    "untag restores a field exactly if nobody has changed it since",
    "untag removes only Tagonaut's words from a field that somebody has changed",
    "untag by run, label or time removes exactly the selected tags",
    "a tag that a person removed is not written again",
    "a tag that a person confirmed is not removed",
    "running the same command again changes nothing",
    "IPTC Keywords and dc:subject agree in every format that has both",
    "keywords longer than IPTC's 64 bytes go to XMP alone, and a message says so",
    "every other keyword field that a photo has is kept and stays consistent",
    "IPTC that stands in several places stays as it is, and a message says so",
    "a current IPTCDigest stays current, a stale one stale unless IPTC and XMP agree",
    # Hostile or damaged files, and interruptions.
    "ExifTool sees only temporary names that Tagonaut made, and escaped values",
    "a hostile folder cannot crash or hang Tagonaut, nor make it write elsewhere",
    "an unreadable picture adds one line and sets the exit status; the rest is done",
    "no file that Tagonaut loads can execute code",
    "a finished run is never lost to Ctrl-C, a kill or a second command",
    # Figures.
    "without --in-sample, no decision rule is evaluated on pictures that tuned it",
    "every figure in a report states its split, its number of pictures and the seed",
)

_NAMED = re.compile(r"^\s*Promise: (.+?)\.?\s*$", re.MULTILINE)


def promised() -> dict[str, list[str]]:
    """The tests that name each promise."""
    found: dict[str, list[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for promise in _NAMED.findall(ast.get_docstring(node) or ""):
                    found.setdefault(promise, []).append(f"{file.relative_to(TESTS)}::{node.name}")
    return found


def test_every_promise_has_a_test_that_names_it():
    found = promised()
    assert [promise for promise in PROMISES if promise not in found] == []
    assert found.keys() - {*PROMISES} == set()


def test_the_guide_lists_exactly_these_promises():
    guide = (TESTS.parent / "docs" / "archivist.md").read_text().partition("## What is promised")[2]
    items = re.findall(r"^- (.+?)\.$", guide.partition("\n##")[0], re.MULTILINE | re.DOTALL)
    listed = [" ".join(item.split()) for item in items]
    assert listed == [promise[0].upper() + promise[1:] for promise in PROMISES]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run folder; its pictures are in the folder ``images`` beside it."""
    folder = tmp_path_factory.mktemp("whole")
    table, weights = paint_all(folder, 60), draw_weights(folder)
    recipe = load_recipe("fast", ["size=32", "frozen.epochs=2", "seed=7"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGONAUT_CACHE", str(folder / "cache"))
        return package.train(package.read(table), recipe, out=folder / "run", weights=weights).run


class Code:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def pickled(folder):
    return pickle.dumps(Code(folder))


def as_checkpoint(folder):
    """A ZIP file with a pickle in it, as PyTorch saves one."""
    import io

    import torch

    file = io.BytesIO()
    torch.save({"state_dict": Code(folder)}, file)
    return file.getvalue()


def as_array(folder):
    """An array of objects, as NumPy saves one."""
    import io

    file = io.BytesIO()
    np.save(file, np.array([Code(folder)], dtype=object), allow_pickle=True)
    return file.getvalue()


MADE = [pickled, as_checkpoint, as_array]
LOADED = (
    *("model.safetensors", "labels.json", "decisions.json", "metrics.json", "history.csv"),
    *("recipe.toml", "split.parquet", "scores.parquet"),
)


def test_the_trap_executes_code_if_it_is_loaded(tmp_path):
    """Otherwise the tests below would prove nothing."""
    pickle.loads(pickled(tmp_path / "executed"))
    assert (tmp_path / "executed").is_dir()


@pytest.mark.parametrize(
    ("made", "file"),
    [
        *((pickled, file) for file in LOADED),
        *((as_checkpoint, file) for file in ("model.safetensors", "scores.parquet")),
        (as_array, "scores.parquet"),
    ],
)
def test_no_file_of_a_run_executes_code(tagonaut, whole, tmp_path, made, file):
    """Promise: no file that Tagonaut loads can execute code."""
    run = shutil.copytree(whole, tmp_path / "run")
    assert (run / file).exists()
    (run / file).write_bytes(made(tmp_path / "executed"))
    photos = tmp_path / "photos"
    shutil.copytree(whole.with_name("images"), photos, ignore=lambda _, names: names[3:])
    commands = [
        ("tag", run, photos, "--to", tmp_path / "out"),
        ("evaluate", run),
        ("decide", run, "--set", "metric=f2"),
        ("compare", whole, run, "--out", tmp_path / "compared"),
    ]
    statuses = [tagonaut(*command)[0] for command in commands]
    assert {*statuses} <= {0, 2}
    # A command that needs the file fails.
    assert any(statuses) or file in {"recipe.toml", "history.csv"}
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("made", MADE)
def test_no_other_file_that_is_given_executes_code(tagonaut, whole, tmp_path, made):
    """Promise: no file that Tagonaut loads can execute code."""
    content = made(tmp_path / "executed")
    names = ("weights.safetensors", "table.csv", "table.npy", "table.npz", "table.parquet")
    for name in (*names, "names.toml", "names.csv", "recipe.toml", "journal.sqlite", "photo.jpg"):
        (tmp_path / name).write_bytes(content)
    images, labels = whole.with_name("images"), whole.with_name("labels.csv")
    out = tmp_path / "out"
    commands = [
        ("train", labels, "--weights", tmp_path / "weights.safetensors", "--out", out),
        ("train", labels, "--recipe", tmp_path / "recipe.toml", "--out", out),
        *(("train", tmp_path / name, "--out", out) for name in names[1:]),
        *(("evaluate", "--predictions", tmp_path / name, labels) for name in names[1:]),
        *(
            ("tag", whole, images, "--to", out, "--map", tmp_path / name)
            for name in ("names.toml", "names.csv")
        ),
        ("tag", whole, images, "--to", out, "--journal", tmp_path / "journal.sqlite"),
        ("predict", whole, tmp_path / "photo.jpg"),
    ]
    for command in commands:
        assert tagonaut(*command)[0] in {1, 2}, command
    assert not (tmp_path / "executed").exists()


def test_a_cache_that_somebody_spoiled_executes_no_code(whole, tmp_path, own_cache):
    """Promise: no file that Tagonaut loads can execute code."""
    dataset = package.read(whole.with_name("labels.csv"))
    weights = whole.with_name("test_resnet.drawn.safetensors")
    recipe = load_recipe("fast", ["size=32", "frozen.epochs=2"])
    package.train(dataset, recipe, out=tmp_path / "a", weights=weights)
    spoiled = [path for path in own_cache.rglob("*") if path.is_file()]
    assert spoiled
    for path in spoiled:
        path.write_bytes(as_array(tmp_path / "executed"))
    try:
        package.train(dataset, recipe, out=tmp_path / "b", weights=weights)
    except TagonautError as error:
        assert "\n" not in str(error)
    assert not (tmp_path / "executed").exists()


def test_nothing_here_can_load_code():
    """Promise: no file that Tagonaut loads can execute code."""
    modules = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve", "yaml"}
    calls = {"eval", "exec", "compile", "__import__"}
    loads = {("torch", "load"), ("pandas", "read_pickle"), ("torch", "jit"), ("hub", "load")}
    found = []
    for file in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            bad = {*names} & modules
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                bad |= {node.func.id} & calls
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                bad |= {node.attr} if (node.value.id, node.attr) in loads else set()
            if isinstance(node, ast.keyword) and node.arg in {"allow_pickle", "weights_only"}:
                safe = node.arg == "weights_only"
                if not (isinstance(node.value, ast.Constant) and node.value.value is safe):
                    bad |= {node.arg}
            found += [f"{file.relative_to(SOURCES)}: {name}" for name in bad]
    assert found == []


def test_pictures_that_cannot_be_read_cost_a_line_each(tagonaut, whole, tmp_path):
    """Promise: an unreadable picture adds one line and sets the exit status; the rest is done."""
    images, photos = whole.with_name("images"), tmp_path / "photos"
    shutil.copytree(images, photos, ignore=lambda _, names: names[6:])
    good = len(list(photos.iterdir()))
    content = (images / "p05.jpg").read_bytes()
    bad = {
        "empty.jpg": b"",
        "text.jpg": b"dear diary",
        "half.jpg": content[: len(content) // 2],
        "zeros.png": bytes(4000),
        "pickle.tif": pickled(tmp_path / "executed"),
    }
    for name, data in bad.items():
        (photos / name).write_bytes(data)
    for command in (
        ("tag", whole, photos, "--to", tmp_path / "out"),
        ("tag", whole, photos, "--in-place"),
        ("predict", whole, photos, "--as", "tags", "--out", tmp_path / "tags.csv"),
    ):
        status, out, err = tagonaut(*command)
        assert status == 1, command
        for name in bad:
            lines = [line for line in (out + err).splitlines() if name in line]
            assert len(lines) == 1, (command, name, lines)
    assert {name: (photos / name).read_bytes() for name in bad} == bad
    assert len([path for path in (tmp_path / "out").iterdir() if path.suffix == ".jpg"]) == good
    assert len((tmp_path / "tags.csv").read_text().splitlines()) == 1 + good


def test_figures_state_split_number_and_seed(tagonaut, whole):
    """Promise: every figure in a report states its split, its number of pictures and the seed."""
    pictures = json.loads((whole / "metrics.json").read_text())["test"]["tuned"]["pictures"]
    status, printed, _ = tagonaut("evaluate", whole)
    assert status == 0
    page = re.sub(r"<style.*?</style>", "", (whole / "report.html").read_text(), flags=re.DOTALL)
    page = re.sub(r"<[^>]+>", " ", page)
    for text in (printed, page, (whole / "README.md").read_text()):
        flat = " ".join(text.split())
        assert re.search(rf"[Tt]est split[:,]?( seed 7,)? {pictures} pictures", flat)
        assert re.search(r"seed 7\b", flat)
    status, printed, _ = tagonaut("evaluate", whole, "--json")
    document = json.loads(printed)
    assert (document["split"], document["seed"]) == ("test", 7)
    assert document["tuned"]["pictures"] == pictures


def test_a_rule_tuned_on_test_pictures_is_refused(tagonaut, whole, tmp_path):
    """Promise: without --in-sample, no decision rule is evaluated on pictures that tuned it."""
    run = shutil.copytree(whole, tmp_path / "run")
    rule = Tagger.load(run).rule
    values = json.loads((run / "decisions.json").read_text())
    import polars as pl

    split = pl.read_parquet(run / "split.parquet")
    test = split.filter(pl.col("split") == "test")["id"].to_list()
    assert not {*test} & {*values["tuning"]["pictures"]}
    assert {*values["tuning"]["pictures"]} == {
        *split.filter(pl.col("split") == "validation")["id"].to_list()
    }
    # Somebody tunes on a picture of the test split.
    values["tuning"]["pictures"].append(test[0])
    (run / "decisions.json").write_text(json.dumps(values))
    status, _, err = tagonaut("evaluate", run)
    assert status == 2
    assert test[0] in err
    assert rule.labels == Tagger.load(run).rule.labels
