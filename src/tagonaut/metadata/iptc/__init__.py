"""IPTC-IIM: blocks of data sets, their text, and blocks with other keywords in them."""

from tagonaut.metadata.iptc.agreement import MAPPED_XMP, agree
from tagonaut.metadata.iptc.charsets import Meaning, check_charset, utf8_or_latin
from tagonaut.metadata.iptc.datasets import is_usual, parse
from tagonaut.metadata.iptc.editing import digest_of, edited
from tagonaut.metadata.iptc.reading import further_words, iptc_fields, unwritable

__all__ = [
    "MAPPED_XMP",
    "Meaning",
    "agree",
    "check_charset",
    "digest_of",
    "edited",
    "further_words",
    "iptc_fields",
    "is_usual",
    "parse",
    "unwritable",
    "utf8_or_latin",
]
