"""A second reader, Exiv2, finds in our files what ExifTool finds."""

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.sidecars import read_sidecar, sidecar_of, write_sidecar
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.writing import write_copy
from tests.metadata.packets import ALL
from tests.metadata.pictures import exiftool, make, put

pytestmark = pytest.mark.skipif(
    shutil.which("exiv2") is None, reason="Exiv2 is not installed (apt-get install exiv2)"
)

FOREIGN = ["Übersee", "Mer d'Iroise", "a, b", "  indented"]
AWKWARD = [
    *("Ärger", "naïve café", "日本語", "晴れ, 夜", "💥 boom", "👩‍🚀"),
    *('"quoted"', "'single'", "R&D", "&amp;", "<b>", "a;b", "a|b", "a/b", "back\\slash"),
    *(" leading", "trailing ", "x" * 64, "é" * 32, "夜" * 21, "x" * 65, "夜" * 22),
    *("007", "true", "-=", "#hash", "@at", "$x", "%s"),
]
TAGS = [Tag("Night", ("Time", "Night")), Tag("日没", ("Zeit & Ort", "日没")), *AWKWARD]

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_NAMES = {
    "{http://purl.org/dc/elements/1.1/}subject": "subject",
    "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject": "hierarchical",
    "{http://www.digikam.org/ns/1.0/}TagsList": "tags_list",
    "{http://ns.microsoft.com/photo/1.0/}LastKeywordXMP": "last_keywords",
    "{https://tagonaut.org/ns/1.0/}scores": "scores",
}


def exiv2(*arguments: str | Path) -> str:
    done = subprocess.run(["exiv2", *map(str, arguments)], capture_output=True, check=False)
    # 253: there is no metadata of that kind.
    assert done.returncode in {0, 1, 253}, done.stderr
    return done.stdout.decode()


def by_exiv2(path: Path) -> dict[str, list[str]]:
    """Keyword lists as Exiv2 understands them: it writes a sidecar of its own from them."""
    out = path.with_name("exiv2")
    out.mkdir(exist_ok=True)
    exiv2("-f", "-eX", "-l", out, path)
    packet = out / f"{path.stem}.xmp"
    found = {}
    if packet.exists():
        for element in ElementTree.parse(packet).iter():
            if element.tag in _NAMES:
                items = element.iter(f"{_RDF}li")
                found[_NAMES[element.tag]] = [item.text or "" for item in items]
        packet.unlink()
    words = exiv2("-K", "Iptc.Application2.Keywords", "-Pv", path).split("\n")[:-1]
    return {"iptc": words, **found} if words else found


def by_exiftool(path: Path) -> dict[str, list[str]]:
    """The same as ExifTool's own command line has it."""
    names = {
        "Keywords": "iptc",
        "Subject": "subject",
        "HierarchicalSubject": "hierarchical",
        "TagsList": "tags_list",
        "LastKeywordXMP": "last_keywords",
        "Scores": "scores",
    }
    tags = [*("-IPTC:Keywords", "-XMP-dc:Subject", "-XMP-lr:HierarchicalSubject")]
    tags += ["-XMP-digiKam:TagsList", "-XMP-microsoft:LastKeywordXMP", "-XMP-tagonaut:Scores"]
    lines = exiftool("-S", "-sep", "\ue000", *tags, path).split("\n")[:-1]
    found = (line.split(": ", 1) for line in lines)
    return {names[name]: value.split("\ue000") for name, value in found}


def ours(fields) -> dict[str, list[str]]:
    names = ("iptc", "subject", "hierarchical", "tags_list", "last_keywords", "scores")
    return {name: list(getattr(fields, name)) for name in names if getattr(fields, name)}


@pytest.mark.parametrize(
    ("form", "further"),
    [("JPEG", False), ("JPEG", True), ("TIFF", True), ("PNG", False), ("WebP", True)],
)
def test_pictures(tool, tmp_path, form, further):
    """Promise: every other keyword field that a photo has is kept and stays consistent."""
    photo = make(tmp_path / "photo", form)
    has_iptc = form in {"JPEG", "TIFF"}
    more = ["-charset", "iptc=UTF8", "-IPTC:CodedCharacterSet=UTF8"] if has_iptc else []
    if further:
        more += ["-XMP-digiKam:TagsList=Ort/Übersee", "-XMP-microsoft:LastKeywordXMP=Übersee"]
        more += ["-XMP-lr:HierarchicalSubject=Ort|Übersee"]
    put(photo, iptc=FOREIGN if has_iptc else [], subject=FOREIGN, more=more)
    before = read_keywords(tool, photo)
    tagged = tmp_path / "tagged"
    change = plan(before, TAGS, recognise(photo), scores={"日没": 0.5, "R&D": 0.25})
    after = write_copy(tool, photo, tagged, before, change)
    assert after.subject == (*FOREIGN, "Night", "日没", *AWKWARD)
    if has_iptc:
        short = [word for word in AWKWARD if len(word.encode()) <= 64]
        assert after.iptc == (*FOREIGN, "Night", "日没", *short)
    assert ours(after) == by_exiftool(tagged) == by_exiv2(tagged)
    untagged = tmp_path / "untagged"
    again = write_copy(tool, tagged, untagged, after, restore(after, [(before, after)]))
    assert ours(again) == ours(before) == by_exiv2(untagged)


@pytest.mark.parametrize("program", [None, "darktable", "digiKam"])
def test_sidecars(tool, tmp_path, program):
    sidecar = sidecar_of(tmp_path / "IMG.jpg")
    if program:
        sidecar.write_text(ALL[program])
    before = read_sidecar(tool, sidecar)
    tagged = tmp_path / "tagged.xmp"
    change = plan(before, TAGS, "XMP", scores={"日没": 0.5})
    after = write_sidecar(tool, sidecar if program else None, tagged, before, change)
    assert after.subject == (*(before.subject or ()), "Night", "日没", *AWKWARD)
    found = by_exiv2(tagged)
    # Exiv2 makes IPTC of a sidecar's subjects in its mind.
    assert found.pop("iptc") == list(after.subject)
    assert ours(after) == by_exiftool(tagged) == found
    # Exiv2 takes the whole file for well-formed, what others wrote in it too.
    for line in exiv2("-PXkv", sidecar).splitlines() if program else []:
        key = line.split()[0]
        if not key.endswith(("subject", "hierarchicalSubject", "TagsList", "LastKeywordXMP")):
            assert line in exiv2("-PXkv", tagged).splitlines()


def test_windows_list(tool, tmp_path):
    photo = put(make(tmp_path / "photo.jpg", exif=True), more=["-EXIF:XPKeywords=Übersee;b"])
    before = read_keywords(tool, photo)
    tagged = tmp_path / "tagged"
    after = write_copy(tool, photo, tagged, before, plan(before, ["日没", "💥"], "JPEG"))
    codes = exiv2("-K", "Exif.Image.XPKeywords", "-Pv", tagged).split()
    text = bytes(map(int, codes)).decode("utf-16-le")
    assert text == "Übersee;b;日没;💥\0"
    assert text[:-1].split(";") == list(after.xp)
