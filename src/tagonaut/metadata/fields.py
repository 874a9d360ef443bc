"""The metadata fields of a photo: one row per field, and the values that one photo has.

Reading, planning, writing, checking, sidecars and undo loop over ``FIELDS``. A further list of
words needs one row here and one attribute of ``Written``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple, Self

from tagonaut.metadata.notations import (
    CATEGORY,
    DIGIKAM,
    FLAT,
    LIGHTROOM,
    SCORED,
    WINDOWS,
    Notation,
    Words,
)

UTF8 = "UTF8"

# How the text of an IPTC record is encoded, judged by its bytes; "latin" is Windows-1252.
Encoding = Literal["ascii", "utf-8", "latin"]

# A namespace and a name in it.
Name = tuple[str, str]

_DC = "http://purl.org/dc/elements/1.1/"
_MICROSOFT = "http://ns.microsoft.com/photo/1.0/"


class XmpName(NamedTuple):
    """A property in XMP, and the container that a new one gets; two have trees instead."""

    prefix: str
    space: str
    local: str
    container: Literal["Bag", "Seq", "Alt", "Categories", "Hierarchy"] = "Bag"

    @property
    def is_tree(self) -> bool:
        """Whether the words are paths in a tree: ACDSee's text, or structures."""
        return self.container in {"Categories", "Hierarchy"}

    @property
    def key(self) -> Name:
        """The name without what is only spelling."""
        return self.space, self.local


class Unlisted(NamedTuple):
    """Keywords that stood in XMP without a list: the property's local name, and its text there.

    The text is an element, or an attribute with the space before it; then ``attribute`` is its
    number in the tag of its description.
    """

    name: str
    words: Words
    text: str
    description: int
    attribute: int | None


def xmp_key(space: str, local: str) -> Name:
    """The name of a property in XMP; Windows itself leaves the last slash of its space out."""
    return (_MICROSOFT if space == _MICROSOFT[:-1] else space), local


@dataclass(frozen=True)
class Field:
    """One metadata field.

    ``name`` is the attribute of ``Keywords``. ``exiftool`` are ExifTool's tags, with their group; a
    text may have several, and the first one that is not blank counts. ``iptc`` is the number of a
    data set in IPTC's record 2, ``exif`` that of a tag in the first EXIF directory. ``absent`` and
    ``empty`` are the values of a list that is not there and of one without a word. ``gives_labels``
    says whether a person who reads keywords as labels means these words, too.
    """

    name: str
    exiftool: tuple[str, ...]
    xmp: XmpName | None = None
    notation: Notation = FLAT
    kind: Literal["words", "text"] = "words"
    iptc: int | None = None
    exif: int | None = None
    absent: Words | None = ()
    empty: Words | None = ("",)
    gives_labels: bool = True

    @property
    def title(self) -> str:
        """The field's name in messages."""
        if self.xmp is not None:
            return f"XMP {self.xmp.prefix}:{self.xmp.local}"
        group, _, tag = self.exiftool[0].partition(":")
        return f"{'EXIF' if group == 'IFD0' else group} {tag}"

    def emptied(self, before: Words | None) -> Words | None:
        """The value of a list that has lost its last word, and was ``before`` at the start."""
        return self.empty if before == self.empty else self.absent


IPTC = Field("iptc", ("IPTC:Keywords",), iptc=25, absent=None, empty=None)
SUBJECT = Field(
    "subject", ("XMP-dc:Subject",), XmpName("dc", _DC, "subject"), absent=None, empty=()
)
HIERARCHICAL = Field(
    "hierarchical",
    ("XMP-lr:HierarchicalSubject",),
    XmpName("lr", "http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject"),
    LIGHTROOM,
)
TAGS_LIST = Field(
    "tags_list",
    ("XMP-digiKam:TagsList",),
    XmpName("digiKam", "http://www.digikam.org/ns/1.0/", "TagsList", "Seq"),
    DIGIKAM,
)
XP = Field("xp", ("IFD0:XPKeywords",), notation=WINDOWS, exif=0x9C9E, absent=None)
LAST_KEYWORDS = Field(
    "last_keywords",
    ("XMP-microsoft:LastKeywordXMP",),
    XmpName("MicrosoftPhoto", _MICROSOFT, "LastKeywordXMP"),
    gives_labels=False,
)
# Read by digiKam before the flat fields, in this order, and then no other.
CATALOG_SETS = Field(
    "catalog_sets",
    ("XMP-mediapro:CatalogSets",),
    XmpName("mediapro", "http://ns.iview-multimedia.com/mediapro/1.0/", "CatalogSets"),
    LIGHTROOM,
)
CATEGORIES = Field(
    "categories",
    ("XMP-acdsee:Categories",),
    XmpName("acdsee", "http://ns.acdsee.com/iptc/1.0/", "categories", "Categories"),
    CATEGORY,
)
KEYWORD_TREE = Field(
    "keyword_tree",
    ("XMP-mwg-kw:KeywordInfo",),
    XmpName(
        "mwg-kw", "http://www.metadataworkinggroup.com/schemas/keywords/", "Keywords", "Hierarchy"
    ),
    CATEGORY,
)
SCORES = Field(
    "scores",
    ("XMP-tagonaut:Scores",),
    XmpName("tagonaut", "https://tagonaut.org/ns/1.0/", "scores"),
    SCORED,
    gives_labels=False,
)
CAPTION = Field(
    "caption",
    ("XMP-dc:Description", "IPTC:Caption-Abstract", "IFD0:ImageDescription"),
    XmpName("dc", _DC, "description", "Alt"),
    kind="text",
    iptc=120,
    exif=0x010E,
)
FIELDS = (
    *(IPTC, SUBJECT, HIERARCHICAL, TAGS_LIST, XP, LAST_KEYWORDS, CATALOG_SETS, CATEGORIES),
    KEYWORD_TREE,
    *(SCORES, CAPTION),
)

WORD_FIELDS = tuple(field for field in FIELDS if field.kind == "words")
TEXT_FIELDS = tuple(field for field in FIELDS if field.kind == "text")
# The lists whose words are tags, scores left out.
TAG_FIELDS = tuple(field for field in WORD_FIELDS if field.notation is not SCORED)
# The two that every photo gets where its format has them; the others only where it has them.
MAIN_FIELDS = (IPTC, SUBJECT)
FURTHER_FIELDS = tuple(field for field in TAG_FIELDS if field not in MAIN_FIELDS)
HIERARCHIES = tuple(field for field in TAG_FIELDS if field.notation.is_hierarchy)


@dataclass(frozen=True)
class Written:
    """The fields of a photo that Tagonaut may write, each absent or empty as its ``Field`` says.

    Beside the lists of ``WORD_FIELDS``: ``charset`` is IPTC's CodedCharacterSet, ``envelope`` and
    ``version`` are the versions of its envelope and application records, ``digest`` is the
    IPTCDigest in Photoshop's block.
    """

    iptc: Words | None = None
    subject: Words | None = None
    hierarchical: Words = ()
    tags_list: Words = ()
    xp: Words | None = None
    last_keywords: Words = ()
    catalog_sets: Words = ()
    categories: Words = ()
    keyword_tree: Words = ()
    scores: Words = ()
    charset: str | None = None
    envelope: str | None = None
    version: str | None = None
    digest: str | None = None

    def words(self, field: Field) -> Words | None:
        """The value of a list, absent or empty as its field says."""
        found: Words | None = getattr(self, field.name)
        return found

    def with_words(self, lists: Mapping[Field, Words | None]) -> Self:
        """The fields with these lists in place of their own."""
        values: dict[str, Any] = {field.name: words for field, words in lists.items()}
        return replace(self, **values)

    def written(self) -> dict[str, Any]:
        """The values by attribute, without those of a subclass."""
        return {one.name: getattr(self, one.name) for one in fields(Written)}


@dataclass(frozen=True)
class IptcBlocks:
    """The blocks of IPTC that a photo has, as they stand in it.

    ``main`` is the one where its format keeps IPTC; ``sound`` is false if that is damaged.
    ``further`` are those elsewhere, such as in a second APP13 segment, in Photoshop's resources of
    a TIFF, or behind the picture, and ``words`` their keywords, as far as their encoding is known.
    ``pinned``: further pictures behind the photo would be lost if it grew. ``agree``: all fields of
    IPTC but keywords are as in XMP; looked at only where the digest is stale.
    """

    main: bytes | None = None
    further: tuple[bytes, ...] = ()
    words: Words = ()
    sound: bool = True
    pinned: bool = False
    agree: bool = True


@dataclass(frozen=True)
class Keywords(Written):
    """The metadata fields of one photo as they were read.

    ``true_digest`` is what ``digest`` would be if it were current. ``encoding`` is that of all IPTC
    text (``None`` without IPTC). ``seal`` is a hash of everything in the IPTC: the true digest
    where there is one. ``blocks`` are its IPTC as it stands, and are in no journal.

    ``caption`` is read and not written. It is that of XMP dc:description (the alternative
    "x-default", else the first), of IPTC Caption-Abstract, or of EXIF ImageDescription: the first
    of these three that is not blank, without NULs and white space at its end. IPTC is decoded like
    its keywords, by its CodedCharacterSet or its bytes; the others are UTF-8 where that is valid,
    and Windows-1252 otherwise. It may be megabytes long and have control characters.

    ``unlisted`` are the keywords of which the write that left these fields made lists.
    """

    true_digest: str | None = None
    encoding: Encoding | None = None
    seal: str | None = None
    caption: str | None = None
    unlisted: tuple[Unlisted, ...] = ()
    blocks: IptcBlocks = field(default=IptcBlocks(), compare=False)

    def tags(self) -> Words:
        """Every keyword once, in order: flat fields, then each component of the hierarchies.

        Those of further IPTC blocks come last.

        Space around a keyword is not part of it, and a blank one is none.
        """
        read = [field for field in WORD_FIELDS if field.gives_labels]
        read.sort(key=lambda field: field.notation.is_hierarchy)
        parts = (
            part
            for field in read
            for word in self.words(field) or ()
            for part in field.notation.split(word)
        )
        further = (word.strip() for word in self.blocks.words)
        return tuple(dict.fromkeys(part for part in (*parts, *further) if part))

    def to_json(self) -> dict[str, Any]:
        """The values of the fields that are there, for a file.

        Texts are left out: nothing that is not written needs undoing.
        """
        left_out = {"blocks", *(field.name for field in TEXT_FIELDS)}
        absent = vars(Keywords())
        return {
            name: value
            for name, value in vars(self).items()
            if name not in left_out and value != absent[name]
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of ``to_json``; a field that the values lack is absent."""
        names = [field.name for field in WORD_FIELDS if field.name in values]
        lists = {name: _tuple(values[name]) for name in names}
        # Journals had another hash once.
        seal = values.get("true_digest") or values.get("seal")
        unlisted = tuple(
            Unlisted(name, tuple(words), *place)
            for name, words, *place in values.get("unlisted", ())
        )
        return cls(
            **{**values, **lists, "seal": seal, "unlisted": unlisted, "blocks": IptcBlocks()}
        )


def trimmed(text: str) -> str | None:
    """A text without the NULs and the white space at its end; ``None`` for a blank one."""
    return text.rstrip("\0 \t\n\v\f\r") or None


def _tuple(values: Any) -> Words | None:
    return None if values is None else tuple(values)
