import sys

import hypothesis.strategies as st
from hypothesis import given

from tagonaut.data.tables.picture_names import PictureNames, stem

NAMES = st.builds(
    lambda folders, file, suffix: "/".join([*folders, file + suffix]),
    st.lists(st.sampled_from(["a", "b", "A", "a!"]), max_size=3),
    st.sampled_from(["x", "X", "y", "x.7"]),
    st.sampled_from(["", ".jpg", ".png", ".JPG"]),
)


def meets(wanted, name):
    """Part by part from the end, as far as both go."""
    *ours, our_file = wanted.split("/")
    *theirs, their_file = name.split("/")
    suffixes = [
        file[-4:].lower() if file[-4:].lower() in {".jpg", ".png"} else ""
        for file in (our_file, their_file)
    ]
    stems = [
        file.lower().removesuffix(end)
        for file, end in zip((our_file, their_file), suffixes, strict=True)
    ]
    return (
        stems[0] == stems[1]
        and ("" in suffixes or suffixes[0] == suffixes[1])
        and all(a == b for a, b in zip(reversed(ours), reversed(theirs), strict=False))
    )


@given(st.lists(NAMES, max_size=8), NAMES)
def test_names_meet_as_far_as_both_go_and_exact_ones_first(names, wanted):
    exact = [row for row, name in enumerate(names) if name == wanted]
    found = [row for row, name in enumerate(names) if meets(wanted, name)]
    assert PictureNames(names).find(wanted) == (exact or found)


def test_a_row_of_two_names_is_found_once_by_either():
    index = PictureNames(["1", "2"], ["/data/a/x.jpg", "C:\\data\\b\\x.jpg"])
    assert [index.find(name) for name in ("2", "a/x", "b/x.jpg", "x")] == [[1], [0], [1], [0, 1]]
    assert [index.find("a/x.png", any_extension=some) for some in (False, True)] == [[], [0]]
    assert stem("Some/Where/X.PNG") == stem("x.jpg") == stem("x")


def test_a_great_many_names_of_one_stem_take_no_search_through_all(monkeypatch):
    names = [f"archive/scene{number}/image.jpg" for number in range(20_000)]
    index = PictureNames(names, [f"/data/{name}" for name in names])
    calls = 0

    def count(frame, event, arg):
        nonlocal calls
        calls += 1

    asked = range(0, 20_000, 100)
    forms = ("archive/scene{}/image.jpg", "scene{}/image", "/my/data/archive/scene{}/image.JPG")
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = [index.find(form.format(number)) for form in forms for number in asked]
    finally:
        sys.setprofile(before)
    assert found == [[number] for _ in forms for number in asked]
    # A name that is compared with all others makes 20,000 calls or more.
    assert calls / len(found) < 1_000
