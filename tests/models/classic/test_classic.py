"""The classic networks against their papers' figures: parameters and the sizes of their maps."""

import math

import pytest
import torch
from torch import nn

from tagonaut.errors import TagonautError
from tagonaut.models import classic
from tagonaut.models.heads import LinearHead, create_head
from tagonaut.models.prune import prune_backbone

# isort: split
import timm
from timm.models import group_parameters


def parameters(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def output_shapes(network: nn.Module, pictures: torch.Tensor) -> dict[str, tuple[int, ...]]:
    """Of every layer, without the pictures' axis, by forward hooks."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, layer in network.named_modules():
        if not list(layer.children()):
            layer.register_forward_hook(
                lambda _, __, output, name=name: shapes.update({name: tuple(output.shape[1:])})
            )
    with torch.no_grad():
        network.eval()(pictures)
    return shapes


def test_the_capstone_network_is_the_reports():
    network = timm.create_model("capstone_cnn", num_classes=17, img_size=64)
    shapes = output_shapes(network, torch.rand(2, 3, 64, 64))
    assert shapes["features.conv1"] == (32, 57, 57)
    assert shapes["features.conv2"] == (64, 50, 50)
    assert shapes["features.pool2"] == (64, 12, 12)
    assert shapes["features.conv3"] == (64, 10, 10)
    assert shapes["pre_logits.flatten"] == (6400,)
    assert shapes["pre_logits.fc4"] == (128,)
    assert shapes["classifier"] == (17,)
    assert parameters(network) == 995_761
    dropouts = [layer.p for layer in network.modules() if isinstance(layer, nn.Dropout)]
    assert dropouts == [0.5, 0.5]


def test_a_linear_head_on_the_capstone_backbone_is_the_same_network():
    backbone = timm.create_model("capstone_cnn", num_classes=0, img_size=64)
    head = create_head(LinearHead(), [(backbone.head_hidden_size,)], 17)
    assert parameters(backbone, head) == 995_761


def test_the_capstone_weights_start_as_in_keras():
    network = timm.create_model("capstone_cnn", num_classes=17, img_size=64)
    limit = math.sqrt(6 / (8 * 8 * 32 + 8 * 8 * 64))  # Glorot & Bengio 2010, equation 16
    weight = network.features.conv2.weight
    assert weight.abs().max() <= limit
    assert weight.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.02)
    assert not network.features.conv2.bias.any()


def test_the_batch_norm_follows_the_first_dense_layer():
    network = timm.create_model("capstone_cnn_bn", num_classes=17, img_size=64)
    assert parameters(network) == 995_761 + 2 * 128
    names = [name for name, _ in network.pre_logits.named_children()]
    assert names == ["flatten", "drop3", "fc4", "relu4", "norm4", "drop4"]


def test_the_capstone_network_takes_larger_grey_pictures():
    network = timm.create_model("capstone_cnn", num_classes=17, in_chans=1, img_size=128)
    shapes = output_shapes(network, torch.rand(2, 1, 128, 128))
    assert shapes["features.conv3"] == (64, 26, 26)
    assert shapes["classifier"] == (17,)


@pytest.mark.parametrize(
    ("name", "size", "count", "sides"),
    [
        ("alexnet", 227, 60_965_224, [55, 27, 27, 13, 13, 13, 13, 6]),
        ("alexnet", 224, 60_965_224 - (6**2 - 5**2) * 256 * 4096, [54, 26, 26, 12, 12, 12, 12, 5]),
        ("zfnet", 224, 62_357_608, [110, 55, 26, 13, 13, 13, 13, 6]),
        ("zfnet", 227, 62_357_608, [112, 56, 26, 13, 13, 13, 13, 6]),
    ],
)
def test_the_networks_of_2012_and_2014_are_the_papers(name, size, count, sides):
    with torch.device("meta"):
        network = timm.create_model(name, num_classes=1000, img_size=size)
        shapes = output_shapes(network, torch.rand(1, 3, size, size))
    assert parameters(network) == count
    layers = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
    assert [shapes[f"features.{layer}"][-1] for layer in layers] == sides
    assert shapes["pre_logits.fc6"] == shapes["pre_logits.fc7"] == (4096,)
    assert shapes["classifier"] == (1000,)


def test_alexnets_response_norm_is_the_papers_formula():
    norm = timm.create_model("alexnet", num_classes=0, img_size=67).features.norm1
    maps = torch.rand(1, 7, 2, 2) * 100
    expected = torch.empty_like(maps)
    for channel in range(7):
        near = maps[:, max(0, channel - 2) : channel + 3]
        expected[:, channel] = maps[:, channel] / (2 + 1e-4 * near.square().sum(dim=1)) ** 0.75
    assert torch.allclose(norm(maps), expected)


@pytest.mark.parametrize("name", classic.NAMES)
def test_too_small_a_picture_is_told_with_the_smallest_that_works(name):
    with pytest.raises(TagonautError, match=r"cannot take pictures of 8 × 8 pixels") as caught:
        timm.create_model(name, num_classes=3, img_size=8)
    smallest = int(str(caught.value).rpartition("=")[2])
    network = timm.create_model(name, num_classes=3, img_size=smallest).eval()
    assert network(torch.rand(1, 3, smallest, smallest)).shape == (1, 3)
    with pytest.raises(RuntimeError):
        network.forward_features(torch.rand(1, 3, smallest - 1, smallest - 1))


def test_a_picture_of_another_size_is_an_error():
    network = timm.create_model("capstone_cnn", num_classes=3, img_size=64).eval()
    with pytest.raises(TagonautError, match="made for pictures of 64 × 64"):
        network(torch.rand(1, 3, 96, 96))


@pytest.mark.parametrize("name", classic.NAMES)
def test_they_answer_as_timms_models_do(name):
    network = timm.create_model(name, num_classes=5, img_size=80).eval()
    pictures = torch.rand(2, 3, 80, 80)
    final, maps = network.forward_intermediates(pictures)
    assert torch.equal(final, network.forward_features(pictures))
    assert torch.equal(maps[-1], final)
    assert [some.shape[1] for some in maps] == [info["num_chs"] for info in network.feature_info]
    assert final.shape[1] == network.num_features
    chosen = network.forward_intermediates(pictures, indices=[1, -1], intermediates_only=True)
    assert torch.equal(chosen[0], maps[1])
    assert torch.equal(chosen[1], final)

    features = network.forward_head(final, pre_logits=True)
    assert features.shape == (2, network.head_hidden_size)
    assert torch.equal(network.get_classifier()(features), network(pictures))
    network.reset_classifier(0)
    assert torch.equal(network(pictures), features)
    network.reset_classifier(9)
    assert network(pictures).shape == (2, 9)

    config = network.pretrained_cfg
    assert isinstance(network.get_submodule(config["first_conv"]), nn.Conv2d)
    assert network.get_submodule(config["classifier"]) is network.get_classifier()
    assert config["mean"] == (0, 0, 0)
    assert config["std"] == (1, 1, 1)
    assert config["input_size"][1:] == ((64, 64) if "capstone" in name else (227, 227)
                                        if name == "alexnet" else (224, 224))  # fmt: skip


@pytest.mark.parametrize(("name", "layers"), [("alexnet", 8), ("zfnet", 8), ("capstone_cnn_bn", 5)])
def test_each_layer_is_a_stage(name, layers):
    with torch.device("meta"):
        network = timm.create_model(name, num_classes=5, img_size=80)
    stages = group_parameters(network, network.group_matcher(coarse=True), reverse=True)
    assert set(stages) == {key for key, _ in network.named_parameters()}
    assert stages["features.conv1.weight"] == 0
    assert stages["classifier.weight"] == layers - 1 == max(stages.values())
    if name == "capstone_cnn_bn":
        assert stages["pre_logits.norm4.weight"] == stages["pre_logits.fc4.weight"] == 3


def test_timm_gives_their_maps_alone():
    maps = timm.create_model("alexnet", features_only=True, img_size=227, out_indices=(1, 2))
    assert maps.feature_info.channels() == [256, 384]
    assert [tuple(some.shape[1:]) for some in maps(torch.rand(1, 3, 227, 227))] == [
        (256, 27, 27),
        (384, 13, 13),
    ]
    assert parameters(maps) < 2e6


def test_vgg_16_without_its_top_is_the_reports():
    backbone = timm.create_model("vgg16", num_classes=0)
    pictures = torch.rand(1, 3, 64, 64)
    assert prune_backbone(backbone, "map", pictures) == "map"
    assert backbone.forward_features(pictures).shape == (1, 512, 2, 2)
    head = create_head(LinearHead(pool="flatten"), [(512, 2, 2)], 17)
    assert parameters(backbone, head) == 14_749_521
    norm = nn.BatchNorm2d(3)
    assert parameters(backbone, head, norm) == 14_749_527
    # The report, like Keras, also counts the norm's statistics.
    statistics = norm.running_mean.numel() + norm.running_var.numel()
    assert parameters(backbone, head, norm) + statistics == 14_749_533


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("mobilenetv2_100", 64),
        ("mobilenetv3_small_050", 64),
        ("mobilenetv4_conv_small", 64),
        ("convnext_atto", 64),
        ("test_vit", 160),
        ("test_resnet", 64),
        ("ghostnet_050", 64),
        ("capstone_cnn", 64),
    ],
)
def test_nothing_that_the_maps_need_goes_with_the_top(name, size):
    def create():
        torch.manual_seed(0)
        return timm.create_model(name, num_classes=0).eval()

    pictures = torch.rand(1, 3, size, size)
    whole = create()
    expected = whole.forward_features(pictures)
    without = create()
    without.requires_grad_(False)
    prune_backbone(without, "map", pictures)
    assert torch.equal(without.forward_features(pictures), expected)
    # What is left is needed: without a top, each parameter gets a gradient.
    assert not any(parameter.requires_grad for parameter in without.parameters())
    without.requires_grad_(True).forward_features(pictures).sum().backward()
    assert all(parameter.grad is not None for parameter in without.parameters())

    expected = whole.forward_intermediates(pictures, indices=[-3, -2], intermediates_only=True)
    without = create()
    stages = prune_backbone(without, (-3, -2), pictures)
    found = without.forward_intermediates(pictures, indices=list(stages), intermediates_only=True)
    assert all(map(torch.equal, found, expected))
    assert parameters(without) < parameters(whole)


def test_dropout_lies_in_the_backbone_and_acts_in_training_alone():
    torch.manual_seed(0)
    network = timm.create_model("capstone_cnn", num_classes=0, img_size=64)
    pictures = torch.rand(1, 3, 64, 64)
    assert not torch.equal(network.train()(pictures), network(pictures))
    assert torch.equal(network.eval()(pictures), network(pictures))
