"""A graph scores as the network does that it was made from, however many pictures it is given."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.models.activation import Activation
from tagonaut.models.ensemble import Ensemble, share
from tagonaut.models.export import (
    ExportedNetwork,
    openvino,
)
from tagonaut.models.export.graph import to_openvino, without_apart, write_onnx
from tagonaut.models.forest import Forest
from tagonaut.models.heads import HourglassHead, LinearHead, MlpHead, QueryHead
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.models.network import Architecture, create_network

LABELS = 5
# Both compute in float32, in another order.
TOLERANCE = 1e-5
MANY = (1, 2, 5, 3)


def network(seed, *, backbone="test_resnet", size=32, head=None, views="none", bands=(), **meaning):
    """A network whose backbone is the same for every seed, and whose scores are spread out."""
    architecture = Architecture(
        backbone=backbone,
        head=head or LinearHead(),
        activation=Activation(**{"kind": "sigmoid", "labels": LABELS, **meaning}),
    )
    torch.manual_seed(0)
    made, preprocessing = create_network(architecture, "random", size=size, bands=bands)
    torch.manual_seed(seed)
    for parameter in made.head.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    made.views = views
    return made.eval(), preprocessing


def ensemble(*networks, shared):
    models = [made for made, _ in networks]
    if shared:
        share(models)
    made = Ensemble(models)
    assert made.shared == shared
    return made.eval(), networks[0][1]


MADE = {
    "classic with response norms": lambda: network(1, backbone="alexnet", size=67),
    "hourglass": lambda: network(1, head=HourglassHead(pool="lse"), views="dihedral"),
    "softmax groups, five bands": lambda: network(
        1, bands=("blue", "green", "red", "nir"), kind="groups", groups=((0, 1, 2),)
    ),
    "shared": lambda: ensemble(
        network(1, views="flip"), network(2, views="flip"), network(3, views="flip"), shared=True
    ),
    "apart, one that counts": lambda: ensemble(
        network(1, head=QueryHead(width=32, hidden=32), kind="count", most=3),
        network(2, head=MlpHead(hidden=16), views="flip"),
        shared=False,
    ),
}


def check(graph, model, preprocessing):
    exported = ExportedNetwork(graph, "", "f32")
    assert exported.labels == LABELS
    # However many views: each layer is there once.
    kinds = [node.get_type_name() for node in graph.get_ops()]
    convolutions = sum(isinstance(some, nn.Conv2d) for some in model.modules())
    assert kinds.count("Convolution") + kinds.count("GroupConvolution") == convolutions
    rng = np.random.default_rng(0)
    sides = (preprocessing.size, preprocessing.size, len(preprocessing.channels))
    for number in MANY:
        pictures = rng.integers(
            0, preprocessing.peak, (number, *sides), preprocessing.dtype, endpoint=True
        )
        with torch.inference_mode():
            expected = model.scores(preprocessing.tensor(pictures)).numpy()
        assert np.ptp(expected) > 0.05
        found = exported.scores(pictures)
        assert found.dtype == np.float32
        assert np.allclose(found, expected, atol=TOLERANCE, rtol=0)
    return exported, pictures


@pytest.mark.parametrize("made", MADE)
def test_an_openvino_graph_scores_as_the_network(made):
    model, preprocessing = MADE[made]()
    several = isinstance(model, Ensemble)
    graph = to_openvino(model, preprocessing, apart=several)
    exported, pictures = check(graph, model, preprocessing)
    if several:
        found = exported.scores_apart(pictures)
        with torch.inference_mode():
            prepared = preprocessing.tensor(pictures)
            expected = [some.scores(prepared).numpy() for some in model.models]
        assert np.allclose(found, np.stack(expected, axis=1), atol=TOLERANCE, rtol=0)
        alone = without_apart(graph)
        assert len(alone.outputs) == 1 < len(graph.outputs)
        assert np.array_equal(
            ExportedNetwork(alone, "", "f32").scores(pictures), exported.scores(pictures)
        )


def test_an_onnx_graph_scores_as_the_network(tmp_path):
    model, preprocessing = MADE["softmax groups, five bands"]()
    write_onnx(model, preprocessing, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    graph = openvino().Core().read_model(tmp_path / "model.onnx")
    check(graph, model, preprocessing)


NOBODY_IS_TOLD = """
import sys
asked = []
sys.addaudithook(
    lambda event, what: asked.append((event, what)) if event.split(".")[0] == "socket" else None
)
import torch
from torch import nn
from tagonaut.models.export.packages import nncf, openvino
openvino, nncf = openvino(), nncf()
layer = nn.Linear(4, 2).eval()
graph = openvino.convert_model(torch.export.export(layer, (torch.zeros(2, 4),)))
pictures = nncf.Dataset([torch.zeros(2, 4).numpy()])
nncf.quantize(graph, pictures, subset_size=1)
assert sys.modules["openvino_telemetry"] is None
print(asked)
"""


def test_the_packages_tell_nobody_and_leave_nothing_at_home(tmp_path):
    # In a process of its own: under pytest NNCF is silent by itself.
    quiet = {"HOME": str(tmp_path), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", NOBODY_IS_TOLD],
        env=quiet,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert not list(tmp_path.iterdir())


def test_a_forest_is_refused():
    stump = Forest(
        {
            "root": torch.tensor([0]),
            "feature": torch.tensor([0]),
            "threshold": torch.tensor([127.0]),
            "child": torch.tensor([[-1, -2]]),
            "share": torch.tensor([[0.2] * LABELS, [0.8] * LABELS]),
        }
    )
    forest, preprocessing = MeanColourForest(stump), network(0)[1]
    for model in (forest, Ensemble([forest, forest])):
        with pytest.raises(TagonautError, match=r"a forest .* cannot be exported"):
            to_openvino(model, preprocessing)
