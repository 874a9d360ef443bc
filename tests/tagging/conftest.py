from collections.abc import Iterator
from pathlib import Path

import pytest

from tagonaut.metadata.exiftool import ExifTool
from tagonaut.tagging import workers


@pytest.fixture(scope="session")
def tool() -> Iterator[ExifTool]:
    with ExifTool() as tool:
        yield tool


@pytest.fixture(autouse=True)
def one_exiftool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of what these tests wait for is ExifTool starting; the killed runs have several."""
    monkeypatch.setattr(workers, "WORKERS", 1)


@pytest.fixture
def state(own_state: Path) -> Path:
    """Where the journals of a test lie."""
    return own_state
