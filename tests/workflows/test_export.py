"""An export is a run of its own to every later command, and its figures are its graph's."""

import json
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import f1_score
from torch import nn

import tagonaut
from tagonaut.cache import FOLDER_VARIABLE
from tagonaut.deciding import DecisionRule, DecisionSettings, Thresholds, create_rule
from tagonaut.errors import TagonautError
from tagonaut.learning.recipes import load_recipe
from tagonaut.models.backbones import fingerprint
from tagonaut.models.export import (
    ExportedNetwork,
    Layer,
    Quantiser,
    StoredExport,
    exported,
    graph_digest,
)
from tagonaut.models.forest import Forest
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.runs.export import GraphScores
from tagonaut.runs.folder import RunFolder
from tagonaut.tagger import Tagger, write_rule
from tagonaut.workflows import export as room
from tagonaut.workflows.evaluate import evaluate_run
from tagonaut.workflows.explain import explain
from tagonaut.workflows.export import export
from tagonaut.workflows.predict import predict, runs_and_pictures
from tagonaut.workflows.train import train
from tests.conftest import draw_weights, paint, paint_all

# OpenVINO may round to bfloat16 where PyTorch does, and elsewhere.
TOLERANCE = 0.03


@pytest.fixture(scope="module", autouse=True)
def graphs():
    """What turns a network into a graph takes seconds; the same network's is the same."""
    made, convert = {}, room.to_openvino

    def to_openvino(model, preprocessing, *, apart=False):
        key = (fingerprint(model), apart) if isinstance(model, nn.Module) else None
        if key not in made:
            made[key] = convert(model, preprocessing, apart=apart)
        return made[key].clone()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "to_openvino", to_openvino)
        yield


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Pictures, and runs of them: a network, and several that share a backbone."""
    folder = tmp_path_factory.mktemp("runs")
    table, weights = paint_all(folder, 60), draw_weights(folder)
    dataset = tagonaut.read(table)
    fast = load_recipe("fast", ["size=32", "frozen.epochs=30"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "cache"))
        train(dataset, fast, out=folder / "network", weights=weights)
        train(dataset, fast, out=folder / "folded", weights=weights, folds=3)
    return folder


@pytest.fixture(scope="module")
def exports(runs, tmp_path_factory):
    """The network and the ensemble as OpenVINO's graphs."""
    folder = tmp_path_factory.mktemp("exports")
    return {
        name: export(runs / name, "openvino", out=folder / name) for name in ("network", "folded")
    }


@pytest.fixture
def unrounded(monkeypatch):
    """Quantising takes seconds; here the graph goes through it as it is."""
    monkeypatch.setattr(Quantiser, "quantised", lambda self, kept=(): self.graph)


def pictures_of(run):
    return [Path(path) for path in pl.read_parquet(run / "split.parquet")["path"]]


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
    assert made.score_pixels([]).shape == (0, 3)


COMMAND = """
import sys
from tagonaut.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code, ended.code
heavy = [name for name in ("torch", "timm", "torchvision", "lightning") if name in sys.modules]
print("imported:", heavy)
"""


@pytest.mark.parametrize("name", ["network", "folded"])
def test_an_export_predicts_and_tags_without_pytorch(runs, exports, name, tmp_path):
    folder, one = exports[name].folder, pictures_of(runs / name)[0]
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(one, photos)
    for words in (["predict", folder, one], ["tag", folder, photos, "--in-place"]):
        command = [sys.executable, "-c", COMMAND, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout.splitlines()[-1:] == ["imported: []"], done.stderr


def test_commands_take_an_export_for_a_run(runs, exports):
    folder = exports["network"].folder
    given = runs_and_pictures([folder, runs / "network", runs / "images"])
    assert given == ([folder, runs / "network"], [runs / "images"])
    predictions = predict([folder], [runs / "images"])
    assert predictions.scores.shape == (60, 3)
    judged = evaluate_run(folder)
    assert judged["tuned"]["map"] == exports["network"].about.measured["export"]["map"]
    with pytest.raises(TagonautError, match="an export has no network"):
        explain(folder, [next((runs / "images").iterdir())])
    with pytest.raises(TagonautError, match="an export cannot be exported again"):
        export(folder, "openvino")


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


def tuned(run, scores, rows, **changes):
    """The rule that the run's recipe asks for, by these rows of its table."""
    folder = RunFolder(run)
    table = folder.table(Tagger.load(run))
    recipe = folder.recipe()
    return DecisionRule.tune(
        table.labels.names,
        table.targets[rows],
        scores,
        DecisionSettings(recipe.metric, create_rule(recipe.rule.kind), seed=recipe.seed),
        ids=[table.ids[row] for row in rows],
        split="out-of-fold" if table.folded else "validation",
    )


def test_int8_decides_by_a_rule_of_its_own_scores(runs, tmp_path):
    made = export(runs / "network", "openvino", int8=True, limit=100, out=tmp_path / "out")
    assert made.held
    assert made.about.int8
    assert not made.about.kept
    graph = (made.folder / "model.xml").read_text()
    assert 'element_type="i8"' in graph
    run, export_ = Tagger.load(runs / "network"), Tagger.load(made.folder)
    table = RunFolder(made.folder).table(export_)
    # The pictures that tuned it, none of which judges it.
    rows = table.rows("validation")
    assert set(export_.rule.pictures) == {table.ids[row] for row in rows}
    assert not set(export_.rule.pictures) & {table.ids[row] for row in table.rows("test")}
    raw = replace(export_, rule=replace(export_.rule, calibration=None))
    scores = raw.scores([Path(table.paths[row]) for row in rows])[0]
    assert np.allclose(RunFolder(made.folder).scores(table, rows), scores, atol=1e-5)
    kept = RunFolder(made.folder).scores(table, rows)
    assert export_.rule == tuned(runs / "network", kept, rows)
    assert export_.rule != run.rule
    told = made.about.measured
    # What the run's own rule makes of the graph's scores of the test pictures, and what its own.
    tests = table.rows("test")
    found = RunFolder(made.folder).scores(table, tests)
    for name, rule in (("run_rule", run.rule), ("export", export_.rule)):
        expected = f1_score(
            table.targets[tests], rule.decide(found), average="macro", zero_division=0
        )
        assert told[name]["macro_f1"] == pytest.approx(expected)
    metrics = json.loads((made.folder / "metrics.json").read_text())
    assert metrics["test"]["tuned"]["macro_f1"] == told["export"]["macro_f1"]


@pytest.mark.usefixtures("unrounded")
def test_folds_tune_by_the_network_that_never_saw_the_picture(runs, tmp_path):
    # The scores are then those that the folds gave in training.
    made = export(runs / "folded", "openvino", int8=True, out=tmp_path / "out")
    tagger = Tagger.load(made.folder)
    table = RunFolder(made.folder).table(tagger)
    rows = table.out_of_sample()
    found, expected = (
        RunFolder(folder).scores(table, rows) for folder in (made.folder, runs / "folded")
    )
    assert np.abs(found - expected).max() < TOLERANCE
    # Those of all networks are further from them.
    averaged = tagger.scores([Path(table.paths[row]) for row in rows])[0]
    assert 2 * np.abs(found - expected).mean() < np.abs(averaged - expected).mean()
    assert tagger.rule == tuned(runs / "folded", found, rows)


@pytest.mark.usefixtures("unrounded")
def test_a_rule_that_was_changed_by_hand_stays(runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs / "network", run)
    rule = Tagger.load(run).rule
    write_rule(run, replace(rule, decider=Thresholds((0.1, *rule.thresholds[1:]))))
    made = export(run, "openvino", int8=True, limit=100, out=tmp_path / "out")
    assert Tagger.load(made.folder).rule.thresholds == (0.1, *rule.thresholds[1:])
    assert "run_rule" not in made.about.measured
    assert any("is not the rule that the run's recipe tunes" in note for note in made.notes)


def badly_scaled(run, folder):
    """The same function, but that one channel is 16,384 times as large as those beside it.

    Eight bits for all of them leave nothing of the others, which goes for one layer alone.
    """
    shutil.copytree(run, folder)
    tagger = Tagger.load(folder)
    tensors = tagger.network.state_dict()
    for name in ("weight", "bias"):
        tensors[f"backbone.conv1.1.{name}"][0] *= 2**14
    tensors["backbone.conv1.3.weight"][:, 0] /= 2**14
    tagger.save(folder)
    return folder


def test_a_layer_that_eight_bits_spoil_is_found_and_kept_in_float(runs, tmp_path):
    run = badly_scaled(runs / "network", tmp_path / "run")
    paths = pictures_of(run)
    assert np.array_equal(
        Tagger.load(run).scores(paths)[0], Tagger.load(runs / "network").scores(paths)[0]
    )
    made = export(run, "openvino", int8=True, limit=10, out=tmp_path / "out")
    assert made.held
    assert made.about.kept[0] == "layer 2: Convolution 16 × 16 × 3 × 3"
    assert len(made.about.kept) <= 4
    told = next(note for note in made.notes if "plain int8: mAP falls by" in note)
    assert float(told.split()[-2]) > 20
    assert made.about.measured["change"]["map"] > -0.1
    graph = (made.folder / "model.xml").read_text()
    assert 'element_type="i8"' in graph


def test_what_cannot_be_held_is_told_and_the_best_is_left(runs, tmp_path, monkeypatch):
    layers = [Layer(f"l{place}", place, "MatMul", (3, 8)) for place in range(1, 11)]
    monkeypatch.setattr(Quantiser, "by_sensitivity", lambda self: layers)
    asked = []
    monkeypatch.setattr(
        Quantiser, "quantised", lambda self, kept=(): asked.append(len(kept)) or self.graph
    )
    falls = iter([0.05, 0.03, 0.02, 0.04, 0.03])
    monkeypatch.setattr(GraphScores, "fall", lambda *_: next(falls))
    made = export(runs / "network", "openvino", int8=True, out=tmp_path / "out")
    assert not made.held
    # No more than half of ten.
    assert asked == [0, 1, 2, 4, 5]
    assert made.about.kept == tuple(map(str, layers[:2]))
    assert "4 of 10 layers in float: 4.00" in made.notes
    told = "int8 costs 2.00 points of validation mAP, more than the limit of 0.5"
    assert any(told in some for some in made.notes)
    Tagger.load(made.folder)


@pytest.mark.usefixtures("unrounded")
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
    assert any("was not measured" in note for note in made.notes)
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


def onnx(folder, content):
    (folder / "model.onnx").write_bytes(content)
    rewritten(folder, format="onnx", digest=graph_digest(folder, "onnx"))


def fed(folder, **changes):
    rewritten(folder, preprocessing=StoredExport.read(folder).preprocessing | changes)


def fewer_labels(folder):
    labels = json.loads((folder / "labels.json").read_text())
    (folder / "labels.json").write_text(json.dumps({**labels, "labels": ["red", "green"]}))
    rule = tagonaut.deciding.DecisionRule.at(["red", "green"]).to_json()
    (folder / "decisions.json").write_text(json.dumps(rule))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "model.bin").write_bytes(b"short"), "damaged: not the graph"),
        (lambda run: (run / "model.bin").unlink(), r"model\.bin: cannot be read"),
        (garbage, "OpenVINO cannot read it"),
        (short, "OpenVINO cannot read it"),
        (lambda run: onnx(run, b""), r"model\.onnx: OpenVINO cannot read it"),
        (lambda run: onnx(run, pickle.dumps(print)), r"model\.onnx: OpenVINO cannot read it"),
        (lambda run: rewritten(run, format="onnx"), r"model\.onnx: cannot be read"),
        (lambda run: (run / "export.json").write_text("{"), r"export\.json: damaged"),
        (lambda run: (run / "export.json").write_text("[]"), r"export\.json: damaged"),
        (lambda run: rewritten(run, format="pickle"), r"export\.json: damaged"),
        (lambda run: fed(run, size=48), "its input is"),
        (lambda run: fed(run, bands=["red", "green", "nir"]), "its input is"),
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


@pytest.mark.parametrize("name", ["model.xml", "model.bin"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_one_changed_byte_is_seen_before_the_graph_is_read(
    exports, tmp_path, monkeypatch, name, part
):
    folder = tmp_path / "run"
    shutil.copytree(exports["network"].folder, folder)
    content = bytearray((folder / name).read_bytes())
    content[int(len(content) * part)] ^= 1
    (folder / name).write_bytes(content)
    monkeypatch.setattr(exported, "openvino", lambda: pytest.fail("the graph is read"))
    with pytest.raises(TagonautError, match=r"damaged: not the graph that export\.json describes"):
        Tagger.load(folder)


def test_a_forest_is_refused_and_leaves_nothing(runs, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(runs / "network", run)
    stump = {
        "root": torch.tensor([0]),
        "feature": torch.tensor([0]),
        "threshold": torch.tensor([127.0]),
        "child": torch.tensor([[-1, -2]]),
        "share": torch.tensor([[0.2] * 3, [0.8] * 3]),
    }
    replace(Tagger.load(run), network=MeanColourForest(Forest(stump))).save(run)
    for int8 in (False, True):
        with pytest.raises(TagonautError, match=r"forest on mean colours .* cannot be exported"):
            export(run, "openvino", int8=int8, out=tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_without_the_package_one_line_says_what_to_install(runs, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(TagonautError, match=r"pip install 'tagonaut\[openvino\]'") as raised:
        export(runs / "network", "openvino", out=tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_the_command_prints_what_changes(tagonaut, runs, tmp_path):
    folder = ("--out", tmp_path / "out")
    status, out, err = tagonaut("export", runs / "folded", "--format", "onnx", *folder, "--json")
    assert status == 0, out + err
    told = json.loads(out)
    assert told["folder"] == str(tmp_path / "out")
    assert abs(told["measured"]["change"]["map"]) < 0.05
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model.onnx", "labels.json", "decisions.json", "split.parquet", "recipe.toml"} <= files
    assert "model.safetensors" not in files
    whole = (tmp_path / "out" / "model.onnx").read_bytes()
    onnx(tmp_path / "out", whole[: len(whole) // 2])
    with pytest.raises(TagonautError, match=r"model\.onnx: OpenVINO cannot read it") as raised:
        Tagger.load(tmp_path / "out")
    assert "\n" not in str(raised.value)
    # Of another kind, in the place of the first.
    _, out, _ = tagonaut("export", runs / "network", "--int8", "--limit", "100", *folder)
    assert "What the export changes: test split, 12 pictures" in out
    assert "export, the run's rule" in out
    assert not (tmp_path / "out" / "model.onnx").exists()
    status, _, err = tagonaut("export", runs / "network", "--format", "onnx", "--int8")
    assert status == 2
    assert "--int8 needs --format openvino" in err
    status, _, err = tagonaut("export", runs / "network", "--limit", "1")
    assert status == 2
    assert "--limit needs --int8" in err
