from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import HIERARCHICAL, SUBJECT, WORD_FIELDS, Keywords
from tagonaut.metadata.keywords import read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.sidecars import (
    by_stem,
    holds_nothing,
    read_sidecar,
    sidecar_of,
    write_sidecar,
)
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.xmp import EMPTY, lists, rewritten, without_lists
from tests.metadata import packets
from tests.metadata.pictures import exiftool, make, put
from tests.metadata.test_writing import NASTY

LISTS = {field.xmp.key for field in WORD_FIELDS if field.xmp and not field.xmp.is_tree}
NIGHT = Tag("Night", ("Time", "Night"))
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def tag(tool, sidecar: Path, tags, **named):
    before = read_sidecar(tool, sidecar)
    change = plan(before, tags, "XMP", **named)
    target = sidecar.with_name("tagged")
    source = sidecar if sidecar.exists() else None
    return target, before, write_sidecar(tool, source, target, before, change)


def untag(tool, tagged: Path, *writes, **named):
    current = read_sidecar(tool, tagged)
    target = tagged.with_name("untagged")
    change = restore(current, writes, **named)
    return target, write_sidecar(tool, tagged, target, current, change)


def test_a_new_sidecar_has_what_darktable_and_immich_read(tool, tmp_path):
    sidecar = sidecar_of(tmp_path / "IMG.jpg")
    assert sidecar.name == "IMG.jpg.xmp"
    tagged, before, after = tag(tool, sidecar, [NIGHT, *NASTY], scores={"Night": 0.5})
    assert before == Keywords()
    assert after.subject == ("Night", *NASTY)
    assert after.hierarchical[:2] == ("Time|Night", "plain")
    assert after.scores == ("Night=0.5000",)
    # By a reader of XML that knows nothing of ours.
    found = ElementTree.parse(tagged).find(f".//{DC}subject/{RDF}Bag")
    assert [item.text for item in found] == ["Night", *NASTY]
    assert not plan(after, [NIGHT, *NASTY], "XMP", scores={"Night": 0.5}).changes(after)
    untagged, again = untag(tool, tagged, (before, after))
    assert again == Keywords()
    assert untagged.read_bytes() == EMPTY
    assert holds_nothing(untagged)
    assert not holds_nothing(tagged)


@pytest.mark.parametrize("program", packets.ALL)
def test_sidecars_of_others_are_merged_and_come_back_byte_for_byte(tool, tmp_path, program):
    sidecar = tmp_path / "IMG.jpg.xmp"
    text = packets.ALL[program]
    sidecar.write_text(text)
    tagged, before, after = tag(tool, sidecar, [NIGHT, "Day & <i>"])
    assert after.subject == (*(before.subject or ()), "Night", "Day & <i>")
    assert {"Time|Night", "Day & <i>"} <= set(after.hierarchical)
    if before.tags_list:
        assert after.tags_list == (*before.tags_list, "Time/Night", "Day & <i>")
    # Every line that was there is there, in its place.
    lines = iter(tagged.read_text().splitlines())
    assert all(line in lines for line in text.splitlines())
    shown = [*("-a", "-G1", "-s", "-x", "System:all", "-x", "XMP-dc:Subject")]
    shown += [*("-x", "TagsList", "-x", "HierarchicalSubject", "-x", "LastKeywordXMP")]
    assert exiftool(*shown, tagged) == exiftool(*shown, sidecar)
    untagged, again = untag(tool, tagged, (before, after))
    assert again == before
    assert untagged.read_text() == text


def test_what_a_person_wrote_since_stays(tool, tmp_path):
    sidecar = tmp_path / "IMG.jpg.xmp"
    sidecar.write_text(packets.DARKTABLE)
    tagged, before, after = tag(tool, sidecar, [NIGHT, "Day"])
    text = tagged.read_text().replace("<rdf:li>Day</rdf:li>", "<rdf:li>Mine</rdf:li>")
    tagged.write_text(text)
    _, again = untag(tool, tagged, (before, after))
    assert again.subject == (*before.subject, "Mine")
    assert again.hierarchical == (*before.hierarchical, "Mine")


def test_a_photos_own_keywords_are_not_hidden_by_its_new_sidecar(tool, tmp_path):
    photo = put(make(tmp_path / "IMG.jpg"), iptc=["Sea", "Gone"], subject=["Sea"])
    exiftool("-q", "-overwrite_original", "-XMP-digiKam:TagsList=Places/Sea", photo)
    embedded = read_keywords(tool, photo)
    named = {"embedded": embedded, "refused": {"Gone"}}
    tagged, before, after = tag(tool, sidecar_of(photo), [NIGHT], **named)
    assert after.subject == ("Sea", "Night")
    assert after.tags_list == ("Places/Sea", "Time/Night")
    assert after.hierarchical == ("Places|Sea", "Time|Night")
    # Immich would take the photo's list, not hierarchies of the sidecar.
    other = plan(Keywords(hierarchical=("x|y",), subject=("y",)), [NIGHT], "XMP", **named)
    assert other.tags_list == ("Places/Sea", "x/y", "Time/Night")
    assert other.subject == ("y", "Night")
    # In a sidecar with keywords it has been decided what to take over.
    assert not plan(after, [NIGHT], "XMP", **named).changes(after)
    assert not plan(Keywords(), [], "XMP", **named).changes(Keywords())
    assert untag(tool, tagged, (before, after))[1] == before


def test_which_sidecar_is_the_photos(tmp_path):
    photo, shared = tmp_path / "IMG.jpg", tmp_path / "IMG.xmp"
    own = tmp_path / "IMG.jpg.xmp"
    photo.touch()
    assert sidecar_of(photo) == own
    shared.write_text(packets.DIGIKAM)
    assert sidecar_of(photo) == shared
    own.write_text(packets.DIGIKAM)
    assert sidecar_of(photo) == own
    own.unlink()
    raw = tmp_path / "IMG.CR2"
    raw.touch()
    assert sidecar_of(photo) == own
    shared.write_text(packets.LIGHTROOM)
    assert sidecar_of(photo) == own
    assert sidecar_of(raw) == shared
    shared.write_text(packets.LIGHTROOM.replace('="CR2"', " = 'jpg'"))
    assert sidecar_of(photo) == shared


def test_a_folder_is_listed_once_for_many_photos(tmp_path):
    photos = [tmp_path / f"{number}.jpg" for number in range(20)]
    for photo in photos:
        photo.touch()
        photo.with_suffix(".xmp").write_text(packets.DIGIKAM)
    photos[0].with_suffix(".mov").touch()
    asked = []

    def listed(folder):
        asked.append(folder)
        return by_stem(folder)

    names = cache(listed)
    found = [sidecar_of(photo, names) for photo in photos]
    assert found == [sidecar_of(photo) for photo in photos]
    assert found[0] == tmp_path / "0.jpg.xmp"
    assert found[1:] == [photo.with_suffix(".xmp") for photo in photos[1:]]
    assert asked == [tmp_path]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no XMP"),
        (b"not XML", "no XMP"),
        (b"<a/>", "no rdf:RDF"),
        (packets.DIGIKAM.encode("utf-16"), "no XMP"),
        (packets.DIGIKAM[:-40].encode(), "no XMP"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (packets.DARKTABLE.replace("dc:subject>", "dc:subject><b/>", 1).encode(), "not one list"),
    ],
)
def test_what_is_no_sidecar_is_refused_and_left_alone(tool, tmp_path, content, reason):
    sidecar = tmp_path / "IMG.jpg.xmp"
    sidecar.write_bytes(content)
    with pytest.raises(MetadataError, match=reason) as caught:
        read_sidecar(tool, sidecar)
    assert "\n" not in str(caught.value)
    with pytest.raises(MetadataError):
        write_sidecar(tool, sidecar, tmp_path / "new", Keywords(), plan(Keywords(), ["a"], "XMP"))
    assert sidecar.read_bytes() == content


def test_a_sidecar_that_changed_meanwhile_is_refused(tool, tmp_path):
    sidecar = tmp_path / "IMG.jpg.xmp"
    sidecar.write_text(packets.DARKTABLE)
    before = read_sidecar(tool, sidecar)
    sidecar.write_text(packets.DIGIKAM)
    with pytest.raises(MetadataError, match="changed"):
        write_sidecar(tool, sidecar, tmp_path / "new", before, plan(before, ["a"], "XMP"))
    sidecar.unlink()
    with pytest.raises(MetadataError, match="vanished"):
        write_sidecar(tool, sidecar, tmp_path / "new", before, plan(before, ["a"], "XMP"))


WORDS = st.lists(st.text(st.sampled_from("ab&<>\"'é💥 \t\n\r]"), min_size=1), max_size=4).map(tuple)
CHANGES = st.dictionaries(st.sampled_from(sorted(LISTS)), st.none() | WORDS)


@given(st.sampled_from([EMPTY.decode(), *packets.ALL.values()]), CHANGES)
def test_any_lists_go_in_and_the_packet_comes_back(text, wanted):
    packet = text.encode()
    before = lists(packet)
    after = rewritten(packet, wanted)
    expected = {**before, **wanted}
    assert lists(after) == {name: words for name, words in expected.items() if words is not None}
    appended = {name: (*before.get(name, ()), *(words or ("x",))) for name, words in wanted.items()}
    grown = rewritten(packet, appended)
    assert lists(grown) == {**before, **appended}
    assert rewritten(grown, {name: before.get(name) for name in LISTS}) == packet


@settings(max_examples=150)
@given(st.sampled_from(sorted(packets.ALL)), st.data())
def test_damaged_packets_never_do_more_than_be_refused(program, data):
    packet = bytearray(packets.ALL[program].encode())
    for place in data.draw(st.lists(st.integers(0, len(packet) - 1), max_size=3)):
        packet[place] = data.draw(st.sampled_from(b"<>/\"'=: &\0\xffax"))
    try:
        new = rewritten(bytes(packet), {SUBJECT.xmp.key: ("a",), HIERARCHICAL.xmp.key: None})
        assert without_lists(new) == without_lists(bytes(packet))
        assert lists(new)[SUBJECT.xmp.key] == ("a",)
    except MetadataError as error:
        assert "\n" not in str(error)


def test_a_packet_nested_for_ever_is_refused():
    with pytest.raises(MetadataError, match="nested"):
        lists(b"<a>" * 5000 + b"</a>" * 5000)
