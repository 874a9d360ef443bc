"""JPEGs put together segment by segment, whatever is in them."""

import struct
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.metadata.pictures import noise

SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "tagonaut": "https://tagonaut.org/ns/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "mine": "http://example.org/",
}
with BytesIO() as _stream:
    noise(8).save(_stream, "JPEG")
    JPEG = _stream.getvalue()
with BytesIO() as _stream:
    _block = Image.Exif()
    _block[0x010F] = "RICOH"
    noise(8).save(_stream, "JPEG", exif=_block)
    EXIF = _stream.getvalue()[24 : _stream.getvalue().index(b"\xff\xdb")]
    EXIF = EXIF[EXIF.index(b"Exif\0\0") :]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def resource(number: int, body: bytes, name: bytes = b"") -> bytes:
    named = bytes([len(name)]) + name
    padded = named + b"\0" * (len(named) % 2)
    size = struct.pack(">I", len(body))
    return b"8BIM" + struct.pack(">H", number) + padded + size + body + b"\0" * (len(body) % 2)


def dataset(record: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def photoshop(*resources: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def xmp(inside: str, *, attributes: str = "", around: tuple[str, str] = ("", "")) -> bytes:
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())
    text = (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{around[0]}'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF{declared}>'
        f'<rdf:Description rdf:about=""{attributes}>{inside}</rdf:Description>'
        f'</rdf:RDF></x:xmpmeta>{around[1]}<?xpacket end="w"?>'
    )
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode())


def listed(name: str, words: list[str], kind: str = "Bag") -> str:
    items = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in words)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def write(path: Path, *segments: bytes, end: bytes = b"") -> Path:
    path.write_bytes(JPEG[:2] + b"".join(segments) + JPEG[2:] + end)
    return path


def directory(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """A TIFF directory: tag, type, count and value or place."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", following)


def two_directories(pointer: int | None, tag: int, value: bytes) -> bytes:
    """EXIF whose second directory has the value: the next one, or one below the first."""
    place = 8 + 2 + 12 + 4
    here = (0x0112, 3, 1, 1) if pointer is None else (pointer, 4, 1, place)
    first = directory(here, following=place if pointer is None else 0)
    second = directory((tag, 7, len(value), place + 2 + 12 + 4))
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + first + second + value)
