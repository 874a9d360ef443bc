"""An export is a run of its own to every later command, and its figures are its graph's."""

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

import tagonaut
from tagonaut.cache import FOLDER_VARIABLE
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.models.backbones import create_backbone
from tagonaut.models.export_int8 import Layer, Quantiser
from tagonaut.models.exported import ExportedNetwork, StoredExport, graph_digest
from tagonaut.tagger import Tagger
from tagonaut.workflows import export as room
from tagonaut.workflows.evaluate import evaluate_run
from tagonaut.workflows.explain import explain
from tagonaut.workflows.export import export
from tagonaut.workflows.predict import predict, runs_and_pictures
from tagonaut.workflows.train import train

from ..conftest import COLOURS, paint

# OpenVINO may round to bfloat16 where PyTorch does, and elsewhere.
TOLERANCE = 0.03
PACKAGES = ("openvino", "nncf", "onnxscript")
needs_the_extra = pytest.mark.skipif(
    not all(map(find_spec, PACKAGES)), reason="needs the extra openvino"
)
FOREST = ["forest.max_depth=[2]", "forest.n_estimators=[3]", "forest.folds=2"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Pictures, and runs of them: a network, several that share a backbone, and a forest."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    lines = ["image_name,tags"]
    for number in range(60):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        paint(folder / "images" / f"p{number:02}.jpg", tags, rng)
        lines.append(f"p{number:02},{' '.join(tags)}")
    (folder / "labels.csv").write_text("\n".join(lines))
    torch.manual_seed(0)
    weights = folder / "test_resnet.safetensors"
    save_file(create_backbone("test_resnet", "random")[0].state_dict(), weights)
    dataset = tagonaut.read(folder / "labels.csv")
    fast = load_recipe("fast", ["size=32", "frozen.epochs=30"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "cache"))
        train(dataset, fast, out=folder / "network", weights=weights)
        train(dataset, fast, out=folder / "folded", weights=weights, folds=3)
        train(dataset, load_recipe("amazon-forest", FOREST), out=folder / "forest")
    return folder


@pytest.fixture(scope="module")
def exports(runs, tmp_path_factory):
    """The network and the ensemble as OpenVINO's graphs."""
    folder = tmp_path_factory.mktemp("exports")
    return {
        name: export(runs / name, "openvino", out=folder / name) for name in ("network", "folded")
    }


def pictures_of(run):
    return [Path(path) for path in pl.read_parquet(run / "split.parquet")["path"]]


@needs_the_extra
@pytest.mark.parametrize("name", ["network", "folded"])
def test_an_export_tags_as_its_run_does(runs, exports, name):
    run, made = Tagger.load(runs / name), Tagger.load(exports[name].folder)
    assert isinstance(made.network, ExportedNetwork)
    paths = pictures_of(runs / name)
    expected, found = run.scores(paths)[0], made.scores(paths)[0]
    assert np.abs(found - expected).max() < TOLERANCE
    # What is no closer to its threshold than that is tagged alike.
    clear = np.abs(expected - np.array(run.rule.thresholds)) > TOLERANCE
    assert clear.mean() > 0.6
    assert np.array_equal(made.decide(found)[clear], run.decide(expected)[clear])
    assert made.run_id != run.run_id
    assert made.score([]).shape == (0, 3)


@needs_the_extra
def test_commands_take_an_export_for_a_run(runs, exports):
    folder = exports["network"].folder
    given = runs_and_pictures([folder, runs / "network", runs / "images"])
    assert given == ([folder, runs / "network"], [runs / "images"])
    predictions = predict([folder], [runs / "images"])
    assert predictions.scores.shape == (60, 3)
    judged = evaluate_run(folder)
    assert judged["tuned"]["map"] == exports["network"].about.measured["export"]["map"]
    with pytest.raises(TagonautError, match="is an export, which holds no network"):
        explain(folder, [next((runs / "images").iterdir())])
    with pytest.raises(TagonautError, match="is an export already"):
        export(folder, "openvino")


@needs_the_extra
def test_test_scores_and_figures_are_the_graphs_own(runs, exports):
    made = exports["network"]
    own, before = (
        pl.read_parquet(folder / "scores.parquet") for folder in (made.folder, runs / "network")
    )
    assert own["id"].to_list() == before["id"].to_list()
    split = pl.read_parquet(runs / "network" / "split.parquet").filter(pl.col("split") == "test")
    tagger = Tagger.load(made.folder)
    raw = replace(tagger, rule=replace(tagger.rule, calibration=None))
    scores, _ = raw.scores([Path(path) for path in split["path"]])
    kept = split.select("id").join(own, on="id", maintain_order="left")
    assert np.allclose(kept.drop("id").to_numpy(), scores, atol=1e-5)
    rest = before.join(split.select("id"), on="id", how="anti")
    assert rest.equals(own.join(split.select("id"), on="id", how="anti"))
    metrics = json.loads((made.folder / "metrics.json").read_text())
    told = made.about.measured
    assert metrics["test"]["tuned"]["macro_f1"] == told["export"]["macro_f1"]
    assert told["pictures"] == len(split)
    for key, change in told["change"].items():
        assert change == pytest.approx(told["export"][key] - told["run"][key])
    assert not list(made.folder.parent.glob(".*"))


@needs_the_extra
def test_int8_is_measured_and_journals_know_it_for_another_run(runs, tmp_path):
    made = export(runs / "folded", "openvino", int8=True, out=tmp_path / "out")
    assert made.held
    assert made.about.int8
    assert any("quantised by" in note for note in made.notes)
    assert set(made.about.measured["change"]) == {"map", "macro_f1", "samples_f2"}
    graph = (made.folder / "model.xml").read_text()
    assert 'element_type="i8"' in graph
    paths = pictures_of(runs / "folded")
    scores = [Tagger.load(run).scores(paths)[0] for run in (runs / "folded", made.folder)]
    assert 0 < np.abs(scores[0] - scores[1]).max() < 0.3


def falling(monkeypatch, falls):
    """Let each graph in turn fall by so much; gives how many quantisers each had."""
    measure, falls, rounders = room._Export._measured, iter(falls), []

    def measured(self, graph):
        found = measure(self, graph)
        found.told["change"]["map"] = -next(falls)
        kinds = [node.get_type_name() for node in graph.get_ops()]
        rounders.append(kinds.count("FakeQuantize"))
        return found

    monkeypatch.setattr(room._Export, "_measured", measured)
    return rounders


@needs_the_extra
def test_sensitive_layers_are_kept_in_float_until_the_fall_is_small(runs, tmp_path, monkeypatch):
    rounders = falling(monkeypatch, [0.02, 0.01, 0.004])
    made = export(runs / "network", "openvino", int8=True, out=tmp_path / "out")
    assert made.held
    # None, one, two.
    assert rounders[0] > rounders[1] > rounders[2] > 0
    assert len(made.about.kept) == 2
    assert all(line.startswith("layer ") for line in made.about.kept)
    assert made.about.measured["change"]["map"] == -0.004


@needs_the_extra
def test_what_cannot_be_held_is_told_and_the_best_is_left(runs, tmp_path, monkeypatch):
    layers = [Layer(f"l{place}", place, "MatMul", (3, 8)) for place in range(1, 11)]
    monkeypatch.setattr(Quantiser, "by_sensitivity", lambda self: layers)
    asked = []
    monkeypatch.setattr(
        Quantiser, "quantised", lambda self, kept=(): asked.append(len(kept)) or self.graph
    )
    falling(monkeypatch, [0.05, 0.03, 0.02, 0.04])
    made = export(runs / "network", "openvino", int8=True, out=tmp_path / "out")
    assert not made.held
    # No more than half of ten.
    assert asked == [0, 1, 2, 4]
    assert made.about.kept == tuple(map(str, layers[:2]))
    assert any("up to 4 of 10 layers" in note and "2.00 at best" in note for note in made.notes)
    Tagger.load(made.folder)


@needs_the_extra
def test_pictures_that_moved_are_found_by_their_content(runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs / "network", run)
    table = pl.read_parquet(run / "split.parquet")
    table.with_columns(path=pl.concat_str(pl.lit("/nowhere/"), pl.col("id"))).write_parquet(
        run / "split.parquet"
    )
    with pytest.raises(TagonautError, match=r"training pictures .*/nowhere/.*--images") as raised:
        export(run, "openvino", int8=True)
    assert "\n" not in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    made = export(run, "openvino", out=tmp_path / "unmeasured")
    assert made.about.measured is None
    assert any("is not measured" in note for note in made.notes)
    for number, path in enumerate(sorted((runs / "images").iterdir())):
        shutil.copy(path, tmp_path / f"other{number}.jpg")
    made = export(run, "openvino", int8=True, out=tmp_path / "found", images=tmp_path)
    assert made.about.measured["pictures"] == table.filter(pl.col("split") == "test").height
    (tmp_path / "else").mkdir()
    paint(tmp_path / "else" / "new.jpg", ["red"], np.random.default_rng(5))
    with pytest.raises(TagonautError, match="none has the content"):
        export(run, "openvino", images=tmp_path / "else")


def rewritten(folder, **changes):
    about = StoredExport.read(folder)
    about.model_copy(update=changes).write(folder)


def garbage(folder):
    """A graph that is none, of the right checksum."""
    (folder / "model.xml").write_text("<net><layers><layer")
    rewritten(folder, digest=graph_digest(folder, "openvino"))


def short(folder):
    """Fewer weights than the graph needs, of the right checksum."""
    weights = folder / "model.bin"
    weights.write_bytes(weights.read_bytes()[:100])
    rewritten(folder, digest=graph_digest(folder, "openvino"))


def fed(folder, **changes):
    rewritten(folder, preprocessing=StoredExport.read(folder).preprocessing | changes)


def fewer_labels(folder):
    labels = json.loads((folder / "labels.json").read_text())
    (folder / "labels.json").write_text(json.dumps({**labels, "labels": ["red", "green"]}))
    rule = tagonaut.deciding.DecisionRule.at(["red", "green"]).to_json()
    (folder / "decisions.json").write_text(json.dumps(rule))


@needs_the_extra
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "model.bin").write_bytes(b"short"), "damaged: not the graph"),
        (lambda run: (run / "model.bin").unlink(), r"model\.bin: cannot be read"),
        (garbage, "OpenVINO cannot read it"),
        (short, "OpenVINO cannot read it"),
        (lambda run: (run / "export.json").write_text("{"), r"export\.json: damaged"),
        (lambda run: (run / "export.json").write_text("[]"), r"export\.json: damaged"),
        (lambda run: rewritten(run, format="pickle"), r"export\.json: damaged"),
        (lambda run: fed(run, size=48), "it is fed"),
        (lambda run: fed(run, bands=["red", "green", "nir"]), "it is fed"),
        (lambda run: fed(run, size=10**9), "damaged"),
        (lambda run: fed(run, mean=[[0], 0, 0]), "damaged"),
        (fewer_labels, "scores 3 labels, but labels.json names 2"),
    ],
)
def test_a_damaged_export_is_refused_in_a_line(exports, tmp_path, damage, message):
    folder = tmp_path / "run"
    shutil.copytree(exports["network"].folder, folder)
    damage(folder)
    with pytest.raises(TagonautError, match=message) as raised:
        Tagger.load(folder)
    assert "\n" not in str(raised.value)
    assert str(folder) in str(raised.value)


@needs_the_extra
def test_a_forest_is_refused_and_leaves_nothing(runs, tmp_path):
    with pytest.raises(TagonautError, match=r"forest on mean colours .* cannot be exported"):
        export(runs / "forest", "openvino", out=tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_without_the_package_one_line_says_what_to_install(runs, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(TagonautError, match=r"pip install 'tagonaut\[openvino\]'") as raised:
        export(runs / "network", "openvino", out=tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@needs_the_extra
def test_the_command_prints_what_changes(runs, tmp_path):
    from tagonaut.cli.app import app

    def called(*words):
        return CliRunner().invoke(app, ["export", *map(str, words)])

    done = called(runs / "network", "--format", "onnx", "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["folder"] == str(tmp_path / "out")
    assert abs(told["measured"]["change"]["map"]) < 0.05
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model.onnx", "labels.json", "decisions.json", "split.parquet", "recipe.toml"} <= files
    assert "model.safetensors" not in files
    # Again, in the place of the first.
    done = called(runs / "network", "--format", "onnx", "--out", tmp_path / "out")
    assert "What the export changes: test split, 12 pictures" in done.output
    refused = called(runs / "network", "--format", "onnx", "--int8")
    assert "--int8 goes with --format openvino" in str(refused.exception)
