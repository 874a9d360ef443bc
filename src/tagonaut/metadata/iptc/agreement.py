"""Whether a photo's IPTC and XMP agree in all fields that readers map to each other.

Guidelines for Handling Image Metadata 2.0 (Metadata Working Group, 2010), and the further fields
that the IPTC's own mapping and Photoshop add. Keywords are left out, for they are made to agree.
"""

from collections.abc import Iterable, Mapping, Sequence

from tagonaut.metadata.fields import Keywords, trimmed
from tagonaut.metadata.iptc.datasets import parse
from tagonaut.metadata.iptc.reading import decoded

# ExifTool's tags by the number of a data set of record 2.
_TEXTS = {
    5: "XMP-dc:Title",
    10: "XMP-photoshop:Urgency",
    15: "XMP-photoshop:Category",
    20: "XMP-photoshop:SupplementalCategories",
    40: "XMP-photoshop:Instructions",
    80: "XMP-dc:Creator",
    85: "XMP-photoshop:AuthorsPosition",
    90: "XMP-photoshop:City",
    92: "XMP-iptcCore:Location",
    95: "XMP-photoshop:State",
    100: "XMP-iptcCore:CountryCode",
    101: "XMP-photoshop:Country",
    103: "XMP-photoshop:TransmissionReference",
    105: "XMP-photoshop:Headline",
    110: "XMP-photoshop:Credit",
    115: "XMP-photoshop:Source",
    116: "XMP-dc:Rights",
    120: "XMP-dc:Description",
    122: "XMP-photoshop:CaptionWriter",
}
# A date and a time in IPTC are one in XMP.
_TIMES = {(55, 60): "XMP-photoshop:DateCreated", (62, 63): "XMP-xmp:CreateDate"}
MAPPED_XMP = (*_TEXTS.values(), *_TIMES.values())


def agree(fields: Keywords, xmp: Mapping[str, Sequence[str]]) -> bool:
    """Whether each mapped field says the same in both; in IPTC it may be cut short.

    ``xmp`` are the values by ExifTool's tags. Of a time only the digits count that both have.
    """
    sets = parse(fields.blocks.main or b"").sets
    encoding = fields.encoding or "ascii"
    found: dict[int, list[str]] = {}
    for one in sets:
        if one.key[0] == 2:
            text = trimmed(decoded(one.text, fields.charset, encoding))
            found.setdefault(one.key[1], []).append(text or "")
    texts = (
        _same(found.get(number, ()), [trimmed(text) or "" for text in xmp.get(tag, ())])
        for number, tag in _TEXTS.items()
    )
    times = (
        _same_time([text for number in pair for text in found.get(number, ())], xmp.get(tag, ()))
        for pair, tag in _TIMES.items()
    )
    return all(texts) and all(times)


def _same(iptc: Iterable[str], xmp: Iterable[str]) -> bool:
    short, full = ([text for text in texts if text] for texts in (iptc, xmp))
    return len(short) == len(full) and all(
        whole.startswith(text) for text, whole in zip(short, full, strict=True)
    )


def _same_time(iptc: Sequence[str], xmp: Sequence[str]) -> bool:
    one, other = (["".join(filter(str.isdecimal, text)) for text in texts] for texts in (iptc, xmp))
    # Of the time of day, six digits; a zone stands behind them.
    joined = "".join(one[:1]) + "".join(text[:6] for text in one[1:2])
    there = "".join(other[:1])[: len(joined)]
    return bool(joined) == bool(there) and joined.startswith(there)
