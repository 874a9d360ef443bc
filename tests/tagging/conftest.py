from collections.abc import Iterator

import pytest

from tagonaut.metadata.exiftool import ExifTool


@pytest.fixture(scope="session")
def tool() -> Iterator[ExifTool]:
    with ExifTool() as tool:
        yield tool
