import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from sklearn.ensemble import RandomForestClassifier

from tagonaut.errors import TagonautError
from tagonaut.models.forest import Forest


def problem(n=300, labels=4, seed=0):
    rng = np.random.default_rng(seed)
    colours = rng.uniform(0, 255, (n, 3)).astype(np.float32)
    chance = 1 / (1 + np.exp(-(colours - 128) @ rng.normal(0, 0.04, (3, labels))))
    return colours, (rng.random((n, labels)) < chance).astype(np.uint8)


def fitted(colours, targets, **settings):
    forest = RandomForestClassifier(**{"n_estimators": 20, "random_state": 0, **settings})
    return forest.fit(colours, targets[:, 0] if targets.shape[1] == 1 else targets)


def probability(forest, colours, labels):
    """Of class 1, by scikit-learn; 0 or 1 for a label with one class."""
    found, classes = forest.predict_proba(colours), forest.classes_
    found, classes = (found, classes) if labels > 1 else ([found], [classes])
    return np.stack(
        [
            p[:, list(c).index(1)] if 1 in c else np.zeros(len(p))
            for p, c in zip(found, classes, strict=True)
        ],
        axis=1,
    )


@settings(deadline=None, max_examples=20)
@given(
    st.integers(1, 5),
    st.sampled_from([1, 2, 7, None]),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
)
def test_scores_are_scikit_learns(labels, depth, constant, all_constant):
    colours, targets = problem(labels=labels, seed=labels)
    if constant is not None:
        targets[:, slice(None) if all_constant else -1] = constant
    known = fitted(colours[:200], targets[:200], max_depth=depth)
    scores = Forest.of(known).scores(torch.from_numpy(colours))
    assert scores.dtype == torch.float32
    assert scores.shape == (300, labels)
    np.testing.assert_allclose(scores, probability(known, colours, labels), atol=1e-6)


def test_a_colour_on_a_threshold_goes_where_scikit_learn_sends_it():
    colours, targets = problem()
    known = fitted(colours, targets)
    forest = Forest.of(known)
    on = colours.copy()
    picks = np.random.default_rng(1).integers(0, len(forest.feature), len(on))
    on[np.arange(len(on)), forest.feature[picks]] = forest.threshold[picks]
    np.testing.assert_allclose(
        forest.scores(torch.from_numpy(on)), probability(known, on, 4), atol=1e-6
    )


def test_more_rows_than_are_taken_at_once_and_none_at_all():
    colours, targets = problem(2500)
    known = fitted(colours, targets, n_estimators=3, max_depth=4)
    forest = Forest.of(known)
    np.testing.assert_allclose(
        forest.scores(torch.from_numpy(colours)), probability(known, colours, 4), atol=1e-6
    )
    assert forest.scores(torch.zeros(0, 3)).shape == (0, 4)


def test_a_saved_forest_gives_the_same_scores(tmp_path):
    colours, targets = problem()
    forest = Forest.of(fitted(colours, targets))
    save_file(forest.state_dict(), tmp_path / "forest.safetensors")
    again = Forest.load(load_file(tmp_path / "forest.safetensors"), 3)
    inputs = torch.from_numpy(colours)
    assert again.labels == 4
    assert torch.equal(again.scores(inputs), forest.scores(inputs))
    assert torch.equal(again(inputs), forest.scores(inputs))


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("child", torch.zeros_like),  # round and round
        ("child", lambda tensor: tensor + 10_000),
        ("child", lambda tensor: tensor - 10_000),
        ("child", lambda tensor: tensor[:, :1]),
        ("root", lambda tensor: tensor + 10_000),
        ("root", lambda tensor: tensor[:0]),
        ("feature", lambda tensor: tensor - 5),
        ("threshold", lambda tensor: tensor[:-1]),
        ("share", lambda tensor: tensor[0]),
    ],
)
def test_a_damaged_forest_is_refused(name, spoil):
    tensors = dict(Forest.of(fitted(*problem(100), n_estimators=3)).state_dict())
    tensors[name] = spoil(tensors[name])
    with pytest.raises(TagonautError, match="a damaged forest"):
        Forest.load(tensors, 3)
    del tensors[name]
    with pytest.raises(TagonautError, match=f"not a forest: {name} is missing"):
        Forest.load(tensors, 3)
