import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.ray.cluster import Shares, connected, shares


@pytest.mark.parametrize(
    ("nodes", "gpus", "wanted", "expected"),
    [
        ([3], 0, 2, Shares(2, 1)),
        ([16], 0, None, Shares(1, 15)),
        ([16, 16], 0, None, Shares(2, 15)),
        ([32], 4, None, Shares(4, 7, 1)),
        ([8, 8], 1, 4, Shares(4, 3)),
        ([1, 1, 1], 0, None, Shares(2, 1)),
    ],
)
def test_one_cpu_is_left_for_rays_own_tasks(nodes, gpus, wanted, expected):
    assert shares(nodes, gpus, wanted) == expected


def test_more_actors_than_room_are_refused_with_the_number_that_fits():
    with pytest.raises(TagonautError, match="--actors 1"):
        shares([2], 0, 2)


def test_rays_client_is_refused_with_the_way_that_goes():
    with pytest.raises(TagonautError, match="--address auto"), connected("ray://host:10001", 1):
        pass
