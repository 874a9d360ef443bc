"""A photo's keyword fields as two independent readers have them: ExifTool and Exiv2."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

# By name, the field as ExifTool calls it and as Exiv2 does.
FIELDS = {
    "IPTC Keywords": ("IPTC:Keywords", "Iptc.Application2.Keywords"),
    "dc:subject": ("XMP-dc:Subject", "{http://purl.org/dc/elements/1.1/}subject"),
    "lr:hierarchicalSubject": (
        "XMP-lr:HierarchicalSubject",
        "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject",
    ),
    "digiKam:TagsList": ("XMP-digiKam:TagsList", "{http://www.digikam.org/ns/1.0/}TagsList"),
    "XPKeywords": ("IFD0:XPKeywords", "Exif.Image.XPKeywords"),
    "LastKeywordXMP": (
        "XMP-microsoft:LastKeywordXMP",
        "{http://ns.microsoft.com/photo/1.0/}LastKeywordXMP",
    ),
}

Words = dict[str, tuple[str, ...]]

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
# What Exiv2 says of IPTC that is declared UTF-8; it hands over the bytes of all other as they are.
_UTF8 = "\x1b%G"


def by_exiftool(photos: Sequence[Path]) -> list[Words]:
    """The fields that each photo has, by name."""
    command = ["exiftool", "-config", "", "-json", "-struct", "-G1", "-api", "Filter="]
    asked = [f"-{exiftool}" for exiftool, _ in FIELDS.values()]
    done = subprocess.run([*command, *asked, *photos], check=True, capture_output=True)
    return [dict(_of_json(found)) for found in json.loads(done.stdout)]


def by_exiv2(photo: Path) -> Words:
    """The fields that a photo has, by name."""
    found = dict(_of_packet(photo))
    if words := _printed(photo, "Iptc.Application2.Keywords"):
        declared = _printed(photo, "Iptc.Envelope.CharacterSet") == [_UTF8.encode()]
        found["IPTC Keywords"] = tuple(
            word.decode("utf-8" if declared else "cp1252") for word in words
        )
    if codes := _printed(photo, "Exif.Image.XPKeywords"):
        text = bytes(map(int, codes[0].split())).decode("utf-16-le").rstrip("\0")
        found["XPKeywords"] = tuple(text.split(";"))
    return {name: words for name, words in found.items() if words and words != ("",)}


def _of_json(found: dict[str, object]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for name, (key, _) in FIELDS.items():
        if (value := found.get(key, "")) != "":
            words = value if isinstance(value, list) else [value]
            if name == "XPKeywords":
                words = str(value).split(";")
            yield name, tuple(str(word) for word in words)


def _of_packet(photo: Path) -> Iterable[tuple[str, tuple[str, ...]]]:
    """The lists in the sidecar that Exiv2 writes from what it has understood."""
    names = {exiv2: name for name, (_, exiv2) in FIELDS.items()}
    with tempfile.TemporaryDirectory() as folder:
        _exiv2("-f", "-eX", "-l", folder, photo)
        for packet in Path(folder).iterdir():
            for element in ElementTree.parse(packet).iter():
                if element.tag in names:
                    items = element.iter(f"{_RDF}li")
                    yield names[element.tag], tuple(item.text or "" for item in items)


def _printed(photo: Path, key: str) -> list[bytes]:
    return _exiv2("-K", key, "-Pv", photo).splitlines()


def _exiv2(*arguments: str | Path) -> bytes:
    done = subprocess.run(["exiv2", *arguments], check=False, capture_output=True)
    # 253: there is no metadata of that kind.
    if done.returncode not in {0, 1, 253}:
        raise RuntimeError(f"exiv2: {done.stderr.decode(errors='replace')}")
    return done.stdout
