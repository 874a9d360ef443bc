"""Pictures with Content Credentials in the places that C2PA's specification names."""

import struct
import zlib
from pathlib import Path

from tests.metadata.jpegs import segment
from tests.metadata.pictures import exiftool, make, noise

KIND = bytes.fromhex("6332706100110010800000aa00389b71")
BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
REMOTE = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' dcterms:provenance="https://example.org/manifest.c2pa"/></rdf:RDF></x:xmpmeta>'
)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def manifest(kind: bytes = KIND, label: bytes = b"c2pa") -> bytes:
    """A JUMBF box without content."""
    return box(b"jumb", box(b"jumd", kind + b"\x03" + label + b"\0"))


def jpeg_with(path: Path, *segments: bytes) -> Path:
    data = make(path).read_bytes()
    path.write_bytes(data[:2] + b"".join(segments) + data[2:])
    return path


def in_app11(store: bytes) -> bytes:
    return segment(0xEB, b"JP" + struct.pack(">HI", 1, 1) + store)


def sign(path: Path, form: str) -> Path:
    """A picture of that format with an embedded manifest."""
    if form == "JPEG":
        return jpeg_with(path, in_app11(manifest()))
    if form == "TIFF":
        noise().save(path, "TIFF", tiffinfo={0xCD41: manifest()})
        return path
    data = make(path, form).read_bytes()
    if form == "PNG":
        chunk = b"caBX" + manifest()
        packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        data = data[:33] + packed + data[33:]
    elif form == "WebP":
        chunk = b"C2PA" + struct.pack("<I", len(manifest())) + manifest()
        data = data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk
    elif form == "GIF":
        block = b"\x21\xff\x0bC2PA_GIF\x01\0\0" + bytes([len(manifest())]) + manifest() + b"\0"
        data = data[:-1] + block + data[-1:]
    else:
        # At the end, where it moves nothing.
        data += box(b"uuid", BOX + bytes(4) + b"manifest\0" + bytes(8) + manifest())
    path.write_bytes(data)
    return path


def with_remote(path: Path, form: str, packet: str = REMOTE) -> Path:
    """A picture whose XMP says where its manifest is."""
    if form == "JPEG":
        return jpeg_with(path, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode()))
    if form == "TIFF":
        noise().save(path, "TIFF", tiffinfo={700: packet.encode()})
    elif form == "PNG packed":
        data = make(path, "PNG").read_bytes()
        body = b"iTXtXML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet.encode())
        packed = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        path.write_bytes(data[:33] + packed + data[33:])
    else:
        named = path.with_name("packet")
        named.write_text(packet)
        exiftool("-q", "-overwrite_original", f"-XMP<={named}", make(path, form))
        named.unlink()
    return path
