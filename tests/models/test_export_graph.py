"""A graph scores as the network does that it was made from, however many pictures it is given."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from tagonaut.errors import TagonautError
from tagonaut.models.activation import Activation
from tagonaut.models.ensemble import Ensemble, share
from tagonaut.models.export_graph import to_openvino, write_onnx
from tagonaut.models.export_packages import openvino
from tagonaut.models.exported import ExportedNetwork
from tagonaut.models.forest import Forest
from tagonaut.models.heads import HourglassHead, LinearHead, MlpHead, QueryHead
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.models.network import Architecture, create_network

if find_spec("openvino") is None:
    pytest.skip("needs the extra openvino", allow_module_level=True)

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


def ensemble(*heads, shared):
    models = [network(seed, head=head, views="flip")[0] for seed, head in enumerate(heads)]
    if shared:
        share(models)
    made = Ensemble(models)
    assert made.shared == shared
    return made.eval(), network(0)[1]


MADE = {
    "classic": lambda: network(1, backbone="capstone_cnn_bn", size=48),
    "classic with response norms": lambda: network(1, backbone="alexnet", size=67),
    "hourglass": lambda: network(1, head=HourglassHead(pool="lse"), views="dihedral"),
    "softmax groups, five bands": lambda: network(
        1, bands=("blue", "green", "red", "nir"), kind="groups", groups=((0, 1, 2),)
    ),
    "count": lambda: network(1, head=QueryHead(width=32, hidden=32), kind="count", most=3),
    "shared": lambda: ensemble(LinearHead(), LinearHead(), shared=True),
    "apart": lambda: ensemble(LinearHead(), MlpHead(hidden=16), shared=False),
}


def check(graph, model, preprocessing):
    exported = ExportedNetwork(graph, "", "f32")
    assert exported.labels == LABELS
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


@pytest.mark.parametrize("made", MADE)
def test_an_openvino_graph_scores_as_the_network(made):
    model, preprocessing = MADE[made]()
    check(to_openvino(model, preprocessing), model, preprocessing)


@pytest.mark.skipif(find_spec("onnxscript") is None, reason="needs the extra openvino")
@pytest.mark.parametrize("made", ["softmax groups, five bands", "shared"])
def test_an_onnx_graph_scores_as_the_network(made, tmp_path):
    model, preprocessing = MADE[made]()
    write_onnx(model, preprocessing, tmp_path)
    graph = openvino().Core().read_model(tmp_path / "model.onnx")
    check(graph, model, preprocessing)


def test_the_views_of_a_picture_are_no_more_layers():
    counts = []
    for views in ("none", "dihedral"):
        graph = to_openvino(*network(1, views=views))
        kinds = [node.get_type_name() for node in graph.get_ops()]
        counts.append(kinds.count("Convolution"))
    assert counts[0] == counts[1] > 0


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
