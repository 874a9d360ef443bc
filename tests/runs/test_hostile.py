"""Run folders and exports of strangers: one line, and neither memory nor time without bounds."""

import json
import os
import resource
import struct
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from safetensors.torch import save_file

from tagonaut.data.splitting import SplitTable
from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_json, read_bytes
from tagonaut.labels import LabelSet
from tagonaut.learning.recipes import load_recipe
from tagonaut.models.activation import Activation
from tagonaut.models.backbones import read_tensors
from tagonaut.models.export import ExportedNetwork, StoredExport
from tagonaut.models.export.exported import graph_digest
from tagonaut.models.heads import LinearHead, MlpHead
from tagonaut.models.network import Architecture
from tagonaut.models.stored import StoredMember
from tagonaut.pixels.preprocessing import Preprocessing
from tagonaut.runs.files import read_history, read_metrics, read_object
from tagonaut.tagger import read_labels, read_rule

SMALL = Preprocessing.create(32, (0.5,) * 3, (0.5,) * 3, (), "weights")


@contextmanager
def memory(most: int):
    """Let the process have no more than ``most`` bytes beyond what it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    ("backbone", "head", "labels"),
    [
        ("eva_giant_patch14_224", LinearHead(), 2),
        ("resnet18", MlpHead(hidden=65_536), 2),
        ("resnet18", LinearHead(), 10**9),
    ],
)
def test_a_network_larger_than_its_tensors_is_never_made(backbone, head, labels):
    activation = Activation(kind="sigmoid", labels=labels)
    stored = StoredMember(
        architecture=Architecture(backbone=backbone, head=head, activation=activation)
    )
    with memory(1 << 30), pytest.raises(TagonautError, match="damaged: it "):
        stored.load({"head.weight": torch.zeros(1)}, SMALL)


def spoilt_header(file: Path, described: dict[str, object], content: bytes = bytes(64)) -> None:
    header = json.dumps(described).encode()
    file.write_bytes(struct.pack("<Q", len(header)) + header + content)


def tensor(*shape: int, at: tuple[int, int], kind: str = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": at}


@pytest.mark.parametrize(
    "described",
    [
        {"a": tensor(16, at=(0, 64)), "b": tensor(16, at=(0, 64))},
        {"a": tensor(1 << 40, at=(0, 1 << 42))},
        {"a": tensor(1 << 62, 1 << 62, at=(0, 64))},
        {"a": tensor(-1, at=(0, 64))},
        {"a": tensor(16, at=(64, 0))},
        {"a": tensor(16, at=(0, 64), kind="PY")},
    ],
)
def test_tensors_that_overlap_or_are_not_there_are_refused(tmp_path, described):
    spoilt_header(tmp_path / "model.safetensors", described)
    with memory(1 << 30), pytest.raises(TagonautError, match="not a safetensors file"):
        read_tensors(tmp_path / "model.safetensors")


def test_a_huge_header_is_refused(tmp_path):
    file = tmp_path / "model.safetensors"
    with file.open("wb") as opened:
        opened.write(struct.pack("<Q", 90 << 20))
        opened.truncate(100 << 20)
    with pytest.raises(TagonautError, match="header takes"):
        read_tensors(file)


def bomb(file: Path, rows: int) -> None:
    same = {"id": "a", "hash": "b", "split": "test", "fold": None, "path": "p"}
    frame = pl.select(
        *(pl.lit(value, dtype=pl.String).repeat_by(1).explode().alias(key)
          for key, value in same.items() if value),
        pl.lit(None, dtype=pl.Int16).alias("fold"),
        pl.lit(1, dtype=pl.UInt8).alias("target x"),
    )  # fmt: skip
    frame = frame.select(pl.all().repeat_by(rows).explode())
    frame.write_parquet(file, compression="zstd")


def test_a_table_that_grows_hugely_is_not_read(tmp_path):
    file = tmp_path / "split.parquet"
    bomb(file, 1_000_000)
    assert file.stat().st_size < 100_000
    with pytest.raises(TagonautError, match=r"damaged: 1,000,000 rows in"):
        SplitTable.read(file, LabelSet(("x",)))


def test_a_table_of_lists_or_of_endless_texts_is_not_read(tmp_path):
    file = tmp_path / "split.parquet"
    pl.DataFrame({"id": [[1]]}).write_parquet(file)
    with pytest.raises(TagonautError, match="holds List"):
        SplitTable.read(file, LabelSet(("x",)))
    pl.DataFrame({"id": ["a" * (2 << 20)]}).write_parquet(file)
    with pytest.raises(TagonautError, match="a text of"):
        SplitTable.read(file, LabelSet(("x",)))


DEEP = "[" * 100_000 + "]" * 100_000
READERS = {
    "metrics.json": lambda run: read_metrics(run / "metrics.json"),
    "decisions.json": read_rule,
    "labels.json": read_labels,
    "export.json": StoredExport.read,
    "history.csv": lambda run: read_history(run / "history.csv"),
    "split.parquet": lambda run: SplitTable.read(run / "split.parquet", LabelSet(("x",))),
    "recipe.toml": lambda run: load_recipe(str(run / "recipe.toml")),
    "model.safetensors": lambda run: read_tensors(run / "model.safetensors"),
}


@pytest.mark.parametrize("name", [name for name in READERS if name.endswith((".json", ".toml"))])
@pytest.mark.parametrize("text", [DEEP, "[" * 200 + "]" * 200, "7", '"text"', "[]", '{"a": NaN}'])
def test_a_document_of_another_shape_is_one_line(tmp_path, name, text):
    (tmp_path / name).write_text(f"value = {text}" if name.endswith(".toml") else text)
    if (name, text) == ("metrics.json", '{"a": NaN}'):
        return
    with pytest.raises(TagonautError, match=name):
        READERS[name](tmp_path)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_a_device_is_refused_without_waiting(tmp_path, name, make):
    make(tmp_path / name)
    with pytest.raises(TagonautError, match=r"not a regular file|it is a link"):
        READERS[name](tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": 10**400},
        {"parameters": 10**400},
        {"seed": True},
        {"grid": {"max_depth": 1, "n_estimators": 1, "samples_f1": float("nan"), "folds": 1}},
    ],
)
def test_figures_that_are_none_are_one_line(tmp_path, change):
    (tmp_path / "metrics.json").write_text(json.dumps(change))
    with pytest.raises(TagonautError, match="damaged"):
        read_metrics(tmp_path / "metrics.json")


def test_a_file_larger_than_any_is_not_read(tmp_path):
    with (tmp_path / "labels.json").open("wb") as file:
        file.truncate(1 << 40)
    with memory(1 << 30), pytest.raises(TagonautError, match="larger than"):
        read_labels(tmp_path)
    with pytest.raises(ValueError, match="nested"):
        parse_json(DEEP)
    with pytest.raises(OSError, match="larger"):
        read_bytes(tmp_path / "labels.json", 10)
    with pytest.raises(TagonautError, match="larger"):
        read_object(tmp_path / "labels.json")


def onnx_graph(*nodes, initializer=(), imports=()):
    from onnx import TensorProto, helper

    pictures = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", 32, 32, 3])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "g", [pictures], [scores], list(initializer))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), *imports])


def looping():
    from onnx import TensorProto, helper

    given = [helper.make_tensor_value_info(n, TensorProto.BOOL, []) for n in ("go", "more")]
    turn = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["more"])], "b", [turn, given[0]], [given[1]]
    )
    return onnx_graph(helper.make_node("Loop", ["", "go"], [], body=body))


def foreign():
    from onnx import helper

    imports = [helper.make_opsetid("evil", 1)]
    return onnx_graph(
        helper.make_node("Run", ["pictures"], ["scores"], domain="evil"), imports=imports
    )


def outside():
    from onnx import TensorProto, external_data_helper, helper

    weights = helper.make_tensor("w", TensorProto.FLOAT, [2], bytes(8), raw=True)
    external_data_helper.set_external_data(weights, "../../etc/passwd")
    weights.ClearField("raw_data")
    return onnx_graph(helper.make_node("Add", ["w", "w"], ["scores"]), initializer=[weights])


def huge():
    from onnx import TensorProto, helper

    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [1 << 20, 1 << 20])
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["big"]),
        helper.make_node("ReduceSum", ["big"], ["scores"]),
    ]
    return onnx_graph(*nodes, initializer=[shape])


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (looping, "loops or branches"),
        (foreign, "operators of others"),
        (outside, "in other files"),
        (huge, "a tensor of|cannot read it"),
    ],
)
def test_a_graph_that_could_do_more_than_score_is_refused(tmp_path, graph, message):
    pytest.importorskip("openvino")
    (tmp_path / "model.onnx").write_bytes(graph().SerializeToString())
    stored = StoredExport(
        format="onnx",
        int8=False,
        preprocessing=SMALL.to_json(),
        digest=graph_digest(tmp_path, "onnx"),
        run="run",
    )
    with memory(8 << 30), pytest.raises(TagonautError, match=message):
        ExportedNetwork.load(tmp_path, stored)


def test_a_table_of_our_own_is_read(tmp_path):
    """The limits leave room: ids that are short, and the same content over and over."""
    names = tuple(map(str, range(5000)))
    table = SplitTable(
        names,
        ("0" * 64,) * 5000,
        np.array(["train"] * 5000),
        np.zeros((5000, 1), np.uint8),
        np.ones((5000, 1), bool),
        LabelSet(("x",)),
    )
    table.write(tmp_path / "split.parquet")
    assert SplitTable.read(tmp_path / "split.parquet", table.labels).ids == names


def test_a_saved_network_is_not_larger_than_its_tensors(tmp_path):
    save_file({"a": torch.zeros(3)}, tmp_path / "m.safetensors")
    assert read_tensors(tmp_path / "m.safetensors")["a"].shape == (3,)
