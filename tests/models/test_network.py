import numpy as np
import pytest
import torch

from tagonaut.errors import TagonautError
from tagonaut.models.activation import Activation
from tagonaut.models.backbones import backbone_name, create_backbone, fingerprint
from tagonaut.models.compute import precision
from tagonaut.models.depth import depth_of_parameters
from tagonaut.models.heads import HourglassHead, LinearHead, ResidualHead
from tagonaut.models.network import Architecture, create_network, score_pixels


def architecture(name, labels=5, head=None):
    activation = Activation(kind="sigmoid", labels=labels)
    return Architecture(backbone=name, head=head or LinearHead(), activation=activation)


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_convnext", "test_vit", "mobilenetv4_conv_small", "resnet10t"]
)
def test_any_backbone_gives_features_and_depths(name):
    network, preprocessing = create_network(architecture(name), "random", size=64)
    pictures = preprocessing.tensor(np.zeros((2, 64, 64, 3), dtype=np.uint8))
    features = network.eval().features(pictures)
    assert features.shape == (2, network.layout.width)
    depths, deepest = depth_of_parameters(network)
    assert set(depths) == {key for key, _ in network.named_parameters()}
    assert min(depths.values()) == 0
    of_head = {key for key, _ in network.named_parameters() if key.startswith("head.")}
    assert {key for key, depth in depths.items() if depth == deepest} == of_head


@pytest.mark.parametrize("name", ["test_resnet", "test_convnext", "test_vit", "test_efficientnet"])
def test_any_backbone_gives_maps(name):
    head = HourglassHead(stages=(1, 2))
    network, preprocessing = create_network(architecture(name, head=head), "random", size=160)
    pictures = preprocessing.tensor(np.zeros((2, 160, 160, 3), dtype=np.uint8))
    features = network.eval().features(pictures)
    packed = torch.from_numpy(network.layout.pack(features))
    for unpacked, found in zip(network.layout.unpack(packed), features, strict=True):
        assert torch.allclose(unpacked.float(), found.float(), atol=1e-2)
    assert network(pictures).shape == (2, 5)


def test_a_size_that_a_network_cannot_take_is_told_with_one_that_it_can():
    with pytest.raises(TagonautError, match=r"16 × 16.*--set size=\d+"):
        create_network(architecture("capstone_cnn"), "random", size=16)
    with pytest.raises(TagonautError, match=r"vgg16.*--set size=32"):
        create_network(architecture("vgg16", head=LinearHead(pool="flatten")), "random", size=30)


def test_a_stage_that_a_backbone_has_not_is_told():
    head = HourglassHead(stages=(1, 7))
    with pytest.raises(TagonautError, match=r"test_resnet has no stage 7: .* from 0 .* to 4"):
        create_network(architecture("test_resnet", head=head), "random", size=64)


def test_a_fingerprint_tells_one_changed_weight():
    torch.manual_seed(0)
    module, _ = create_backbone("test_resnet", "random")
    before = fingerprint(module)
    assert before == fingerprint(module)
    with torch.no_grad():
        next(module.parameters()).view(-1)[0] += 1e-6
    assert fingerprint(module) != before


def test_scores_are_probabilities_in_the_order_of_rows():
    network, preprocessing = create_network(architecture("test_resnet", 3), "random", size=32)
    network.eval()
    pixels = np.random.default_rng(0).integers(0, 255, (70, 32, 32, 3), dtype=np.uint8)
    rows = np.arange(70)[::-1].copy()
    scores = score_pixels(network, pixels, rows, preprocessing)
    with torch.inference_mode(), precision():
        expected = network(preprocessing.tensor(pixels[rows])).sigmoid().numpy()
    assert np.allclose(scores, expected, atol=1e-5)


def test_a_weights_file_names_its_backbone(tmp_path):
    assert backbone_name(tmp_path / "mobilenetv2_100.imagenet.safetensors") == "mobilenetv2_100"


def test_a_backbone_without_stages_of_its_own_has_one():
    network, _ = create_network(architecture("csatv2"), "random", size=64)
    depths, deepest = depth_of_parameters(network)
    assert deepest == 1
    assert {depths[key] for key in depths if key.startswith("backbone.")} == {0}


def test_a_head_that_does_not_go_with_a_backbone_is_told():
    with pytest.raises(TagonautError, match="efficientvim_m1 does not work with a residual head"):
        create_network(architecture("efficientvim_m1", head=ResidualHead()), "random", size=64)
