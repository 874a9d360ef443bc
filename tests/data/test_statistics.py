import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tagonaut.data.label_rules import check_group, find_exclusive_groups, find_implications
from tagonaut.data.readers import look
from tagonaut.data.statistics import (
    count_cooccurrence,
    distinct_sets,
    is_rare,
    neighbour_order,
)

PLANET = {
    "clear": 28_431, "primary": 37_513, "agriculture": 12_315, "road": 8_071, "water": 7_411,
    "cultivation": 4_477, "blow_down": 98, "conventional_mine": 100,
}  # fmt: skip


def all_known(rows):
    targets = np.array(rows, dtype=np.uint8)
    return targets, np.ones(targets.shape, dtype=bool)


@pytest.fixture
def planet(shared):
    file = shared("data/amazon/train_v2.csv")
    return look(file), pl.read_csv(file)


def test_the_figures_of_planet_are_those_of_polars(planet):
    dataset, table = planet
    found = count_cooccurrence(dataset.targets, dataset.known)
    names = dataset.labels.names
    counts = dict(zip(names, found.counts.tolist(), strict=True))
    assert len(dataset) == 40_479
    assert len(names) == 17
    assert counts.items() >= PLANET.items()
    tags = table.select("image_name", pl.col("tags").str.split(" ").list.unique().list.sort())
    one = tags.explode("tags")
    pairs = one.join(one, on="image_name").group_by("tags", "tags_right").len()
    together = {(a, b): n for a, b, n in pairs.iter_rows()}
    assert {
        (a, b): int(found.together[i, j])
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if found.together[i, j]
    } == together
    share = found.conditional[names.index("cultivation"), names.index("agriculture")]
    assert share == together["cultivation", "agriculture"] / 4_477
    sets = distinct_sets(dataset.targets, dataset.known)
    expected = tags.group_by("tags").len().sort("len", descending=True)
    assert sets.counts.tolist() == expected["len"].to_list()
    first = [name for name, has in zip(names, sets.sets[0], strict=True) if has]
    assert first == ["clear", "primary"]
    assert (np.bincount(sets.of) == sets.counts).all()
    assert {names[k] for k in np.flatnonzero(is_rare(found))} == {"blow_down", "conventional_mine"}


def test_the_only_exclusive_group_of_planet_is_its_weather(planet):
    dataset, _ = planet
    (group,) = find_exclusive_groups(dataset.targets, dataset.known)
    assert {dataset.labels.names[k] for k in group.labels} == {
        "clear", "haze", "cloudy", "partly_cloudy"
    }  # fmt: skip
    assert [dataset.ids[row] for row in group.broken] == ["train_24448"]
    assert group.known == 40_479


def test_docks_have_ships_and_water(shared):
    dataset = look(shared("data/aerial/labels.csv"))
    rules = find_implications(count_cooccurrence(dataset.targets, dataset.known))
    names = dataset.labels.names
    found = {(names[rule.premise], names[rule.consequence]): rule for rule in rules}
    assert found.keys() == {
        ("dock", "ship"), ("dock", "water"), ("ship", "dock"), ("ship", "water"),
        ("sea", "sand"), ("airplane", "pavement"), ("mobile-home", "pavement"),
    }  # fmt: skip
    ship = found["ship", "dock"]
    assert (ship.support, ship.exceptions, ship.confidence) == (81, 1, 80 / 81)
    assert ship.lift == pytest.approx((80 / 81) / (80 / 1_687))


def test_what_is_unknown_is_in_no_count():
    targets = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=np.uint8)
    known = np.array([[1, 1], [1, 0], [1, 1], [0, 1]], dtype=bool)
    found = count_cooccurrence(targets, known)
    assert found.counts.tolist() == [3, 2]
    assert found.known.tolist() == [3, 3]
    assert found.together[0, 1] == 1
    assert found.conditional[0, 1] == 1 / 2
    assert found.conditional[1, 0] == 1 / 1
    assert distinct_sets(targets, known).of.tolist() == [0, -1, 1, -1]


targets_and_known = st.tuples(st.integers(0, 12), st.integers(0, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.uint8, shape, elements=st.integers(0, 1)),
        arrays(np.bool_, shape, elements=st.booleans()),
    )
)


@given(targets_and_known)
@settings(deadline=None)
def test_counts_are_those_of_looking_at_each_row(drawn):
    targets, known = drawn
    found = count_cooccurrence(targets, known)
    k = targets.shape[1]
    for i in range(k):
        for j in range(k):
            has = (targets[:, i] == 1) & known[:, i]
            both = has & (targets[:, j] == 1) & known[:, j]
            assert found.together[i, j] == both.sum()
            assert found.asked[i, j] == (has & known[:, j]).sum()
    assert sorted(neighbour_order(found.together)) == list(range(k))
    sets = distinct_sets(targets, known)
    for row in range(len(targets)):
        if sets.of[row] < 0:
            assert not known[row].all()
        else:
            assert (sets.sets[sets.of[row]] == targets[row]).all()
    assert sorted(sets.counts, reverse=True) == sets.counts.tolist()


def test_labels_that_come_together_stand_together():
    rows = [[1, 0, 1, 0]] * 5 + [[0, 1, 0, 1]] * 4 + [[1, 0, 0, 0]]
    targets, known = all_known(rows)
    assert neighbour_order(count_cooccurrence(targets, known).together).tolist() == [0, 2, 1, 3]


@pytest.fixture
def eighty():
    """80 labels, rarer and rarer, by chance; of 30 to 35 each row has exactly one."""
    rng = np.random.default_rng(0)
    targets = (rng.random((5_000, 80)) < 0.3 * rng.random(80) ** 4).astype(np.uint8)
    choice = rng.choice(6, 5_000, p=[0.6, 0.2, 0.1, 0.06, 0.03, 0.01])
    targets[:, 30:36] = np.eye(6, dtype=np.uint8)[choice]
    targets[:, 40] = 1
    targets[7, 40] = 0
    return targets, np.ones(targets.shape, dtype=bool)


def test_a_group_is_found_among_eighty_labels(eighty):
    targets, known = eighty
    (group,) = find_exclusive_groups(targets, known)
    assert group.labels == (30, 31, 32, 33, 34, 35)
    assert not len(group.broken)


def test_a_group_may_be_broken_by_one_row_in_a_thousand(eighty):
    targets, known = eighty
    targets[11, 30:36] = 0
    targets[[22, 33, 44], 30:32] = 1
    targets[[22, 33, 44], 32:36] = 0
    targets[55, 30:36] = [1, 0, 1, 0, 0, 0]
    (group,) = find_exclusive_groups(targets, known)
    assert group.labels == (30, 31, 32, 33, 34, 35)
    assert group.broken.tolist() == [11, 22, 33, 44, 55]
    targets[66, 30:36] = 0
    assert find_exclusive_groups(targets, known) == []


def test_rows_and_labels_that_are_not_known_say_nothing_of_groups(eighty):
    targets, known = eighty
    known[:100, 30:36] = False
    known[100:, 50] = False
    targets[:100, 30:36] = 1
    (group,) = find_exclusive_groups(targets, known)
    assert (group.labels, group.known) == ((30, 31, 32, 33, 34, 35), 4_900)
    assert find_exclusive_groups(targets, np.zeros_like(known)) == []


def test_groups_by_accident_are_not_reported():
    # Few rows are always partitioned by some labels; a label of one row fills any hole.
    few = np.random.default_rng(1).random((6, 40)) < 0.4
    assert find_exclusive_groups(few.astype(np.uint8), np.ones_like(few)) == []
    nearly_all = np.zeros((400, 3), dtype=np.uint8)
    nearly_all[:, 0] = 1
    nearly_all[0] = [0, 1, 0]
    nearly_all[1] = [1, 0, 1]
    assert find_exclusive_groups(nearly_all, np.ones_like(nearly_all, dtype=bool)) == []
    everybody = np.ones((400, 2), dtype=np.uint8)
    everybody[:, 1] = np.arange(400) % 2
    assert find_exclusive_groups(everybody, np.ones_like(everybody, dtype=bool)) == []


@pytest.mark.parametrize("density", [0.01, 0.05, 0.2, 0.5])
def test_labels_by_chance_have_no_group_and_the_search_ends(density):
    targets = np.random.default_rng(2).random((3_000, 80)) < density
    assert find_exclusive_groups(targets.astype(np.uint8), np.ones_like(targets)) == []


def test_a_folder_a_label_is_one_group_however_rare_a_label_is():
    which = np.repeat(np.arange(9), [50, 40, 30, 20, 9, 5, 2, 1, 1])
    targets = np.eye(10, dtype=np.uint8)[which]
    (group,) = find_exclusive_groups(targets, np.ones(targets.shape, dtype=bool))
    assert group.labels == tuple(range(9))


def test_several_groups_are_disjoint():
    rng = np.random.default_rng(3)
    three, two = rng.integers(3, size=900), rng.integers(2, size=900)
    targets = np.hstack([np.eye(3)[three], np.eye(2)[two], np.eye(2)[two]]).astype(np.uint8)
    groups = find_exclusive_groups(targets, np.ones(targets.shape, dtype=bool))
    found = [group.labels for group in groups]
    # The last two labels say the same as the two before: either pair, or a mixture, but once.
    assert (0, 1, 2) in found
    assert sorted(label for labels in found for label in labels) == list(range(len(targets[0])))


def test_a_declared_group_is_checked_as_it_is():
    targets, known = all_known([[1, 0, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0]])
    known[3, 0] = False
    group = check_group(targets, known, [1, 0])
    assert (group.labels, group.known, group.broken.tolist()) == ((0, 1), 3, [1, 2])


def test_an_implication_needs_confidence_support_and_news():
    targets = np.zeros((1_000, 5), dtype=np.uint8)
    targets[:100, 0] = 1
    targets[:96, 1] = 1  # 96 of 100: brings it
    targets[:94, 2] = 1  # 94 of 100: does not
    targets[:900, 3] = 1  # nearly all have it: no news
    targets[:2, 4] = 1  # two pictures prove nothing
    targets[500:800, 1] = 1
    found = count_cooccurrence(targets, np.ones(targets.shape, dtype=bool))
    told = [(r.premise, r.consequence, r.support, r.exceptions) for r in find_implications(found)]
    assert told == [(0, 1, 100, 4), (2, 0, 94, 0), (2, 1, 94, 0)]
