"""The keyword fields that some readers prefer: hierarchies, digiKam's, Windows'."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagonaut.errors import MetadataError
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import recognise
from tagonaut.metadata.keywords import read_keywords, to_windows
from tagonaut.metadata.notations import DIGIKAM, LIGHTROOM
from tagonaut.metadata.planning import keep, plan, restore
from tagonaut.metadata.tags import Tag
from tagonaut.metadata.writing import write_copy
from tests.metadata.pictures import MAKER_NOTE, exiftool, make, put

NIGHT = Tag("Night", ("Time", "Night"))
ALL = [
    "-XMP-lr:HierarchicalSubject=Surface|Volcano",
    "-XMP-digiKam:TagsList=Surface/Volcano",
    "-XMP-microsoft:LastKeywordXMP=Volcano",
    "-EXIF:XPKeywords=Volcano; Sea;",
]


def write(tool, photo, tags, **named):
    before = read_keywords(tool, photo)
    change = plan(before, tags, recognise(photo), **named)
    target = photo.with_name(f"tagged{photo.suffix}")
    target.unlink(missing_ok=True)
    return target, before, write_copy(tool, photo, target, before, change)


def unwrite(tool, tagged, writes, **named):
    current = read_keywords(tool, tagged)
    target = tagged.with_name(f"untagged{tagged.suffix}")
    target.unlink(missing_ok=True)
    return target, write_copy(tool, tagged, target, current, restore(current, writes, **named))


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "WebP"])
def test_every_field_that_is_there_gets_the_tags_and_gives_them_back(tool, tmp_path, form):
    """Promise: every other keyword field that a photo has is kept and stays consistent."""
    photo = put(make(tmp_path / "photo", form, exif=form == "JPEG"), more=ALL)
    tagged, before, after = write(tool, photo, [NIGHT, "Day 💥"])
    assert after.subject == ("Volcano", "Sea", "Night", "Day 💥")
    assert after.hierarchical == ("Surface|Volcano", "Time|Night", "Day 💥")
    assert after.tags_list == ("Surface/Volcano", "Time/Night", "Day 💥")
    assert after.last_keywords == ("Volcano", "Night", "Day 💥")
    assert after.xp == ("Volcano", " Sea", "", "Night", "Day 💥")
    assert not plan(after, [NIGHT, "Day 💥"], form).changes(after)
    # As others read them.
    shown = exiftool("-s3", "-TagsList", "-HierarchicalSubject", tagged).splitlines()
    assert shown == ["Surface/Volcano, Time/Night, Day 💥", "Surface|Volcano, Time|Night, Day 💥"]
    assert "Volcano; Sea;;Night;Day 💥".encode("utf-16-le") in tagged.read_bytes()
    untagged, again = unwrite(tool, tagged, [(before, after)])
    assert again == before
    if form == "JPEG":
        assert MAKER_NOTE in untagged.read_bytes()
    if form in {"PNG", "WebP"}:
        assert untagged.read_bytes() == photo.read_bytes()


def test_a_photo_without_them_gets_none_but_the_hierarchy_of_a_path(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), subject=["Sea", "a|b"])
    flat = write(tool, photo, ["Day"])[2]
    assert (flat.hierarchical, flat.tags_list, flat.xp, flat.last_keywords) == ((), (), None, ())
    tagged, before, after = write(tool, photo, ["Day", NIGHT])
    # Readers that see a hierarchy ask no other field: what the photo had is in it as well.
    assert after.hierarchical == ("Sea", "a/b", "Day", "Time|Night")
    assert (after.tags_list, after.xp) == ((), None)
    assert unwrite(tool, tagged, [(before, after)])[1] == before


def test_an_empty_list_is_empty_again(tool, tmp_path):
    empty = ["-XMP-lr:HierarchicalSubject^=", "-XMP-digiKam:TagsList^=", "-EXIF:XPKeywords="]
    photo = put(make(tmp_path / "photo", exif=True), more=[*ALL[3:], *empty[:2]])
    tagged, before, after = write(tool, photo, [NIGHT])
    assert before.hierarchical == before.tags_list == ("",)
    assert (after.hierarchical, after.tags_list) == (("Time|Night",), ("Time/Night",))
    assert unwrite(tool, tagged, [(before, after)])[1] == before


def test_only_our_words_go_where_a_person_wrote_since(tool, tmp_path):
    """Promise: untag removes only Tagonaut's words from a field that somebody has changed."""
    photo = put(make(tmp_path / "photo"), more=ALL)
    tagged, before, after = write(tool, photo, [NIGHT, "Day"])
    theirs = ["-XMP-lr:HierarchicalSubject+=Sea|Coast", "-XMP-digiKam:TagsList-=Day"]
    exiftool("-q", "-overwrite_original", *theirs, "-EXIF:XPKeywords=Mine;Night", tagged)
    _, again = unwrite(tool, tagged, [(before, after)])
    assert again.hierarchical == ("Surface|Volcano", "Sea|Coast")
    assert again.tags_list == ("Surface/Volcano",)
    assert again.xp == ("Mine",)
    assert again.last_keywords == ("Volcano",)


def test_a_field_that_loses_its_last_word_goes_whatever_its_kind(tool, tmp_path):
    photo = put(make(tmp_path / "photo", exif=True), more=ALL)
    tagged, before, after = write(tool, photo, [NIGHT])
    theirs = ["-XMP-lr:HierarchicalSubject-=Surface|Volcano", "-EXIF:XPKeywords=Night"]
    exiftool("-q", "-overwrite_original", *theirs, tagged)
    untagged, again = unwrite(tool, tagged, [(before, after)])
    assert (again.hierarchical, again.xp) == ((), None)
    assert again.tags_list == before.tags_list
    assert "XPKeywords" not in exiftool("-XPKeywords", untagged)


def test_one_label_alone_can_be_taken_back(tool, tmp_path):
    photo = put(make(tmp_path / "photo"), iptc=["Sea"], more=ALL)
    tagged, before, after = write(tool, photo, [NIGHT, "Day"], scores={"Night": 0.75, "Day": 0.5})
    _, again = unwrite(tool, tagged, [(before, after)], only={"Night"})
    assert again.iptc == again.subject == ("Sea", "Day")
    assert again.hierarchical == ("Surface|Volcano", "Day")
    assert again.tags_list == ("Surface/Volcano", "Day")
    assert again.xp == ("Volcano", " Sea", "", "Day")
    assert again.scores == ("Day=0.5000",)
    rest = restore(again, [(before, after)])
    assert (rest.iptc, rest.subject, rest.hierarchical) == (("Sea",), None, before.hierarchical)


def test_scores_in_our_own_namespace_are_replaced_and_taken_back(tool, tmp_path):
    photo = make(tmp_path / "photo")
    first, before, after = write(tool, photo, ["Day"], scores={"Day": 0.9, "a=b; c": 0.25})
    assert after.scores == ("Day=0.9000", "a=b; c=0.2500")
    packet = exiftool("-b", "-XMP", first)
    assert "https://tagonaut.org/ns/1.0/" in packet
    again = first.rename(tmp_path / "again")
    second, once, twice = write(tool, again, ["Day"], scores={"Day": 0.8})
    assert twice.scores == ("a=b; c=0.2500", "Day=0.8000")
    untagged, left = unwrite(tool, second, [(once, twice), (before, after)])
    assert left == before
    assert untagged.read_bytes() == photo.read_bytes()


def test_what_windows_cannot_list_is_told(tool, tmp_path):
    photo = put(make(tmp_path / "photo", exif=True), more=ALL[3:])
    before = read_keywords(tool, photo)
    change = plan(before, ["a;b", "Sea", "Volcano"], "JPEG")
    assert change.xp == before.xp
    assert any("semicolon" in note for note in change.notes)
    assert "a;b" in change.subject


def test_undecodable_xp_keywords_are_left_alone(tool, tmp_path):
    photo = make(tmp_path / "photo", exif=True)
    with tool.names([photo]) as (name,):
        tool.execute(["-IFD0:XPKeywords=4100003dd8", "-overwrite_original_in_place", name])
    assert read_keywords(tool, photo).xp is None
    tagged, _, _ = write(tool, photo, [NIGHT])
    with tool.names([tagged]) as (name,):
        assert b"4100003dd8" in tool.execute(["-IFD0:XPKeywords", name])[0]


def test_other_exif_that_would_change_is_noticed(tool, tmp_path, monkeypatch):
    photo = put(make(tmp_path / "photo", exif=True), more=ALL[3:])
    execute = tool.execute

    def careless(arguments, **named):
        more = ["-IFD0:Model=Other"] if "-o" in arguments else []
        return execute([*more, *arguments], **named)

    monkeypatch.setattr(tool, "execute", careless)
    with pytest.raises(MetadataError, match="EXIF Model"):
        write(tool, photo, ["Day"])


def test_journals_of_before_are_read():
    values = {"iptc": ["a"], "subject": None, "hierarchical": ["x|y"], "charset": "UTF8"}
    found = Keywords.from_json(values)
    assert found == Keywords(iptc=("a",), hierarchical=("x|y",), charset="UTF8")
    full = Keywords(tags_list=("a/b",), xp=("", "x"), last_keywords=("",), scores=("a=1",))
    assert Keywords.from_json(json.loads(json.dumps(full.to_json()))) == full


def test_separators_in_names_as_digikam_and_immich_take_them():
    assert LIGHTROOM.path(("TV|Radio", "On/Off")) == "TV/Radio|On/Off"
    assert DIGIKAM.path(("TV|Radio", "On/Off")) == "TV|Radio/On\\Off"
    assert LIGHTROOM.contains(["a|b|c"], ("b",))
    assert LIGHTROOM.contains(["a|b|c"], ("a", "b"))
    assert not LIGHTROOM.contains(["a|b|c"], ("b", "c"))
    assert to_windows(["Ψ", "💥"]) == "Ψ;💥\0".encode("utf-16-le").hex()


NAMES = st.sampled_from(["Day", "Night", "a|b", "a/b", "a;b", " x ", "💥", "", " "])
PATHS = st.builds(
    lambda above, name: Tag(name, (*above, name)), st.lists(NAMES, max_size=2).map(tuple), NAMES
)
LISTS = st.just(()) | st.just(("",)) | st.lists(NAMES.filter(bool), min_size=1).map(tuple)


@st.composite
def fields(draw):
    return Keywords(
        subject=draw(st.none() | LISTS.filter(lambda words: words != ("",))),
        hierarchical=draw(LISTS),
        tags_list=draw(LISTS),
        xp=draw(st.none() | LISTS.filter(bool)),
        last_keywords=draw(LISTS),
        scores=draw(st.sampled_from([(), ("",), ("Day=0.1000", "x=0.2000")])),
    )


def written(before: Keywords, change) -> Keywords:
    return Keywords(**{name: getattr(change, name) for name in vars(keep(before)) if name in NAMED})


NAMED = {"subject", "hierarchical", "tags_list", "xp", "last_keywords", "scores", "iptc"}
TAGS = st.lists(NAMES | PATHS, max_size=4)


@given(fields(), TAGS, TAGS, st.sampled_from(["PNG", "XMP"]), st.dictionaries(NAMES, st.just(0.5)))
def test_two_runs_go_in_once_and_come_back_exactly(before, first, second, form, scores):
    once = written(before, plan(before, first, form, scores=scores))
    assert not plan(once, first, form, scores=scores).changes(once)
    twice = written(once, plan(once, second, form, scores={"Day": 1.0}))
    for name in NAMED:
        old, new = getattr(before, name) or (), getattr(twice, name) or ()
        assert name == "scores" or old == ("",) or new[: len(old)] == old
    back = restore(twice, [(once, twice), (before, once)])
    assert written(before, back) == before


@given(fields(), TAGS, st.sampled_from(["PNG", "XMP"]))
def test_nothing_refused_is_written_and_taking_some_and_the_rest_is_taking_all(before, tags, form):
    assert plan(before, tags, form, refused={Tag.of(tag).name for tag in tags}) == keep(before)
    after = written(before, plan(before, tags, form))
    part = written(after, restore(after, [(before, after)], only={"Day", "a|b"}))
    rest = written(part, restore(part, [(before, after)]))
    for name in NAMED - {"scores"}:
        old, found = getattr(before, name), getattr(rest, name)
        assert found == old or (not found and not old) or {*found} <= {*old, ""}
