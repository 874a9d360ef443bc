"""The fields in a plain JPEG's Photoshop block: IPTC, and the digest of it."""

import struct
from typing import Any

from tagonaut.metadata.fields import UTF8
from tagonaut.metadata.formats.plain_jpeg.plain import NotPlainError
from tagonaut.metadata.iptc import iptc_fields, is_usual

_IPTC_RESOURCE, _DIGEST_RESOURCE = 0x0404, 0x0425
# EXIF, twice, and XMP, which ExifTool reads from here too.
_METADATA_RESOURCES = frozenset({0x0422, 0x0423, 0x0424})


def photoshop_fields(data: bytes) -> dict[str, Any]:
    """The values by attribute of ``Keywords``."""
    resources: dict[int, bytes] = {}
    place = 0
    while place < len(data):
        kind, number, name = struct.unpack_from(">4sHB", data, place)
        if kind != b"8BIM" or number in _METADATA_RESOURCES:
            raise NotPlainError
        place += 6 + (name + 2) // 2 * 2
        (size,) = struct.unpack_from(">I", data, place)
        body = data[place + 4 : place + 4 + size]
        if len(body) < size:
            raise NotPlainError
        if number in {_IPTC_RESOURCE, _DIGEST_RESOURCE}:
            if number in resources:
                raise NotPlainError
            resources[number] = body
        place += 4 + (size + 1) // 2 * 2
    digest, iptc = resources.get(_DIGEST_RESOURCE), resources.get(_IPTC_RESOURCE)
    if digest is not None and len(digest) != 16:
        raise NotPlainError
    if iptc is not None and not is_usual(iptc):
        raise NotPlainError
    found = iptc_fields(iptc, (), None if digest is None else digest.hex())
    stale = found["digest"] is not None and found["digest"] != found.get("true_digest")
    known = found.get("encoding") != "latin" and found.get("charset") in {None, UTF8}
    if not known or (stale and iptc is not None):
        raise NotPlainError
    return found
