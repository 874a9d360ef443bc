import numpy as np
import pytest
import torch

from tagonaut.models.backbones import backbone_name, create_backbone, feature_width, fingerprint
from tagonaut.models.compute import precision
from tagonaut.models.depth import depth_of_parameters
from tagonaut.models.network import Network, score_pixels


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_convnext", "test_vit", "mobilenetv4_conv_small", "resnet10t"]
)
def test_any_backbone_gives_features_and_depths(name):
    module, preprocessing = create_backbone(name, "random", 64)
    pictures = preprocessing.tensor(np.zeros((2, 64, 64, 3), dtype=np.uint8))
    assert module.eval()(pictures).shape == (2, feature_width(module))
    network = Network(module, 5)
    depths, deepest = depth_of_parameters(network)
    assert set(depths) == {key for key, _ in network.named_parameters()}
    assert min(depths.values()) == 0
    assert depths["head.weight"] == deepest
    assert {key for key, depth in depths.items() if depth == deepest} == {
        "head.weight",
        "head.bias",
    }


def test_a_fingerprint_tells_one_changed_weight():
    torch.manual_seed(0)
    module, _ = create_backbone("test_resnet", "random")
    before = fingerprint(module)
    assert before == fingerprint(module)
    with torch.no_grad():
        next(module.parameters()).view(-1)[0] += 1e-6
    assert fingerprint(module) != before


def test_scores_are_probabilities_in_the_order_of_rows():
    module, preprocessing = create_backbone("test_resnet", "random", 32)
    network = Network(module, 3).eval()
    pixels = np.random.default_rng(0).integers(0, 255, (70, 32, 32, 3), dtype=np.uint8)
    rows = np.arange(70)[::-1].copy()
    scores = score_pixels(network, pixels, rows, preprocessing)
    with torch.inference_mode(), precision():
        expected = network(preprocessing.tensor(pixels[rows])).sigmoid().numpy()
    assert np.allclose(scores, expected, atol=1e-5)


def test_a_weights_file_names_its_backbone(tmp_path):
    assert backbone_name(tmp_path / "mobilenetv2_100.imagenet.safetensors") == "mobilenetv2_100"
