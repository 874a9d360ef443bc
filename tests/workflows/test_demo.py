import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.keywords import read_many
from tagonaut.workflows import demo as room
from tagonaut.workflows.demo import demo


def test_the_whole_way_on_a_small_drawn_collection(tmp_path, monkeypatch):
    # Fewer chips and epochs than a person is shown, the same way.
    monkeypatch.setattr(room, "LABELLED", 150)
    monkeypatch.setattr(room, "FRESH", 6)
    monkeypatch.setattr(room, "CHANGES", (*room.CHANGES, "network.epochs=3", "size=48"))
    shown = demo(tmp_path / "demo")
    figures = shown.figures()
    assert figures["pictures"] == 30
    assert figures["map"] > 0.35
    tagged = sorted((tmp_path / "demo" / "tagged").glob("*.jpg"))
    assert len(tagged) == 6
    with ExifTool() as tool:
        found = {path.name: keywords.tags() for path, keywords in read_many(tool, tagged)}
    assert sum(map(bool, found.values())) == shown.tagged.written
    assert (tmp_path / "demo" / "tagged" / "scores.csv").exists()
    with pytest.raises(Exception, match="exists already"):
        demo(tmp_path / "demo")
