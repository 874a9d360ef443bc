"""The keyword fields that only some photos have get the tags: hierarchies, Windows' lists.

There are readers that ask one of these and then no other: digiKam its own list, then Windows', then
Lightroom's, Media Pro's and ACDSee's, then the flat fields; Immich its way from digiKam's to
Lightroom's to IPTC.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

from tagonaut.metadata.fields import FURTHER_FIELDS, HIERARCHICAL, HIERARCHIES, Keywords
from tagonaut.metadata.notations import Words
from tagonaut.metadata.tags import Tag


def further_fields(
    before: Keywords, subject: Sequence[str], tags: Sequence[Tag], *, in_sidecar: bool
) -> tuple[dict[str, Any], list[str]]:
    """The fields by name with ``tags`` on those that are there, and notes on what did not fit.

    Hierarchical subjects are made where a tag has a path, and in a sidecar, for Immich finds no
    flat keywords there; with them go all of ``subject``, the photo's flat keywords.
    """
    paths = [tag.components for tag in tags]
    fields: dict[str, Any] = {}
    notes: list[str] = []
    for field in FURTHER_FIELDS:
        words, notation = before.words(field), field.notation
        if words:
            full = () if words == field.empty else words
            grown = notation.extended(full, filter(notation.fits, paths))
            fields[field.name] = grown if grown != full else words
            unfit = dict.fromkeys(path[-1] for path in paths if not notation.fits(path))
            notes += [
                f"{name!r} has a {_spoken(notation.unfit)}: not written to {field.title}"
                for name in unfit
            ]
        elif field is HIERARCHICAL and ((in_sidecar and tags) or any(tag.path for tag in tags)):
            fields[field.name] = notation.extended((), [*_others(before, subject, tags), *paths])
    return fields, notes


def _others(before: Keywords, subject: Sequence[str], tags: Sequence[Tag]) -> list[Words]:
    """The components of the keywords that the photo has elsewhere."""
    names = {tag.name for tag in tags}
    found = [
        other.notation.split(path)
        for other in HIERARCHIES
        for path in before.words(other) or ()
        if any(other.notation.split(path))
    ]
    return found + [(word,) for word in subject if word.strip() and word not in names]


def _spoken(characters: str) -> str:
    return " or ".join(unicodedata.name(character).lower() for character in characters)
