"""Media Pro's catalog sets and ACDSee's categories, which digiKam reads before the flat fields."""

import shutil
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import ask, read_keywords
from tagonaut.metadata.planning import plan, restore
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.writing import write_copy
from tagonaut.metadata.xmp.categories import EMPTY_CATEGORIES, assigned, with_assigned
from tests.metadata.pictures import exiftool, make, put
from tests.metadata.signed import with_remote
from tests.metadata.test_further_fields import unwrite, write
from tests.metadata.test_odd_xmp import RDF, packet

NIGHT = Tag("Night", ("Time", "Night"))
ACDSEE = 'xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/"'
# As ACDSee writes it.
THEIRS = (
    '<Categories><Category Assigned="0">Places<Category Assigned="1">Rome &amp; Sea</Category>'
    '<Category Assigned="0">Time</Category></Category><Category Assigned="1">Time</Category>'
    "</Categories>"
)


def as_element(text: str) -> str:
    inside = f"<acdsee:categories>{escape(text, quote=False)}</acdsee:categories>"
    return packet(f'<rdf:Description rdf:about="" {ACDSEE}>{inside}</rdf:Description>')


def as_attribute(text: str) -> str:
    """As digiKam's library writes it."""
    return packet(f'<rdf:Description rdf:about="" {ACDSEE}\n acdsee:categories="{escape(text)}"/>')


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "WebP", "HEIC"])
def test_catalog_sets_get_the_tags_and_give_them_back(tool, tmp_path, form):
    photo = put(make(tmp_path / "photo", form), more=["-XMP-mediapro:CatalogSets=Places|Rome"])
    tagged, before, after = write(tool, photo, [NIGHT, "Day"])
    assert before.catalog_sets == ("Places|Rome",)
    assert before.tags() == ("Places", "Rome")
    read = exiftool("-s3", "-XMP-mediapro:CatalogSets", tagged)
    assert read == "Places|Rome, Time|Night, Day\n"
    assert unwrite(tool, tagged, [(before, after)])[1] == before


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "HEIC"])
@pytest.mark.parametrize("written", [as_element, as_attribute])
def test_categories_get_the_tags_and_come_back_byte_for_byte(tool, tmp_path, form, written):
    photo = with_remote(tmp_path / "photo", form, written(THEIRS))
    tagged, before, after = write(tool, photo, [NIGHT, "Day"])
    strange = photo.with_name("strange")
    shutil.copyfile(tagged, strange)
    assert write(tool, strange, [' <a>\t"b"|c '])[2].categories[-1] == '<a> "b"/c'
    tagged, before, after = write(tool, photo, [NIGHT, "Day"])
    assert before.categories == ("Places|Rome & Sea", "Time")
    assert before == ask(tool, photo)
    assert after.categories == ("Places|Rome & Sea", "Time", "Time|Night", "Day")
    night = '<Category Assigned="1">Time<Category Assigned="1">Night</Category></Category>'
    read = exiftool("-s3", "-XMP-acdsee:Categories", tagged).strip()
    assert read == THEIRS.replace('<Category Assigned="1">Time</Category>', night).replace(
        "</Categories>", '<Category Assigned="1">Day</Category></Categories>'
    )
    kept = [(before, Keywords.from_json(after.to_json()))]
    untagged, again = unwrite(tool, tagged, kept)
    assert again.written() == before.written()
    assert exiftool("-b", "-XMP", untagged) == exiftool("-b", "-XMP", photo)


def test_categories_that_a_person_changed_since_lose_ours_alone(tool, tmp_path):
    photo = with_remote(tmp_path / "photo", "JPEG", as_element(THEIRS))
    tagged, before, after = write(tool, photo, [NIGHT])
    mine = exiftool("-s3", "-XMP-acdsee:Categories", tagged).strip()
    mine = mine.replace("</Categories>", '<Category Assigned="1">Mine</Category></Categories>')
    exiftool("-q", "-overwrite_original", f"-XMP-acdsee:Categories={mine}", tagged)
    untagged, again = unwrite(tool, tagged, [(before, after)])
    assert again.categories == ("Places|Rome & Sea", "Time", "Mine")
    shown = exiftool("-s3", "-XMP-acdsee:Categories", untagged).strip()
    assert shown == THEIRS.replace(
        "</Categories>", '<Category Assigned="1">Mine</Category></Categories>'
    )


DEEP = '<Category Assigned="1">a' * 99 + "</Category>" * 99


@pytest.mark.parametrize(
    "text",
    [
        "Places, Rome",
        "<Categories><Category>",
        "<Categories/>x",
        f"<Categories>{DEEP}</Categories>",
    ],
)
def test_a_text_that_is_not_acdsees_stays(tool, tmp_path, text):
    photo = with_remote(tmp_path / "photo", "JPEG", as_element(text))
    tagged, before, after = write(tool, photo, ["Day"])
    assert before.categories == after.categories == ()
    assert exiftool("-s3", "-XMP-acdsee:Categories", tagged) == f"{text}\n"


def test_categories_of_which_none_is_assigned_stay_and_get_tags(tool, tmp_path):
    text = '<Categories><Category Assigned="0">Places</Category></Categories>'
    photo = with_remote(tmp_path / "photo", "JPEG", as_element(text))
    tagged, before, after = write(tool, photo, ["Day"])
    assert after.categories == ("Day",)
    untagged, again = unwrite(tool, tagged, [(before, after)])
    assert again.written() == before.written()
    assert untagged.read_bytes() == photo.read_bytes()


def test_categories_in_two_packets_are_refused_with_the_way_out(tool, tmp_path):
    photo = with_remote(tmp_path / "photo", "JPEG", as_element(THEIRS).replace("rdf:about", "x"))
    data = photo.read_bytes()
    second = with_remote(tmp_path / "second", "JPEG", packet(f"<rdf:Description {RDF}/>"))
    more = second.read_bytes()
    start = more.index(b"\xff\xe1")
    size = int.from_bytes(more[start + 2 : start + 4], "big") + 2
    photo.write_bytes(data[:2] + more[start : start + size] + data[2:])
    before = read_keywords(tool, photo)
    assert before.categories
    with pytest.raises(MetadataError, match="--sidecar"):
        write_copy(tool, photo, tmp_path / "new", before, plan(before, ["Day"], "JPEG"))


NAMES = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="|/"), min_size=1)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("|".join), unique=True, max_size=5)


@given(PATHS, PATHS)
def test_any_paths_can_be_assigned_and_taken_back(first, second):
    text = with_assigned(EMPTY_CATEGORIES, first)
    assert sorted(assigned(text)) == sorted(first)
    both = with_assigned(text, dict.fromkeys([*assigned(text), *second]))
    assert {*assigned(both)} == {*first, *second}
    assert assigned(with_assigned(both, assigned(text))) == assigned(text)
    assert with_assigned(both, ()) == EMPTY_CATEGORIES


def test_keywords_of_windows_alone_are_not_hidden_by_new_flat_fields(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), more=["-EXIF:XPKeywords=Volcano; Sea;Volcano;"])
    tagged, before, after = write(tool, photo, ["Day"])
    assert after.subject == after.iptc == ("Volcano", "Sea", "Day")
    assert unwrite(tool, tagged, [(before, after)])[1] == before
    # Not where a person's flat keywords say otherwise, and not without a tag.
    assert plan(Keywords(xp=("x",), subject=("y",)), ["Day"], "JPEG").subject == ("y", "Day")
    assert plan(before, [], "JPEG").subject is None
    assert plan(before, ["Day"], "JPEG", refused={"Sea"}).subject == ("Volcano", "Day")
    sidecar = plan(Keywords(), ["Day"], "XMP", embedded=before)
    assert sidecar.subject == ("Volcano", "Sea", "Day")
    change = restore(after, [(before, after)], only={"Day"})
    assert change.subject == ("Volcano", "Sea")


KEYWORDS = 'xmlns:mwg-kw="http://www.metadataworkinggroup.com/schemas/keywords/"'
TREE = (
    "-XMP-mwg-kw:KeywordInfo={Hierarchy=[{Keyword=Places,Children=[{Keyword=Rome,Applied=true},"
    "{Keyword=Oslo,Applied=false}]},{Keyword=Sea}]}"
)
# The same, as Adobe's library writes structures.
NESTED = (
    f"<mwg-kw:Keywords {KEYWORDS}><rdf:Description><mwg-kw:Hierarchy><rdf:Bag><rdf:li>"
    '<rdf:Description mwg-kw:Keyword="Places"><mwg-kw:Children><rdf:Bag>'
    '<rdf:li mwg-kw:Keyword="Rome" mwg-kw:Applied="True"/>'
    '<rdf:li mwg-kw:Keyword="Oslo" mwg-kw:Applied="False"/></rdf:Bag></mwg-kw:Children>'
    '</rdf:Description></rdf:li><rdf:li rdf:parseType="Resource"><mwg-kw:Keyword>Sea'
    "</mwg-kw:Keyword></rdf:li></rdf:Bag></mwg-kw:Hierarchy></rdf:Description></mwg-kw:Keywords>"
)


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "HEIC"])
@pytest.mark.parametrize("nested", [False, True])
def test_the_working_groups_keywords_get_the_tags_and_come_back(tool, tmp_path, form, nested):
    photo = tmp_path / "photo"
    if nested:
        with_remote(
            photo, form, packet(f'<rdf:Description rdf:about="">{NESTED}</rdf:Description>')
        )
    else:
        put(make(photo, form), more=[TREE])
    tagged, before, after = write(tool, photo, [NIGHT, "a & <b>"])
    assert before.keyword_tree == ("Places|Rome", "Sea")
    assert before.tags() == ("Places", "Rome", "Sea")
    assert after.keyword_tree == ("Places|Rome", "Sea", "Time|Night", "a & <b>")
    shown = exiftool("-struct", "-s3", "-XMP-mwg-kw:KeywordInfo", tagged)
    assert "{Applied=False,Keyword=Oslo}" in shown.replace(" ", "")
    assert "{Applied=True,Keyword=Night}" in shown.replace(" ", "")
    if nested:
        inside = exiftool("-b", "-XMP", tagged).split("<mwg-kw:Keywords")[1]
        assert inside.index("<rdf:Description>") < inside.index("<mwg-kw:Hierarchy>")
    kept = [(before, Keywords.from_json(after.to_json()))]
    untagged, again = unwrite(tool, tagged, kept)
    assert again.written() == before.written()
    assert exiftool("-b", "-XMP", untagged) == exiftool("-b", "-XMP", photo)


def test_a_tree_that_holds_more_than_keywords_stays(tool, tmp_path):
    more = NESTED.replace(
        "<mwg-kw:Keyword>Sea", "<mwg-kw:Other>x</mwg-kw:Other><mwg-kw:Keyword>Sea"
    )
    text = packet(f'<rdf:Description rdf:about="">{more}</rdf:Description>')
    photo = with_remote(tmp_path / "photo", "JPEG", text)
    tagged, before, _ = write(tool, photo, ["Day"])
    assert before.keyword_tree == ()
    assert more.encode() in tagged.read_bytes()


def test_a_text_of_millions_of_categories_is_not_read():
    many = '<Category Assigned="1">a</Category>' * 40_000
    assert assigned(f"<Categories>{many}</Categories>") is None


def test_no_photo_is_in_thousands_of_categories():
    """Working with them takes the square of their number."""
    names = "".join(f'<Category Assigned="1">{number}</Category>' for number in range(2_000))
    assert len(assigned(f"<Categories>{names}</Categories>") or ()) == 2_000
    assert assigned(f"<Categories>{names}<Category>x</Category></Categories>") is None
