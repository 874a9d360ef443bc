import numpy as np
import torch

from tagonaut.explaining import (
    spatial_layers,
    spread_convolutions,
    spread_filters,
    visualise_filters,
)
from tagonaut.models.heads import HourglassHead, LinearHead
from tests.explaining.conftest import draw_shapes, fit


def test_a_red_filter_and_a_stripe_filter_see_what_they_were_made_for(network_of):
    network, preprocessing = network_of("test_resnet", LinearHead(), size=64)
    stem = network.backbone.conv1[0]
    with torch.no_grad():
        stem.weight.zero_()
        stem.weight[0, 0], stem.weight[0, 1:] = 1, -1
        stem.weight[1, :, 0], stem.weight[1, :, 1] = 1, -1
    red, stripes = visualise_filters(network, preprocessing, "conv1.0", [0, 1])
    assert (red[4:-4, 4:-4, 0] > 0.9).all()
    assert (red[4:-4, 4:-4, 1:] < 0.1).all()
    middle = stripes[8:-8, 8:-8]
    assert np.abs(np.diff(middle, axis=0)).mean() > 5 * np.abs(np.diff(middle, axis=1)).mean()


def test_the_picture_excites_its_own_filter_most(network_of):
    network, preprocessing = network_of("test_resnet", LinearHead(), size=64)
    layer = "layer2.0.conv1"
    channels = spatial_layers(network, torch.zeros(1, 3, 64, 64))[layer].channels
    filters = spread_filters(channels, 6)
    pictures = visualise_filters(network, preprocessing, layer, filters)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    seen = []
    network.backbone.get_submodule(layer).register_forward_hook(lambda *a: seen.append(a[-1]))
    with torch.inference_mode():
        network(preprocessing.tensor((pictures * 255).astype(np.uint8)))
    excited = seen[0][:, filters].mean(dim=(2, 3))
    assert (excited.argmax(dim=0) == torch.arange(6)).all()


def test_training_changes_what_filters_look_for(network_of):
    network, preprocessing = network_of("capstone_cnn", LinearHead(), labels=3, size=64)
    layers = spread_convolutions(spatial_layers(network, torch.zeros(1, 3, 64, 64)))
    assert len(layers) == 3
    first, again = (visualise_filters(network, preprocessing, layers[0], [0, 9]) for _ in "12")
    last = visualise_filters(network, preprocessing, layers[-1], [9])
    assert np.abs(again - first).max() < 1e-3
    fit(network, preprocessing, draw_shapes(60, 64, seed=0), steps=20, batch=4)
    for before, layer, filters in ((first, layers[0], [0, 9]), (last, layers[-1], [9])):
        after = visualise_filters(network, preprocessing, layer, filters)
        assert np.abs(after - before).mean() > 0.05


def test_layers_are_those_with_places_in_the_order_they_run(network_of):
    network, _ = network_of("test_resnet", HourglassHead())
    layers = spatial_layers(network, torch.zeros(1, 3, 96, 96))
    assert next(iter(layers)) == "conv1.0"
    assert not any(name.startswith("global_pool") for name in layers)
    chosen = spread_convolutions(layers)
    assert len(chosen) == 4
    assert chosen[0] == "conv1.0"
    assert chosen[-1].startswith("layer4")
    assert not any("downsample" in name for name in chosen)
    mobile, _ = network_of("test_efficientnet", LinearHead())
    layers = spatial_layers(mobile, torch.zeros(1, 3, 96, 96))
    assert not any(".se." in name for name in spread_convolutions(layers, 100))


def test_filters_are_spread_over_the_layer():
    assert spread_filters(64, 4) == [0, 21, 42, 63]
    assert spread_filters(3) == [0, 1, 2]
