"""The formats of labelled pictures."""

from typing import Literal, get_args

Format = Literal["voc", "keywords", "coco", "table", "folders", "pictures"]
"""Each is a module of ``tagonaut.data.readers`` with a ``READER``; the first that recognises a
source reads it."""

FORMATS: tuple[Format, ...] = get_args(Format)
