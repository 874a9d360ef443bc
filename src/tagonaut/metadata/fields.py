"""The keyword fields of one photo."""

from dataclasses import dataclass
from typing import Any, Literal, Self

UTF8 = "UTF8"

LISTS = (
    *("iptc", "subject", "hierarchical"),
    *("tags_list", "xp", "last_keywords", "scores"),
)

# How the text of an IPTC record is encoded, by its bytes; "latin" is Windows-1252.
Encoding = Literal["ascii", "utf-8", "latin"]


@dataclass(frozen=True)
class Keywords:
    """The keyword fields of one photo; ``None`` is an absent field, ``()`` one that is empty.

    ``hierarchical`` is Lightroom's ``lr:hierarchicalSubject`` (components parted by "|"),
    ``tags_list`` digiKam's ``TagsList`` (parted by "/"), ``last_keywords`` Windows'
    ``MicrosoftPhoto:LastKeywordXMP``, ``scores`` our own: these are ``()`` where they are absent
    and ``("",)`` where they are empty. ``xp`` is EXIF's XPKeywords between its semicolons.
    ``charset`` is IPTC's CodedCharacterSet, ``envelope`` and ``version`` are the versions of its
    envelope and application records, ``encoding`` that of all its text (``None`` without IPTC),
    ``seal`` a hash of everything in it. ``digest`` is the IPTCDigest in Photoshop's block,
    ``true_digest`` what it would be if it were current: the seal too, where there is one.
    """

    iptc: tuple[str, ...] | None = None
    subject: tuple[str, ...] | None = None
    hierarchical: tuple[str, ...] = ()
    charset: str | None = None
    envelope: str | None = None
    version: str | None = None
    digest: str | None = None
    true_digest: str | None = None
    encoding: Encoding | None = None
    seal: str | None = None
    tags_list: tuple[str, ...] = ()
    xp: tuple[str, ...] | None = None
    last_keywords: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()

    def tags(self) -> tuple[str, ...]:
        """Every keyword once, in order: flat fields, then each component of the hierarchies.

        Space around a keyword is not part of it, and a blank one is none.
        """
        flat = (*(self.iptc or ()), *(self.subject or ()), *(self.xp or ()))
        parts = [part for path in self.hierarchical for part in path.split("|")]
        parts += [part for path in self.tags_list for part in path.split("/")]
        found = (word.strip() for word in (*flat, *parts))
        return tuple(dict.fromkeys(word for word in found if word))

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of ``to_json``; a field that the values lack is absent."""
        lists = {name: _tuple(values[name]) for name in LISTS if name in values}
        # Journals had another hash once.
        seal = values.get("true_digest") or values.get("seal")
        return cls(**{**values, **lists, "seal": seal})


def _tuple(values: Any) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
