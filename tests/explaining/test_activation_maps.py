import numpy as np
import pytest
import timm
import torch

from tagonaut.explaining import find_maps
from tagonaut.models.activation import Activation
from tagonaut.models.heads import HourglassHead, LinearHead, MlpHead, QueryHead, ResidualHead

LABELS = [3, 0]


def noise(preprocessing, count=2):
    generator = torch.Generator().manual_seed(0)
    side = preprocessing.size
    return torch.randn((count, 3, side, side), generator=generator)


@pytest.mark.parametrize("pool", ["own", "average"])
def test_a_linear_head_on_averages_has_exact_maps(network_of, pool):
    network, preprocessing = network_of("test_resnet", LinearHead(pool=pool))
    pictures = noise(preprocessing)
    found = find_maps(network, pictures, LABELS)
    assert found.method == "class activation maps"
    with torch.inference_mode():
        features = network.backbone.forward_features(pictures)
        outputs = network(pictures)[:, LABELS].numpy()
    (linear,) = [part for part in network.head.modules() if isinstance(part, torch.nn.Linear)]
    weight, bias = linear.weight[LABELS].detach(), linear.bias[LABELS].detach().numpy()
    assert np.allclose(found.values, torch.einsum("kc,nchw->nkhw", weight, features), atol=1e-5)
    assert np.allclose(found.values.mean(axis=(2, 3)) + bias, outputs, atol=1e-5)
    assert (found.values < 0).any()


def test_other_heads_have_gradient_weighted_maps(network_of):
    network, preprocessing = network_of("test_resnet", MlpHead(pool="flatten", hidden=16))
    pictures = noise(preprocessing)
    labels = range(4)
    found = find_maps(network, pictures, labels)
    assert found.method == "Grad-CAM"
    assert (found.values > 0).any()
    maps = network.backbone.forward_features(pictures).detach().requires_grad_()
    outputs = network.head(maps)
    for label in labels:
        (slope,) = torch.autograd.grad(outputs[:, label].sum(), maps, retain_graph=True)
        weights = slope.mean(dim=(2, 3), keepdim=True)
        expected = (weights * maps).sum(dim=1).relu().detach()
        assert np.allclose(found.values[:, label], expected, atol=1e-6)


def test_heads_with_label_maps_give_theirs(network_of):
    for head in (HourglassHead(), ResidualHead()):
        network, preprocessing = network_of("test_resnet", head)
        pictures = noise(preprocessing)
        found = find_maps(network, pictures, LABELS)
        assert found.method == "label maps"
        with torch.inference_mode():
            outputs = network(pictures)[:, LABELS].numpy()
        assert np.allclose(found.values.mean(axis=(2, 3)), outputs, atol=1e-5)


def test_maps_do_not_depend_on_the_other_labels_asked_for(network_of):
    network, preprocessing = network_of("test_resnet", QueryHead())
    pictures = noise(preprocessing)
    both, one = (find_maps(network, pictures, labels).values for labels in (LABELS, LABELS[1:]))
    assert np.allclose(both[:, 1:], one, atol=1e-6)


@pytest.mark.parametrize("name", timm.list_models("test_*", exclude_filters="*relpos*"))
def test_any_backbone_has_maps(network_of, name):
    network, preprocessing = network_of(name, LinearHead())
    found = find_maps(network, noise(preprocessing, 1), LABELS)
    assert found.values.shape[:2] == (1, 2)
    assert min(found.values.shape[2:]) > 1
    assert np.isfinite(found.values).all()
    assert np.ptp(found.values, axis=(2, 3)).max() > 0


def test_a_class_token_alone_still_tells_places(network_of):
    network, preprocessing = network_of("test_vit", LinearHead(), size=64)
    assert network.backbone.global_pool == "token"
    found = find_maps(network, noise(preprocessing), LABELS)
    assert found.values.shape == (2, 2, 4, 4)
    assert (found.values.max(axis=(2, 3)) > 0).any()


def test_maps_are_of_the_labels_own_output(network_of):
    network, preprocessing = network_of("test_resnet", LinearHead())
    plain = find_maps(network, noise(preprocessing), LABELS)
    network.activation = Activation(kind="groups", labels=4, groups=((0, 3),))
    assert np.array_equal(find_maps(network, noise(preprocessing), LABELS).values, plain.values)
