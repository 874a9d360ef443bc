"""The messages between us and a decoder process: a length, a JSON document, and pixels."""

import json
import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.files.reading import parse_json

HEAD = struct.Struct("!I")
MOST_BYTES = 1 << 16
"""No document is longer."""
READY = b"+"
"""The first byte of a decoder that has imported everything."""
_KINDS = {"uint8": np.uint8, "uint16": np.uint16}


@dataclass(frozen=True)
class Answer:
    """A decoder's answer about one picture: a ``value`` of JSON, or ``pixels[h, w, c]``.

    ``error`` is a message for people. ``last``: the decoder ends after it.
    """

    value: Any = None
    pixels: NDArray[Any] | None = None
    error: str | None = None
    last: bool = False


def pack(document: Any) -> bytes:
    """A document with its length; raises ``ValueError`` for one that is too long."""
    text = json.dumps(document).encode()
    if len(text) > MOST_BYTES:
        raise ValueError(f"a message of {len(text):,} bytes")
    return HEAD.pack(len(text)) + text


def length(head: bytes) -> int:
    """The length of the document that follows; raises ``ValueError`` for one that is too long."""
    (size,) = HEAD.unpack(head)
    if size > MOST_BYTES:
        raise ValueError(f"a message of {size:,} bytes")
    return int(size)


def pack_answer(answer: Answer) -> tuple[bytes, memoryview]:
    """An answer's document, and the pixels that follow it."""
    pixels = answer.pixels
    shape = None if pixels is None else [*pixels.shape, pixels.dtype.name]
    document = pack([answer.error and answer.error[:1000], answer.value, shape, answer.last])
    if pixels is None:
        return document, memoryview(b"")
    return document, np.ascontiguousarray(pixels).data.cast("B")


def unpack_answer(text: bytes, most_bytes: int) -> Answer:
    """The answer of a document, with room for its pixels, which are still to come.

    Nothing in it is trusted: raises ``ValueError`` for whatever is no answer, and for more than
    ``most_bytes`` of pixels.
    """
    document = parse_json(text)
    if not isinstance(document, list) or len(document) != 4:
        raise ValueError("not an answer")
    error, value, shape, last = document
    if not isinstance(error, str | None):
        raise ValueError("not a message")
    return Answer(value, None if shape is None else _room(shape, most_bytes), error, bool(last))


def _room(shape: Any, most_bytes: int) -> NDArray[Any]:
    if not isinstance(shape, list) or len(shape) != 4 or shape[3] not in _KINDS:
        raise ValueError("not a shape")
    kind, sides = np.dtype(_KINDS[shape[3]]), shape[:3]
    if not all(type(side) is int and side > 0 for side in sides):
        raise ValueError("not a shape")
    if math.prod(sides) * kind.itemsize > most_bytes:
        raise ValueError("more pixels than may be")
    return np.empty(sides, dtype=kind)
