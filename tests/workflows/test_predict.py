import io
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

import tagonaut
from tagonaut.deciding import DecisionRule
from tagonaut.labels import LabelSet
from tagonaut.workflows import predict as workflow


@dataclass
class BrightPictures:
    """A run that is as sure of ``bright`` as a picture is bright."""

    labels = LabelSet(("bright",))
    rule = DecisionRule.at(("bright",))
    notes = ()

    def scores(self, paths, *, progress=False):
        means = [np.asarray(Image.open(path)).mean() / 255 for path in paths]
        return np.array(means, dtype=np.float32)[:, None], {}


@pytest.fixture
def two_folders(tmp_path, monkeypatch):
    """Two folders with pictures of the same names, and a run that tells them apart."""
    monkeypatch.setattr(workflow.AveragedRuns, "load", lambda runs: BrightPictures())
    for folder, level in (("one", 0), ("two", 250)):
        (tmp_path / folder).mkdir()
        for name in ("1.png", "2.png"):
            Image.new("RGB", (4, 4), (level,) * 3).save(tmp_path / folder / name)
    return tmp_path


@pytest.mark.parametrize("form", ["tags", "onehot", "scores"])
@pytest.mark.parametrize("files", [False, True])
def test_pictures_of_one_name_in_two_folders_are_told_apart(two_folders, form, files):
    given = [two_folders / "one", two_folders / "two"]
    if files:
        given = [path for folder in given for path in sorted(folder.iterdir())]
    predictions = workflow.predict(["run"], given)
    assert predictions.names == ["one/1.png", "one/2.png", "two/1.png", "two/2.png"]
    table = io.StringIO()
    predictions.write(table, form)
    names = [line.partition(",")[0] for line in table.getvalue().splitlines()[1:]]
    assert len(set(names)) == 4
    if form != "scores":
        (two_folders / "p.csv").write_text(table.getvalue())
        dataset = tagonaut.read(two_folders / "p.csv")
        assert [path.parent.name for path in dataset.paths] == ["one", "one", "two", "two"]
        assert dataset.targets[:, 0].tolist() == [0, 0, 1, 1]


def test_a_picture_that_is_given_twice_is_one_row(two_folders):
    folder = two_folders / "one"
    predictions = workflow.predict(["run"], [folder, folder / "1.png"])
    assert predictions.names == ["1.png", "2.png"]
    assert predictions.notes == ("1 pictures are given more than once, and are read once",)
