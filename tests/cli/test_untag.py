"""What is asked for wrongly when tags are taken back."""

import pytest

from tagonaut.tagging.choice import Choice
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.tag import tag_folder
from tests.tagging.folders import contents
from tests.tagging.scorer import ByColour, colour


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    colour(folder / "sub" / "a.jpg", "red", "green")
    (tmp_path / "other").mkdir()
    choice = Choice(mapping={"green": "Grün"})
    assert tag_folder(ByColour(), folder, TagOptions(in_place=True, choice=choice)).written == 1
    return folder


MISTAKES = [
    ("archive", ("--label", "rde"), "for a label 'rde' (did you mean 'red'?)"),
    ("archive", ("--label", "Red"), "for a label 'Red' (did you mean 'red'?)"),
    ("archive", ("--label", "red,nosuchlabel"), "for a label 'nosuchlabel'"),
    ("archive", ("--label", ""), "--label is empty"),
    (
        "archive",
        ("--since", "2026-02-02", "--until", "2026-02-01"),
        "--since '2026-02-02' has to be before --until '2026-02-01'",
    ),
    ("archive", ("--since", "yesterday"), "--since 'yesterday': not a time such as"),
    ("archive", ("--until", "2026-W47"), "--until '2026-W47': not a time such as"),
    ("archive", ("--since", "20261121"), "--since '20261121': not a time such as"),
    ("archive", ("--journal", "archive/sub"), "is not a file"),
    ("archive", ("--journal", "archive/sub/a.jpg"), "is not a journal of Tagonaut"),
    ("none", (), "none: folder not found"),
    ("archive/nosuch.jpg", (), "nosuch.jpg: there is no such file or folder: nothing done"),
    ("other", (), "was not tagged by Tagonaut"),
]


@pytest.mark.parametrize(("folder", "options", "message"), MISTAKES)
def test_mistakes(tagonaut, archive, tmp_path, monkeypatch, folder, options, message):
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    status, out, err = tagonaut("untag", folder, *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert contents(tmp_path) == before


@pytest.mark.parametrize("words", [("blue",), ("red", "Grün"), ("red,green",)])
def test_labels_and_tags_that_are_known(tagonaut, archive, words):
    """A label that no photo has is no mistake."""
    options = [option for word in words for option in ("--label", word)]
    status, out, _ = tagonaut("untag", archive, *options)
    assert status == 0
    assert ("0 photos" in out) == (words == ("blue",))


def test_a_day_counts_whole(tagonaut, archive):
    assert (
        "0 photos"
        in tagonaut("untag", archive, "--since", "2000-01-01", "--until", "2000-01-01")[1]
    )
