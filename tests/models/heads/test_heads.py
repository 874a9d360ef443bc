"""Heads: what comes out, that all of it learns, and that it can be kept."""

import math

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn
from torch.nn.functional import conv2d, interpolate

from tagonaut.errors import TagonautError
from tagonaut.models.backbones import create_backbone
from tagonaut.models.feature_levels import FeatureLayout, features_at
from tagonaut.models.heads import (
    Head,
    HourglassHead,
    LinearHead,
    MlpHead,
    QueryHead,
    ResidualHead,
    create_head,
)

OUTPUTS = 8

HEADS = {
    "linear": LinearHead(dropout=0.2),
    "linear of maxima": LinearHead(pool="max"),
    "linear of everything": LinearHead(pool="flatten"),
    "mlp": MlpHead(hidden=24),
    "mlp of windows": MlpHead(pool="max", pool_size=2, pool_stride=1, hidden=24),
    "hourglass": HourglassHead(),
    "hourglass, smooth maximum": HourglassHead(stages=(1, 4), pool="lse"),
    "hourglass of one scale": HourglassHead(stages=(-1,), pool="max", dilation=1, kernel=1),
    "residual": ResidualHead(),
    "query": QueryHead(width=48, heads=4, hidden=64),
}


def features_of(settings, size=64, pictures=6):
    torch.manual_seed(0)
    backbone, _ = create_backbone("test_resnet", "random", size=size)
    with torch.no_grad():
        features = features_at(backbone.eval(), torch.rand(pictures, 3, size, size), settings.level)
    return features, FeatureLayout.of(settings.level, features).shapes


@pytest.mark.parametrize("settings", HEADS.values(), ids=HEADS)
def test_a_head_learns_with_every_parameter_and_can_be_kept(settings, tmp_path):
    from safetensors.torch import load_file, save_file

    features, shapes = features_of(settings)
    head = create_head(settings, shapes, OUTPUTS).train()
    head(features).square().sum().backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name

    outputs = head.eval()(features)
    assert outputs.shape == (6, OUTPUTS)
    save_file(head.state_dict(), tmp_path / "head.safetensors")
    torch.manual_seed(1)
    other = create_head(settings, shapes, OUTPUTS).eval()
    assert not torch.allclose(other(features), outputs)
    other.load_state_dict(load_file(tmp_path / "head.safetensors"))
    assert torch.equal(other(features), outputs)
    # No picture's outputs depend on those beside it.
    alone = [some[:1] for some in features] if isinstance(features, list) else features[:1]
    assert torch.allclose(head(alone), outputs[:1], atol=1e-5)


@pytest.mark.parametrize("settings", HEADS.values(), ids=HEADS)
def test_settings_survive_json_and_describe_every_key(settings):
    adapter = TypeAdapter(Head)
    assert adapter.validate_json(settings.model_dump_json()) == settings
    assert all(field.description for field in type(settings).model_fields.values())


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"kind": "linear", "pool_size": 5}, "pool_size needs pool average or max"),
        ({"kind": "mlp", "pool": "max", "pool_stride": 2}, "pool_stride needs a pool_size"),
        ({"kind": "hourglass", "stages": [3, 2]}, "finest first"),
        ({"kind": "hourglass", "stages": [-1, 1]}, "finest first"),
        ({"kind": "hourglass", "stages": []}, "at least 1"),
        ({"kind": "hourglass", "kernel": 4}, "kernel has to be odd: 3 or 5"),
        ({"kind": "query", "width": 100}, "has to be a divisor of width 100"),
        ({"kind": "linear", "hidden": 5}, "Extra inputs"),
        ({"kind": "lineal"}, "lineal"),
    ],
)
def test_keys_that_do_not_fit_are_told(keys, told):
    with pytest.raises(ValidationError, match=told):
        TypeAdapter(Head).validate_python(keys)


def test_pooling_is_numpys():
    maps = torch.rand(2, 3, 5, 5)

    def rows(**keys):
        head = create_head(LinearHead(**keys), [(3, 5, 5)], 4)
        return head.pool(maps), head.outputs

    pooled, outputs = rows(pool="average")
    assert torch.allclose(pooled, maps.mean(dim=(2, 3)))
    assert outputs.in_features == 3
    pooled, outputs = rows(pool="max", pool_size=3, pool_stride=2)
    assert outputs.in_features == 12
    assert pooled[1, 4 * 2 + 3] == maps[1, 2, 2:5, 2:5].max()
    pooled, outputs = rows(pool="average", pool_size=2)
    assert torch.allclose(pooled[0, 1], maps[0, 0, 0:2, 2:4].mean())
    pooled, outputs = rows(pool="flatten")
    assert torch.equal(pooled, maps.flatten(1))
    assert outputs.in_features == 75


def test_inceptions_head_is_the_reports():
    """Of 224 pixels Inception v3 leaves 5 × 5 × 2,048: one window of 5, dense 4,096."""
    settings = MlpHead(pool="max", pool_size=5, pool_stride=2, hidden=4096)
    head = create_head(settings, [(2048, 5, 5)], 4)
    assert head.hidden.in_features == 2048
    assert sum(p.numel() for p in head.parameters()) == 2049 * 4096 + 4097 * 4


def test_a_window_larger_than_the_map_is_told():
    with pytest.raises(TagonautError, match="larger than the backbone's final map of 2 × 2"):
        create_head(LinearHead(pool="max", pool_size=5), [(96, 2, 2)], 3)


@pytest.mark.parametrize("sides", [(9,), (13, 7), (29, 15, 8)])
@pytest.mark.parametrize("pool", ["average", "max", "lse"])
def test_the_hourglass_pools_its_label_maps(sides, pool):
    settings = HourglassHead(stages=tuple(range(len(sides))), pool=pool, sharpness=3)
    shapes = [(4 * place + 3, side, side + 2) for place, side in enumerate(sides)]
    head = create_head(settings, shapes, 5).eval()
    features = [torch.randn(2, *shape) for shape in shapes]
    maps = head.maps(features)
    assert maps.shape == (2, 5, sides[0], sides[0] + 2)
    places = maps.flatten(2)
    expected = {
        "average": places.mean(dim=2),
        "max": places.max(dim=2).values,
        "lse": (3 * places).exp().mean(dim=2).log() / 3,
    }
    assert torch.allclose(head(features), expected[pool], atol=1e-5)


def test_a_smooth_maximum_lies_between_the_average_and_the_maximum():
    maps = torch.randn(3, 4, 6, 6)

    def pooled(**keys):
        return create_head(HourglassHead(stages=(0,), **keys), [(2, 6, 6)], 4).pooled(maps)

    average, smooth, most = pooled(), pooled(pool="lse"), pooled(pool="max")
    assert (average < smooth).all() and (smooth < most).all()
    assert torch.allclose(pooled(pool="lse", sharpness=1e-3), average, atol=2e-3)
    assert torch.allclose(pooled(pool="lse", sharpness=100), most, atol=math.log(36) / 100)


def test_the_hourglass_is_its_description():
    """Each scale: dilated convolution, gated residual block; coarser ones upsampled and added."""
    torch.manual_seed(0)
    settings = HourglassHead(stages=(1, 2), dilation=2, kernel=3, squeeze=2)
    head = create_head(settings, [(3, 9, 9), (5, 4, 4)], 8).train()
    features = [torch.randn(4, 3, 9, 9), torch.randn(4, 5, 4, 4)]
    state = head.state_dict()

    def norm(maps, name):
        spread, mean = torch.var_mean(maps, dim=(0, 2, 3), keepdim=True, correction=0)
        scale, shift = state[f"{name}.weight"], state[f"{name}.bias"]
        return (maps - mean) / (spread + 1e-5).sqrt() * scale[:, None, None] + shift[:, None, None]

    def processed(scale):
        key = f"scales.{scale}"
        labels = conv2d(
            features[scale], state[f"{key}.0.weight"], state[f"{key}.0.bias"], padding=2, dilation=2
        )
        block = f"{key}.1.residual"
        inner = norm(conv2d(labels, state[f"{block}.0.weight"], padding=1), f"{block}.1")
        inner = norm(conv2d(inner.relu(), state[f"{block}.3.weight"], padding=1), f"{block}.4")
        squeezed = inner.mean(dim=(2, 3))
        for layer, bend in (("fc1", torch.relu), ("fc2", torch.sigmoid)):
            weight, bias = (state[f"{block}.5.{layer}.{part}"] for part in ("weight", "bias"))
            squeezed = bend(squeezed @ weight[:, :, 0, 0].T + bias)
        return labels + inner * squeezed[:, :, None, None]

    expected = processed(0) + interpolate(processed(1), size=(9, 9), mode="bilinear")
    assert torch.allclose(head.maps(features), expected, atol=1e-5)
    assert state["scales.0.1.residual.5.fc1.weight"].shape[0] == 4


def test_the_residual_head_averages_its_label_maps():
    head = create_head(ResidualHead(), [(6, 5, 7)], 4).eval()
    features = torch.randn(3, 6, 5, 7)
    assert head.maps(features).shape == (3, 4, 5, 7)
    assert torch.allclose(head(features), head.maps(features).mean(dim=(2, 3)), atol=1e-6)
    convolutions = [tuple(m.weight.shape) for m in head.modules() if isinstance(m, nn.Conv2d)]
    assert convolutions == [(4, 6, 3, 3), (4, 4, 3, 3), (4, 6, 1, 1)]
    assert (head(features) < 0).any()


def test_a_query_pools_by_attention_whatever_the_order_of_places():
    settings = QueryHead(width=16, heads=2, hidden=32)
    head = create_head(settings, [(6, 3, 4)], 5).eval()
    features = torch.randn(2, 6, 3, 4)
    shuffled = features.flatten(2)[:, :, torch.randperm(12)].reshape(2, 6, 3, 4)
    assert torch.allclose(head(features), head(shuffled), atol=1e-5)
    assert not torch.allclose(head(features), head(features * 2), atol=1e-3)
