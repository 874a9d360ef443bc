"""Fixtures of the samples' tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """A path in the folder of real collections; the test is skipped where it is missing."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"needs the real collection {name}, which is not beside this checkout")
        return path

    return find
