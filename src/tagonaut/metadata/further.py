"""What the keyword fields shall become that only some photos have: hierarchies, Windows' lists.

There are readers that ask one of these and then no other: digiKam its own list, then Windows', then
Lightroom's, then the flat fields; Immich its way from digiKam's to Lightroom's to IPTC.
"""

from collections.abc import Sequence
from typing import Any

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.hierarchies import DIGIKAM, LIGHTROOM, Words
from tagonaut.metadata.tags import Tag, alike


def further_fields(
    before: Keywords, subject: Sequence[str], tags: Sequence[Tag], *, in_sidecar: bool
) -> tuple[dict[str, Any], list[str]]:
    """The fields by name with ``tags`` on those that are there, and what could not be done.

    Hierarchical subjects are made where a tag has a path, and in a sidecar, for Immich finds no
    flat keywords there; with them go all of ``subject``, the photo's flat keywords.
    """
    paths = [tag.components for tag in tags]
    names = list(dict.fromkeys(tag.name for tag in tags))
    fields: dict[str, Any] = {}
    notes: list[str] = []
    if before.tags_list:
        grown = DIGIKAM.extended(_full(before.tags_list), paths)
        fields["tags_list"] = _unless_same(before.tags_list, grown)
    if before.hierarchical:
        grown = LIGHTROOM.extended(_full(before.hierarchical), paths)
        fields["hierarchical"] = _unless_same(before.hierarchical, grown)
    elif (in_sidecar and tags) or any(tag.path for tag in tags):
        others = [DIGIKAM.split(path) for path in before.tags_list if path.strip(" /")]
        others += [(word,) for word in subject if word.strip() and word not in names]
        fields["hierarchical"] = LIGHTROOM.extended((), [*others, *paths])
    if before.last_keywords:
        there = {*map(alike, before.last_keywords)}
        lacked = [name for name in names if alike(name) not in there]
        grown = (*_full(before.last_keywords), *lacked)
        fields["last_keywords"] = _unless_same(before.last_keywords, grown)
    if before.xp is not None:
        there = {*map(alike, before.xp)}
        lacked = [name for name in names if alike(name) not in there]
        unfit = [name for name in lacked if ";" in name]
        grown = (*_full(before.xp), *(name for name in lacked if name not in unfit))
        fields["xp"] = _unless_same(before.xp, grown)
        notes = [f"{name!r} has a semicolon: not written to XPKeywords" for name in unfit]
    return fields, notes


def _full(words: Words) -> Words:
    """A list without the one empty word that stands for there being none."""
    return () if words == ("",) else words


def _unless_same(before: Words, grown: Words) -> Words:
    return grown if grown != _full(before) else before
