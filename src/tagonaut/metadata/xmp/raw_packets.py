"""The XMP packets of a file as they stand in it: bytes that need not be well-formed."""

import base64
from pathlib import Path
from xml.etree import ElementTree

from tagonaut.errors import CheckError, MetadataError
from tagonaut.limits import MEMORY, XMP_SHARE, PartCount
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.formats import jpeg_packets, recognise

_JPEG_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def xmp_packets(tool: ExifTool, *paths: Path) -> list[list[bytes]]:
    """The XMP packets of each file; a JPEG's extensions are joined, and a packet of their own.

    Raises ``MetadataError`` if they cannot be read.
    """
    found = [jpeg_packets(path) if recognise(path) == "JPEG" else None for path in paths]
    if None not in found:
        return [_checked(packets) for packets in found if packets is not None]
    with tool.names(paths) as names:
        output, _ = tool.execute(["-X", "-b", "-a", "-Main:XMP", *names])
    try:
        root = ElementTree.fromstring(output.replace(b"\r", b"&#13;"))
    except ElementTree.ParseError as error:
        raise CheckError(f"its XMP cannot be read back ({error})") from error
    by_name = {item.get(f"{_RDF}about"): item for item in root}
    return [_checked([_bytes(element) for element in by_name.get(name, ())]) for name in names]


def _bytes(element: ElementTree.Element) -> bytes:
    text = (element.text or "").encode()
    encoded = element.get(f"{_RDF}datatype", "").endswith("base64Binary")
    return base64.b64decode(text) if encoded else text


def _checked(packets: list[bytes]) -> list[bytes]:
    """The packets, unless their elements or bytes are more than those of one file may be.

    They are without the name of a JPEG's segment, which some programs write into HEIC too.
    """
    packets = [packet.removeprefix(_JPEG_HEAD) for packet in packets]
    size = sum(map(len, packets))
    MEMORY.check(size, "its XMP is", MetadataError, share=XMP_SHARE)
    PartCount(size, MetadataError).add(sum(packet.count(b"<") for packet in packets))
    return packets
