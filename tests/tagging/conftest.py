from collections.abc import Iterator
from pathlib import Path

import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging.workers import Workers


class OneExifTool(Workers):
    def __init__(self) -> None:
        super().__init__()
        while self._free.qsize() > 1:
            self._free.get()


@pytest.fixture(scope="session")
def tool() -> Iterator[ExifTool]:
    with ExifTool() as tool:
        yield tool


@pytest.fixture(autouse=True)
def one_exiftool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of what these tests wait for is ExifTool starting; the killed runs have several."""
    for engine in ("tag", "untag"):
        monkeypatch.setattr(f"tagonaut.tagging.{engine}.Workers", OneExifTool)


@pytest.fixture
def state(own_state: Path) -> Path:
    """Where the journals of a test lie."""
    return own_state
