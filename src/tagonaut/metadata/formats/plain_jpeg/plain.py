"""The rule of the plain readers: whatever is rare, ambiguous or damaged is ExifTool's to judge."""

from collections.abc import Mapping
from typing import Any

# Values of fields by attribute of ``Keywords``.
Values = Mapping[str, Any]


class NotPlainError(Exception):
    """Something that ExifTool has to judge."""


def check_word(word: str) -> None:
    """Raise ``NotPlainError`` if readers of XML and of IPTC may disagree on a keyword."""
    if not word or word != word.strip() or not word.isprintable():
        raise NotPlainError


def check_text(text: str) -> None:
    """Raise ``NotPlainError`` if readers may disagree on a text, which may have several lines."""
    if text[:1].isspace() or not text.replace("\n", "").replace("\t", "").isprintable():
        raise NotPlainError
