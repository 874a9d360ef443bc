"""An ensemble's scores are the mean of its members', at the price of one backbone where it can."""

import pytest
import torch

from tagonaut.errors import TagonautError
from tagonaut.models.activation import Activation
from tagonaut.models.ensemble import Ensemble, share
from tagonaut.models.forest import Forest
from tagonaut.models.heads import HourglassHead, LinearHead, MlpHead, QueryHead, ResidualHead
from tagonaut.models.mean_colour import MeanColourForest
from tagonaut.models.network import Architecture, create_network
from tagonaut.models.stored import describe, read_description

SIZE, LABELS = 64, 3


def network(seed, *, start=0, head=None, views="none", **activation):
    """timm's smallest, whose backbone is that of ``start`` and whose head that of ``seed``."""
    found = {"kind": "sigmoid", "labels": LABELS, **activation}
    architecture = Architecture(
        backbone="test_resnet", head=head or LinearHead(), activation=Activation(**found)
    )
    torch.manual_seed(start)
    made, preprocessing = create_network(architecture, "random", size=SIZE)
    torch.manual_seed(seed)
    for parameter in made.head.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    made.views = views
    return made.eval(), preprocessing


def forest(leaf):
    """A stump: one split on the first colour."""
    return MeanColourForest(
        Forest(
            {
                "root": torch.tensor([0]),
                "feature": torch.tensor([0]),
                "threshold": torch.tensor([127.0]),
                "child": torch.tensor([[-1, -2]]),
                "share": torch.tensor([[leaf] * LABELS, [1 - leaf] * LABELS]),
            }
        )
    )


def pictures(n=5):
    torch.manual_seed(7)
    return torch.rand(n, 3, SIZE, SIZE)


def scores(model):
    with torch.inference_mode():
        return model.eval().scores(pictures())


def mean(models):
    return torch.stack([scores(model) for model in models]).mean(dim=0)


def together(models):
    share(models)
    return Ensemble(models)


def calls(ensemble):
    """How often any backbone is run to score some pictures once."""
    found = []
    backbones = {id(model.backbone): model.backbone for model in ensemble.models}
    hooks = [b.register_forward_hook(lambda *_: found.append(1)) for b in backbones.values()]
    scores(ensemble)
    for hook in hooks:
        hook.remove()
    return len(found)


@pytest.mark.parametrize("views", ["none", "flip", "dihedral"])
@pytest.mark.parametrize(
    "head", [LinearHead(), MlpHead(), HourglassHead(), ResidualHead(), QueryHead()],
    ids=lambda head: head.kind,
)  # fmt: skip
def test_one_backbone_serves_all_heads(head, views):
    models = [network(seed, head=head, views=views)[0] for seed in (1, 2, 3)]
    expected = mean(models)
    assert len({scores(model)[0, 0].item() for model in models}) == 3
    ensemble = together(models)
    assert ensemble.shared
    assert torch.allclose(scores(ensemble), expected, atol=1e-6)


def test_a_shared_backbone_is_run_once_a_view_and_stored_once():
    models = [network(seed, views="flip")[0] for seed in (1, 2, 3, 4)]
    assert calls(Ensemble(models)) == 8
    ensemble = together(models)
    assert calls(ensemble) == 2
    alone = models[0].state_dict()
    body = {key for key in alone if key.startswith("backbone.")}
    heads = {f"heads.{i}.{key[5:]}" for i in range(4) for key in alone if key.startswith("head.")}
    assert ensemble.state_dict().keys() == body | heads


def test_backbones_that_differ_in_one_number_are_not_shared():
    models = [network(seed)[0] for seed in (1, 2)]
    next(models[1].backbone.parameters()).data[0] += 1e-3
    expected = mean(models)
    ensemble = together(models)
    assert not ensemble.shared
    assert calls(ensemble) == 2
    assert torch.allclose(scores(ensemble), expected, atol=1e-6)
    assert all(key.startswith(("members.0.", "members.1.")) for key in ensemble.state_dict())


def test_views_that_differ_are_not_shared():
    models = [network(1)[0], network(2, views="flip")[0]]
    ensemble = together(models)
    assert not ensemble.shared
    assert torch.allclose(scores(ensemble), mean(models), atol=1e-6)


MADE = {
    "shared": lambda: [network(1)[0], network(2)[0]],
    "of other outputs": lambda: [
        network(1, kind="count", most=1)[0],
        network(2, kind="count", most=3)[0],
    ],
    "apart": lambda: [network(1)[0], network(2, start=5)[0]],
    "forests": lambda: [forest(0.25), forest(0.5)],
    "one": lambda: [network(1)[0]],
}


@pytest.mark.parametrize("made", MADE)
def test_an_ensemble_comes_back_from_its_tensors_and_words(made):
    models = MADE[made]()
    preprocessing = network(0)[1]
    ensemble = together(models)
    again = read_description(describe(ensemble)).load(ensemble.state_dict(), preprocessing)
    assert isinstance(again, Ensemble)
    assert again.shared == (made not in {"apart", "forests"})
    assert torch.equal(scores(again), scores(ensemble))
    assert torch.allclose(scores(again), mean(models), atol=1e-6)


@pytest.mark.parametrize(
    ("made", "change", "message"),
    [
        ("shared", lambda d, t: (d, {k: v for k, v in t.items() if "heads.1" not in k}), "not fit"),
        ("shared", lambda d, t: (d, {**t, "heads.2.x": torch.zeros(1)}), "does not fit 2 heads"),
        ("shared", lambda d, t: (d.model_copy(update={"shared": False}), t), "to none of its 2"),
        ("apart", lambda d, t: (d.model_copy(update={"shared": True}), t), "does not fit"),
        ("apart", lambda d, t: (d, {**t, "members.9.x": torch.zeros(1)}), "to none of its 2"),
        ("apart", lambda d, t: (d, {**t, "members.x": torch.zeros(1)}), "to none of its 2"),
        ("apart", lambda d, t: (d, {**t, "members.-1.x": torch.zeros(1)}), "to none of its 2"),
        ("forests", lambda d, t: (d.model_copy(update={"shared": True}), t), "share no backbone"),
        ("forests", lambda d, t: (d, {**t, "members.1.forest.root": torch.tensor([9])}),
         "damaged forest"),
        ("forests", lambda d, t: (d, {**t, "members.1.forest.share": torch.zeros(2, 7)}),
         "different numbers of labels"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told_in_a_line(made, change, message):
    ensemble = together(MADE[made]())
    described, tensors = change(read_description(describe(ensemble)), ensemble.state_dict())
    with pytest.raises(TagonautError, match=message) as raised:
        described.load(tensors, network(0)[1])
    assert "\n" not in str(raised.value)


def test_heads_of_other_taps_cannot_claim_to_share():
    ensemble = together(MADE["shared"]())
    described = read_description(describe(ensemble))
    first, second = described.members
    other = second.architecture.model_copy(update={"head": HourglassHead()})
    told = described.model_copy(
        update={"members": (first, second.model_copy(update={"architecture": other}))}
    )
    with pytest.raises(TagonautError, match="damaged"):
        told.load(ensemble.state_dict(), network(0)[1])
