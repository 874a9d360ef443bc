"""The parsers of our own that read other people's bytes, each with its seeds.

One row of ``PARSERS`` is one target of the fuzzer. A parser may raise what its only caller catches
(``allowed``), and ``TagonautError``; whatever else it raises is a fault.
"""

import json
import os
import struct
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from benchmarks.hostile.fuzz import sources
from tagonaut.data.ignoring import Rules, lines_of
from tagonaut.data.readers.voc import read_annotation
from tagonaut.data.tables import read_table
from tagonaut.data.tables.parquet_pages import check_pages
from tagonaut.errors import DataError
from tagonaut.files.reading import parse_json, parse_toml
from tagonaut.learning.recipes.loading import load_recipe
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import is_signed
from tagonaut.metadata.formats.jpeg import jpeg_packets
from tagonaut.metadata.formats.plain_jpeg import read_plain
from tagonaut.metadata.formats.plain_jpeg.exif import exif_texts
from tagonaut.metadata.formats.plain_jpeg.photoshop import photoshop_fields
from tagonaut.metadata.formats.plain_jpeg.plain import NotPlainError
from tagonaut.metadata.formats.plain_jpeg.segments import read_segments
from tagonaut.metadata.formats.plain_jpeg.xmp import xmp_fields
from tagonaut.metadata.iptc import edited, iptc_fields, is_usual
from tagonaut.metadata.planning import Change
from tagonaut.metadata.unchanged import pixels_digest
from tagonaut.metadata.xmp import is_void, lists, rewritten, without_lists
from tagonaut.metadata.xmp.categories import assigned, with_assigned
from tagonaut.pixels.structure import check_exif, check_structure

SUBJECT = ("http://purl.org/dc/elements/1.1/", "subject")
# As `read_plain` catches them: ExifTool is asked then.
NOT_PLAIN = (NotPlainError, struct.error, UnicodeDecodeError, ElementTree.ParseError)

Errors = tuple[type[Exception], ...]


@dataclass(frozen=True)
class Parser:
    """``parse`` takes the bytes of a file; ``suffixes`` choose its seeds among the ``sources``.

    ``part`` takes a seed's file apart, for parsers of a block within a file.
    """

    parse: Callable[[bytes], object]
    suffixes: tuple[str, ...]
    allowed: Errors = ()
    part: Callable[[Path], list[bytes]] = lambda path: [path.read_bytes()]


class Memory:
    """A file in memory: parsers take paths, and a disk would be the slowest part."""

    def __init__(self, suffix: str = "") -> None:
        self._handle = os.memfd_create("fuzzed")
        self._link = Path(tempfile.mkdtemp(prefix="atheris-")) / f"fuzzed{suffix}"
        self._link.symlink_to(f"/proc/{os.getpid()}/fd/{self._handle}")

    def holding(self, data: bytes) -> Path:
        """The path of a file with these bytes and no others."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, data, 0)
        return self._link


def in_file(read: Callable[[Path], object], suffix: str = "") -> Callable[[bytes], object]:
    """A parser of bytes for a reader of files; its file is made when it is first used."""
    made: list[Memory] = []

    def parse(data: bytes) -> object:
        if not made:
            made.append(Memory(suffix))
        return read(made[0].holding(data))

    return parse


def sidecar(data: bytes) -> None:
    """All that is done with a sidecar."""
    lists(data)
    is_void(data)
    without_lists(data)
    # A sidecar is written anew, and read back.
    for words in (("Night", "a & b"), None):
        again = rewritten(data, {SUBJECT: words})
        assert lists(again).get(SUBJECT) == words
        without_lists(again)


def segments(which: int) -> Callable[[Path], list[bytes]]:
    """The EXIF (0), Photoshop's block (1) or the packet (2) of a plain JPEG."""

    def part(path: Path) -> list[bytes]:
        with path.open("rb") as file:
            try:
                found = read_segments(file.fileno())[which]
            except NotPlainError:
                return []
        return [] if found is None else [found]

    return part


def plain(place: Path) -> Path:
    """A JPEG that has everything that our reader of plain ones reads."""
    path = place / "all-fields.jpg"
    Image.new("RGB", (16, 16)).save(path)
    words = [f"-{field}={word}" for field in ("IPTC:Keywords", "XMP-dc:Subject") for word in "ab"]
    texts = ("ImageDescription", "IPTC:Caption-Abstract", "XMP-dc:Description")
    further = ("-XMP-lr:HierarchicalSubject=a|b", "-CodedCharacterSet=UTF8", "-IPTCDigest=new")
    command = ["exiftool", "-config", "", "-q", "-overwrite_original", *words, *further]
    command += [f"-{field}=A caf\N{LATIN SMALL LETTER E WITH ACUTE}" for field in texts]
    subprocess.run([*command, str(path)], check=True)
    return path


def recipes(_: Path) -> list[bytes]:
    """Every shipped recipe."""
    folder = Path(load_recipe.__code__.co_filename).parents[2] / "recipes"
    return [file.read_bytes() for file in sorted(folder.glob("*.toml"))]


def annotation(_: Path) -> list[bytes]:
    """Annotations of the kind that VOC has."""
    return [
        b"<annotation><object><name>cat</name><difficult>1</difficult></object>"
        b"<object><name>dog</name></object></annotation>"
    ]


def documents(path: Path) -> list[bytes]:
    """JSON and TOML, as in run folders."""
    return [path.read_bytes(), json.dumps({"a": [1, None, {"b": 1e9}]}).encode(), b"a.b = [1, {}]"]


def document(data: bytes) -> None:
    """A document of a run, whatever its language."""
    for parse in (parse_json, lambda text: parse_toml(text.decode())):
        try:
            parse(data)
        except ValueError:
            continue


def data_sets(data: bytes) -> None:
    """A block of IPTC, read and written."""
    is_usual(data)
    fields = Keywords(**iptc_fields(data, [data], None, has_digest=True))
    edited(fields, Change(iptc=("Night", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"), charset="UTF8"))


def blocks(path: Path) -> list[bytes]:
    """The IPTC in the Photoshop block of a plain JPEG, without its frame."""
    return [block[block.find(b"\x1c") :] for block in segments(1)(path) if b"\x1c" in block]


def categories(data: bytes) -> None:
    """The text of ACDSee's categories, read and written."""
    text = data.decode(errors="replace")
    if assigned(text) is not None:
        with_assigned(text, ["a|b"])


def trees(_: Path) -> list[bytes]:
    """Categories as ACDSee writes them."""
    inner = '<Category Assigned="1">b</Category>'
    return [f'<Categories><Category Assigned="0">a{inner}</Category></Categories>'.encode()]


def ignore_file(data: bytes) -> None:
    """The patterns of a folder, and a name that they are held against."""
    rules = Rules().below("", lines_of(data))
    for name in ("a/b/cccccccccccccccccccccccc.jpg", "@eaDir/", "d[0]/e f.jpg"):
        rules.excludes(name)


def patterns(_: Path) -> list[bytes]:
    """Patterns of all kinds."""
    return [b"*.jpg\n!keep/**/*.jpg\n/a/b?[!c-d]/\n#no\n\\#yes\n"]


JPEG, TIFF = (".jpg",), (".tif",)
HEIF = (".heic", ".avif")
DIGEST = in_file(pixels_digest)
PARSERS = {
    "plain JPEG": Parser(in_file(read_plain), JPEG),
    "EXIF texts": Parser(exif_texts, JPEG, NOT_PLAIN, segments(0)),
    "Photoshop's block": Parser(photoshop_fields, JPEG, NOT_PLAIN, segments(1)),
    "XMP in a plain JPEG": Parser(xmp_fields, JPEG, NOT_PLAIN, segments(2)),
    "sidecars": Parser(sidecar, (".xmp",)),
    "XMP packets of a JPEG": Parser(in_file(jpeg_packets), JPEG),
    "HEIF boxes": Parser(DIGEST, HEIF),
    "TIFF parts": Parser(DIGEST, TIFF),
    "byte ranges of JPEG": Parser(DIGEST, JPEG),
    "byte ranges of PNG": Parser(DIGEST, (".png",)),
    "byte ranges of WebP": Parser(DIGEST, (".webp",)),
    "byte ranges of GIF": Parser(DIGEST, (".gif",)),
    "structure": Parser(in_file(check_structure), (*JPEG, *TIFF, *HEIF, ".png", ".gif")),
    "EXIF counting": Parser(check_exif, JPEG, part=segments(0)),
    "tables in CSV": Parser(in_file(read_table, ".csv"), (".csv",)),
    "tables in JSON": Parser(in_file(read_table, ".json"), (".json",)),
    "tables in JSON Lines": Parser(in_file(read_table, ".jsonl"), (".jsonl",)),
    "Parquet pages": Parser(
        in_file(lambda path: check_pages(path, DataError), ".parquet"), (".parquet",)
    ),
    "VOC annotations": Parser(
        in_file(read_annotation), (".csv",), (ElementTree.ParseError, ValueError), annotation
    ),
    "recipes": Parser(
        in_file(lambda path: load_recipe(str(path)), ".toml"), (".csv",), part=recipes
    ),
    "IPTC blocks": Parser(data_sets, JPEG, (), blocks),
    "ACDSee's categories": Parser(categories, (".csv",), (), trees),
    "Content Credentials": Parser(
        in_file(is_signed), (*JPEG, *TIFF, *HEIF, ".png", ".webp", ".gif")
    ),
    "ignore files": Parser(ignore_file, (".csv",), (), patterns),
    "documents of a run": Parser(document, (".json",), (), documents),
}


def write_seeds(parser: Parser, folder: Path) -> int:
    """Write the seeds of a parser, and count them."""
    with tempfile.TemporaryDirectory(prefix="seeds-") as place:
        every = [*sources(Path(place)), plain(Path(place))]
        files = [path for path in every if path.suffix in parser.suffixes]
        seeds = {seed for path in files for seed in parser.part(path)}
    for number, seed in enumerate(sorted(seeds)):
        (folder / f"seed-{number:03}").write_bytes(seed)
    return len(seeds)
