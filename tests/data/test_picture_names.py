import sys

import hypothesis.strategies as st
from hypothesis import given

from tagonaut.data.picture_names import PictureNames, stem

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


def same_case(wanted, name):
    """Neither the stem nor an extension that both have is in another case."""
    files = [some.rpartition("/")[2] for some in (wanted, name)]
    ends = [file[-4:] if file[-4:].lower() in {".jpg", ".png"} else "" for file in files]
    stems = [file.removesuffix(end) for file, end in zip(files, ends, strict=True)]
    return stems[0] == stems[1] and ("" in ends or ends[0] == ends[1])


def same_folders(wanted, name):
    return wanted.split("/")[:-1] == name.split("/")[:-1]


@given(st.lists(NAMES, max_size=8), NAMES)
def test_names_meet_as_far_as_both_go_and_the_nearest_spelling_first(names, wanted):
    exact = [row for row, name in enumerate(names) if name == wanted]
    found = [row for row, name in enumerate(names) if meets(wanted, name)]
    cased = [row for row in found if same_case(wanted, names[row])]
    beside = [row for row in cased if same_folders(wanted, names[row])]
    assert PictureNames(names).find(wanted) == (exact or beside or cased or found)


def test_a_file_in_another_folder_is_not_the_picture_of_that_id(tmp_path):
    files = [tmp_path / "a" / "1.jpg", tmp_path / "b" / "2.jpg"]
    index = PictureNames(["1", "2"], list(map(str, files)))
    # As long as there is no such file, nobody knows its folder.
    assert index.find("b/1.jpg") == [0]
    for file in files:
        file.parent.mkdir()
        file.touch()
    assert [index.find(name) for name in ("b/1.jpg", "a/1.jpg", "1", "b/2")] == [[], [0], [0], [1]]
    assert index.find("/another/machine/a/1.jpg") == [0]


def test_bytes_that_are_no_text_and_backslashes_are_met_as_tables_hold_them():
    index = PictureNames(["a/\udcff.jpg", "a", "a "])
    assert [index.find(name) for name in ("a\\\\xff.jpg", "a", "a ")] == [[0], [1], [2]]


def test_a_row_of_two_names_is_found_once_by_either():
    index = PictureNames(["1", "2"], ["/data/a/x.jpg", "C:\\data\\b\\x.jpg"])
    assert [index.find(name) for name in ("2", "a/x", "b/x.jpg", "x")] == [[1], [0], [1], [0, 1]]
    assert [index.find("a/x.png", any_extension=some) for some in (False, True)] == [[], [0]]
    assert stem("Some/Where/X.PNG") == stem("x.jpg") == stem("x")


def test_a_great_many_names_of_one_stem_take_no_search_through_all():
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
