import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import expit, softmax

from tagonaut.models.activation import Activation


def scores(activation, *rows):
    return activation.scores(torch.from_numpy(np.array(rows, dtype=np.float32))).numpy()


def test_sigmoid_is_a_sigmoid():
    plain = Activation(kind="sigmoid", labels=3)
    assert plain.outputs == 3
    assert scores(plain, [0.0, 2.0, -1e4])[0] == pytest.approx([0.5, expit(2), 0])


def test_groups_share_one_and_the_others_do_not():
    grouped = Activation(kind="groups", labels=5, groups=((3, 0), (4, 2)))
    assert grouped.outputs == 5
    outputs = np.array([[1.0, 0.3, -2.0, 0.5, 4.0], [1e4, -3.0, 0.0, -1e4, 0.0]])
    found = scores(grouped, *outputs)
    assert found[:, [3, 0]] == pytest.approx(softmax(outputs[:, [3, 0]], axis=1))
    assert found[:, [4, 2]] == pytest.approx(softmax(outputs[:, [4, 2]], axis=1))
    assert found[:, 1] == pytest.approx(expit(outputs[:, 1]))


def test_a_learned_threshold_is_where_the_score_is_a_half():
    learned = Activation(kind="threshold", labels=2)
    assert learned.outputs == 4
    assert scores(learned, [3.0, -1.0, 3.0, -2.0])[0] == pytest.approx([0.5, expit(1)])


@pytest.mark.parametrize(
    ("most_probable", "threshold"),
    [(0, 6.0), (1, 4.5), (2, 2.5), (3, 0.0)],  # none and all: by a margin of 1
)
def test_a_count_cuts_half_way_between_two_logits(most_probable, threshold):
    counted = Activation(kind="count", labels=3, most=3)
    assert counted.outputs == 7
    logits = np.array([1.0, 5.0, 4.0])
    counts = np.where(np.arange(4) == most_probable, 2.0, 1.5)
    wanted = logits - threshold
    found = scores(counted, [*logits, *counts])[0]
    assert found == pytest.approx(expit(wanted))
    assert (found > 0.5).sum() == most_probable


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.data())
def test_as_many_labels_as_were_counted(seed, labels, data):
    most = data.draw(st.integers(0, labels))
    outputs = np.random.default_rng(seed).normal(size=(4, labels + most + 1)).astype(np.float32)
    found = scores(Activation(kind="count", labels=labels, most=most), *outputs)
    assert ((found > 0.5).sum(axis=1) == outputs[:, labels:].argmax(axis=1)).all()


EACH = [
    Activation(kind="sigmoid", labels=4),
    Activation(kind="groups", labels=4, groups=((0, 2, 3),)),
    Activation(kind="threshold", labels=4),
    Activation(kind="count", labels=4, most=2),
]


@pytest.mark.parametrize("activation", EACH, ids=lambda activation: activation.kind)
def test_every_kind(activation):
    outputs = torch.randn(6, activation.outputs, generator=torch.Generator().manual_seed(0))
    found = activation.scores(outputs)
    assert found.shape == (6, 4)
    assert torch.equal(activation.logits(outputs).sigmoid(), found)
    half = activation.scores(outputs.bfloat16())
    assert half.dtype == torch.float32
    assert torch.equal(half, activation.scores(outputs.bfloat16().float()))
    for extreme in (1e4, -1e4):
        assert activation.scores(torch.full_like(outputs, extreme).half()).isfinite().all()
    assert activation.scores(outputs[:0]).shape == (0, 4)
    assert Activation.model_validate_json(activation.model_dump_json()) == activation
    with pytest.raises(ValueError, match="outputs"):
        activation.scores(outputs[:, 1:])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "sigmoid", "groups": ((0, 1),)},
        {"kind": "groups", "groups": ((0,),)},
        {"kind": "groups", "groups": ((0, 1), (1, 2))},
        {"kind": "groups", "groups": ((2, 3),)},
        {"kind": "groups", "groups": ((-1, 0),)},
        {"kind": "count", "most": 4},
        {"kind": "threshold", "most": 1},
        {"kind": "softmax"},
    ],
)
def test_what_does_not_fit_is_refused(wrong):
    with pytest.raises(ValidationError):
        Activation(labels=3, **wrong)
