from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

import tagonaut.models.torchvision_ops  # noqa: F401  (before timm and torchvision)
from tagonaut.errors import TagonautError
from tagonaut.learning.losses import (
    Asymmetric,
    BinaryCrossEntropy,
    Focal,
    Grouped,
    Loss,
    Lsep,
    Warp,
    activation_of,
    binary_cross_entropy,
    create_loss,
)
from tagonaut.learning.losses.asymmetric import asymmetric
from tagonaut.learning.losses.focal import focal
from tagonaut.learning.losses.grouped import grouped_cross_entropy
from tagonaut.learning.losses.label_weights import balanced_weights
from tagonaut.learning.losses.lsep import (
    count_cross_entropy,
    log_sum_exp_pairwise,
    threshold_cross_entropy,
)
from tagonaut.learning.losses.warp import warp

GROUPS = ((0, 2, 4),)
EACH = [
    BinaryCrossEntropy(),
    BinaryCrossEntropy(label_weights="balanced", label_smoothing=0.1),
    Focal(),
    Focal(gamma=0.5, alpha=0.5, label_weights="balanced"),
    Asymmetric(),
    Asymmetric(gamma_negative=0.5, gamma_positive=0.5, clip=0),
    Asymmetric(gamma_negative=0.5),
    Warp(),
    Warp(label_smoothing=0.1),
    Lsep(),
    Lsep(decision="threshold", label_smoothing=0.1),
    Lsep(decision="count"),
    Grouped(),
    Grouped(label_smoothing=0.1),
]
each = pytest.mark.parametrize("settings", EACH, ids=str)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed=0, n=12, k=6, unknown=0.0):
    """Logits, targets (one of the group each) and known cells."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, k)) < 0.4).astype(np.float32)
    targets[:, GROUPS[0]] = np.eye(3)[rng.integers(3, size=n)]
    known = (rng.random((n, k)) >= unknown).astype(np.float32)
    logits = rng.normal(scale=2, size=(n, k)).astype(np.float32)
    return tuple(map(torch.from_numpy, (logits, targets, known)))


def created(settings, targets, known):
    activation = activation_of(settings, targets.shape[1], GROUPS, targets.numpy())
    return create_loss(settings, activation, targets.numpy(), known.numpy()), activation


def outputs_of(activation, n=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, activation.outputs, generator=generator) * 2


# Each against another library, or the formula of its paper written out.


def test_cross_entropy_is_scikit_learns():
    logits, targets, known = drawn(unknown=0.3)
    inside = known.numpy() == 1
    scores = logits.double().sigmoid().numpy()
    wanted = log_loss(targets.numpy()[inside], scores[inside])
    assert binary_cross_entropy(logits, targets, known).item() == pytest.approx(wanted, rel=1e-5)


def test_balanced_weights_are_scikit_learns():
    _, targets, known = drawn(n=40, unknown=0.3)
    targets[:, 5] = 0
    weights = balanced_weights(targets.numpy(), known.numpy()).numpy()
    for label in range(5):
        column = targets.numpy()[known.numpy()[:, label] == 1, label]
        wanted = compute_class_weight("balanced", classes=np.array([0, 1]), y=column)
        assert weights[:, label] == pytest.approx(wanted, rel=1e-5)
    assert weights[:, 5].tolist() == [1, 1]


def test_weighted_cross_entropy_is_scikit_learns():
    logits, targets, known = drawn(n=40, unknown=0.3)
    weights = balanced_weights(targets.numpy(), known.numpy())
    loss, _ = created(BinaryCrossEntropy(label_weights="balanced"), targets, known)
    cell = (targets * weights[1] + (1 - targets) * weights[0]) * known
    wanted = log_loss(
        targets.flatten(), logits.double().sigmoid().flatten(), sample_weight=cell.flatten()
    )
    # scikit-learn divides by the sum of the weights: over the rows that they are of, the count.
    assert cell.sum().item() == pytest.approx(known.sum().item(), rel=1e-5)
    assert loss(logits, targets, known).item() == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, 0.25), (0.5, 0.7), (0.0, 0.5)])
def test_focal_is_torchvisions(gamma, alpha):
    from torchvision.ops import sigmoid_focal_loss

    logits, targets, known = drawn()
    wanted = sigmoid_focal_loss(logits, targets, alpha, gamma, reduction="mean")
    assert torch.allclose(focal(logits, targets, known, gamma=gamma, alpha=alpha), wanted)


@pytest.mark.parametrize(
    ("negative", "positive", "clip"), [(4.0, 1.0, 0.05), (2.0, 0.0, 0.3), (0.0, 0.0, 0.0)]
)
def test_asymmetric_is_timms(negative, positive, clip):
    from timm.loss import AsymmetricLossMultiLabel

    logits, targets, known = drawn()
    oracle = AsymmetricLossMultiLabel(negative, positive, clip, reduction="mean")
    ours = asymmetric(
        logits, targets, known, gamma_negative=negative, gamma_positive=positive, clip=clip
    )
    assert torch.allclose(ours, oracle(logits, targets))


def test_ranking_by_hand():
    logits = torch.tensor([[2.0, 1.5, 0.0, 3.0]])
    targets = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    known = torch.ones(1, 4)
    # Label 0 has the hinges 0.5 and 2, label 2 has 2.5 and 4; L(2) = 1.5.
    assert warp(logits, targets, known).item() == pytest.approx(1.5 * 1.25 + 1.5 * 3.25)
    known[0, 3] = 0
    assert warp(logits, targets, known).item() == pytest.approx(0.5 + 2.5)
    # A picture without a label has no pair, and is not counted.
    more = torch.cat([targets, torch.zeros(1, 4)]), torch.cat([known, torch.ones(1, 4)])
    assert warp(logits.repeat(2, 1), *more).item() == pytest.approx(0.5 + 2.5)


@given(seeds)
def test_exact_ranks_are_what_drawing_estimates(seed):
    logits, targets, known = drawn(seed, n=3, unknown=0.2)
    pictures = []
    for f, t, k in zip(logits.numpy(), targets.numpy(), known.numpy(), strict=True):
        has, lacks = f[(t == 1) & (k == 1)], f[(t == 0) & (k == 1)]
        if len(has) and len(lacks):
            hinges = [[1 - j + i for i in lacks if 1 - j + i > 0] for j in has]
            pictures.append(
                sum(np.mean(h) * sum(1 / r for r in range(1, len(h) + 1)) for h in hinges if h)
            )
    wanted = np.mean(pictures) if pictures else 0
    assert warp(logits, targets, known).item() == pytest.approx(wanted, rel=1e-4, abs=1e-5)


@given(seeds)
def test_log_sum_exp_over_all_pairs(seed):
    logits, targets, known = drawn(seed, n=3, unknown=0.2)
    pictures = []
    for f, t, k in zip(logits.double().numpy(), targets.numpy(), known.numpy(), strict=True):
        has, lacks = f[(t == 1) & (k == 1)], f[(t == 0) & (k == 1)]
        if len(has) and len(lacks):
            pictures.append(np.log1p(sum(np.exp(v - u) for u, v in product(has, lacks))))
    wanted = np.mean(pictures) if pictures else 0
    found = log_sum_exp_pairwise(logits, targets, known).item()
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-6)


@given(seeds, st.sampled_from([warp, log_sum_exp_pairwise]))
def test_a_ranking_does_not_mind_where_its_zero_is(seed, ranking):
    logits, targets, known = drawn(seed, unknown=0.2)
    moved = logits + torch.arange(12)[:, None] - 6
    assert torch.allclose(ranking(moved, targets, known), ranking(logits, targets, known), 1e-3)


def test_thresholds_learn_and_leave_the_logits_alone():
    logits, targets, known = drawn(unknown=0.3)
    thresholds = torch.zeros_like(logits, requires_grad=True)
    logits.requires_grad_()
    loss = threshold_cross_entropy(logits, thresholds, targets, known)
    assert torch.allclose(loss, binary_cross_entropy(logits, targets, known))
    loss.backward()
    wanted = (targets - logits.detach().sigmoid()) * known / known.sum()
    assert logits.grad is None
    assert torch.allclose(thresholds.grad, wanted, atol=1e-7)


def test_a_count_is_classified():
    counts = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[1.0, 0, 1, 0, 0], [0] * 5, [1] * 5, [1, 0, 0, 0, 1]])
    known = torch.ones(4, 5)
    wanted = functional.cross_entropy(counts, torch.tensor([2, 0, 3, 2]))
    assert torch.allclose(count_cross_entropy(counts, targets, known), wanted)
    known[2, 1] = 0  # the count of the third is not known
    wanted = functional.cross_entropy(counts[[0, 1, 3]], torch.tensor([2, 0, 2]))
    assert torch.allclose(count_cross_entropy(counts, targets, known), wanted)
    mixed = targets[:1] * 0.75  # 1.5 labels: one or two
    both = functional.cross_entropy(counts[:1].repeat(2, 1), torch.tensor([1, 2]))
    assert torch.allclose(count_cross_entropy(counts[:1], mixed, known[:1]), both)


def test_a_group_is_classified_and_the_rest_is_not():
    logits, targets, known = drawn()
    targets[0, [0, 2, 4]] = torch.tensor([1.0, 1.0, 0.0])  # two of a group
    targets[1, [0, 2, 4]] = 0  # none
    known[2, 4] = 0
    rest, sound = [1, 3, 5], range(3, 12)
    softmax = functional.cross_entropy(
        logits[3:, [0, 2, 4]],
        targets[3:, [0, 2, 4]].argmax(dim=1),
        reduction="sum",
        label_smoothing=0.1,
    )
    binary = functional.binary_cross_entropy_with_logits(
        logits[:, rest], targets[:, rest] * 0.9 + 0.05, reduction="sum"
    )
    wanted = (softmax + binary) / (len(sound) + 12 * 3)
    found = grouped_cross_entropy(logits, targets, known, groups=GROUPS, label_smoothing=0.1)
    assert torch.allclose(found, wanted)


def test_without_groups_it_is_binary_cross_entropy():
    logits, targets, known = drawn(unknown=0.3)
    found = grouped_cross_entropy(logits, targets, known, groups=())
    assert torch.allclose(found, binary_cross_entropy(logits, targets, known))
    assert activation_of(Grouped(), 6, (), targets.numpy()).kind == "sigmoid"


def test_smoothed_labels_are_less_certain():
    logits, targets, known = drawn()
    loss, _ = created(BinaryCrossEntropy(label_smoothing=0.2), targets, known)
    wanted = functional.binary_cross_entropy_with_logits(logits, targets * 0.8 + 0.1)
    assert torch.allclose(loss(logits, targets, known), wanted)


# What holds for every loss.


@each
def test_unknown_cells_have_no_part(settings):
    _, targets, known = drawn(unknown=0.3)
    loss, activation = created(settings, targets, known)
    outputs = outputs_of(activation).requires_grad_()
    value = loss(outputs, targets, known)
    (gradient,) = torch.autograd.grad(value, outputs)
    unknown = known == 0
    assert gradient[:, :6][unknown].abs().max() == 0
    if activation.kind == "threshold":
        assert gradient[:, 6:][unknown].abs().max() == 0
    other = outputs.detach().clone()
    other[:, :6][unknown] += 7
    lies = torch.where(unknown, 1 - targets, targets)
    assert torch.allclose(loss(other, lies, known), value)


@each
def test_where_nothing_is_known_nothing_is_learned(settings):
    _, targets, known = drawn()
    loss, activation = created(settings, targets, known)
    outputs = outputs_of(activation).requires_grad_()
    for some in (outputs, outputs[:0]):
        value = loss(some, targets[: len(some)], 0 * known[: len(some)])
        (gradient,) = torch.autograd.grad(value, outputs)
        assert value == 0
        assert gradient.abs().max() == 0


@each
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_extreme_outputs_and_half_precision(settings, dtype):
    _, targets, known = drawn(n=64, unknown=0.1)
    loss, activation = created(settings, targets, known)
    generator = torch.Generator().manual_seed(1)
    choices = torch.tensor([-1e4, -30.0, 0.0, 30.0, 1e4])
    picked = torch.randint(5, (64, activation.outputs), generator=generator)
    outputs = choices[picked].to(dtype).requires_grad_()
    value = loss(outputs, targets, known)
    value.backward()
    assert value.dtype == torch.float32
    assert value.isfinite()
    assert outputs.grad.isfinite().all()
    assert torch.equal(loss(outputs.float(), targets, known), value)


@each
def test_outputs_that_make_it_small_rank_and_tag_right(settings):
    _, targets, known = drawn()
    loss, activation = created(settings, targets, known)
    outputs = outputs_of(activation).requires_grad_()
    optimiser = torch.optim.Adam([outputs], lr=0.1)
    for _ in range(400):
        optimiser.zero_grad()
        loss(outputs, targets, known).backward()
        optimiser.step()
    logits = activation.logits(outputs.detach())
    lowest = torch.where(targets == 1, logits, torch.inf).min(dim=1).values
    highest = torch.where(targets == 0, logits, -torch.inf).max(dim=1).values
    assert (lowest > highest).all()
    if not (isinstance(settings, Warp) or settings == Lsep()):
        assert torch.equal((activation.scores(outputs.detach()) > 0.5).float(), targets)


@each
def test_mixed_targets(settings):
    _, targets, known = drawn()
    loss, activation = created(settings, targets, known)
    outputs = outputs_of(activation)
    ends = [loss(outputs, some, known) for some in (targets, targets.flip(0))]
    mixed = loss(outputs, 0.3 * targets + 0.7 * targets.flip(0), known)
    assert mixed.isfinite()
    if not isinstance(settings, Warp | Lsep):
        assert torch.allclose(mixed, 0.3 * ends[0] + 0.7 * ends[1], 1e-4)


def test_most_labels_are_those_of_the_training_rows():
    _, targets, _ = drawn()
    activation = activation_of(Lsep(decision="count"), 6, GROUPS, targets.numpy())
    assert (activation.kind, activation.most) == ("count", int(targets.sum(dim=1).max()))
    assert activation_of(Asymmetric(), 6, GROUPS, targets.numpy()).kind == "sigmoid"
    assert activation_of(Grouped(), 6, GROUPS, targets.numpy()).groups == GROUPS


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "hinge"},
        {"kind": "warp", "gamma": 2},
        {"kind": "focal", "gamma": -1},
        {"kind": "asymmetric", "clip": 1},
        {"kind": "bce", "label_smoothing": 1},
        {"kind": "lsep", "decision": "both"},
        {"kind": "grouped", "label_weights": "balanced"},
    ],
)
def test_settings_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(Loss).validate_python(wrong)


@pytest.mark.parametrize("settings", [Warp(), Lsep()], ids=str)
def test_one_label_alone_cannot_be_ranked(settings):
    with pytest.raises(TagonautError, match=f"loss {settings.kind} ranks .* one label"):
        activation_of(settings, 1, (), np.ones((3, 1)))
