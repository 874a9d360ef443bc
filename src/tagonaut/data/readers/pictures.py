"""Reads a folder of pictures without labels."""

from pathlib import Path

import numpy as np

from tagonaut.data.passed_over import PassedOver
from tagonaut.data.pictures import find_pictures
from tagonaut.data.readers.labelled import Labelled
from tagonaut.data.readers.reader import Reader
from tagonaut.data.readers.reading import Reading
from tagonaut.labels import LabelSet


def _recognise(folder: Path) -> bool:
    return any(True for _ in find_pictures(folder))


def _read(folder: Path, how: Reading) -> Labelled:
    """All pictures below the folder, with no labels; ids are relative paths."""
    passed = PassedOver()
    paths = tuple(find_pictures(folder, passed))
    names = tuple(path.relative_to(folder).as_posix() for path in paths)
    nothing = np.zeros((len(paths), 0))
    return Labelled(
        folder,
        names,
        names,
        nothing.astype(np.uint8),
        nothing.astype(np.bool_),
        LabelSet(()),
        paths=paths,
        notes=tuple(passed.lines()),
    )


READER = Reader(_recognise, _read)
