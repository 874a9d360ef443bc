"""Readers of labelled sources, one for each format of ``tagonaut.data.formats``."""

from tagonaut.data.readers.read import look, read, recognise
from tagonaut.data.readers.reading import Missing, Reading, Unlabelled

__all__ = ["Missing", "Reading", "Unlabelled", "look", "read", "recognise"]
