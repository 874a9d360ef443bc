import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagonaut.errors import TagonautError
from tagonaut.labels import LabelSet

LABELS = LabelSet(("clear", "cloudy", "road"), groups=(("clear", "cloudy"),))


@given(st.lists(st.sets(st.sampled_from(LABELS.names)), max_size=8))
def test_tags_survive_the_way_to_targets_and_back(tags):
    decoded = LABELS.decode(LABELS.encode([sorted(row) for row in tags]))
    assert [set(row) for row in decoded] == tags


def test_a_tag_named_twice_counts_once():
    assert LABELS.encode([["road", "road"]]).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize(
    ("names", "groups", "message"),
    [
        (("a", "b"), (("a",),), "at least two"),
        (("a", "a"), (), "'a' is named twice"),
        (("a", " "), (), "no name"),
        (("a", "b"), (("a", "c"),), "no label 'c'"),
        (("a", "b"), (("a", "b"), ("b",)), "two exclusive groups"),
    ],
)
def test_impossible_label_sets_are_refused(names, groups, message):
    with pytest.raises(TagonautError, match=message):
        LabelSet(names, groups)


def test_an_unknown_tag_names_the_nearest_label():
    with pytest.raises(TagonautError, match="did you mean 'road'"):
        LABELS.encode([["raod"]])


def test_targets_of_another_width_are_refused():
    with pytest.raises(ValueError, match="do not fit 3 labels"):
        LABELS.decode(np.zeros((2, 4)))
