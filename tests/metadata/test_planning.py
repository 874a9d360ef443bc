from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.formats import WITH_IPTC
from tagonaut.metadata.iptc.charsets import latin
from tagonaut.metadata.planning import NEW_DIGEST, Change, plan, restore

WORDS = st.sampled_from(["Day", "Night", "Aurora", "é", "Ψ", "x" * 65, "é" * 33, "\x01", " ", ""])
LISTS = st.none() | st.lists(WORDS, max_size=6).map(tuple)
TAGS = st.lists(WORDS, max_size=4)
FORMATS = st.sampled_from(["JPEG", "TIFF", "PNG", "WebP", "GIF"])


@st.composite
def fields(draw):
    iptc, subject = draw(LISTS), draw(LISTS)
    text = "".join(iptc or ())
    encoding = (
        None
        if iptc is None
        else "ascii"
        if text.isascii()
        else draw(st.sampled_from(["utf-8", "latin"]))
    )
    return Keywords(
        iptc=iptc,
        subject=subject,
        charset=None if encoding in {None, "latin"} else draw(st.sampled_from([None, "UTF8"])),
        digest=draw(st.sampled_from([None, "d"])) if iptc is not None else None,
        true_digest=None if iptc is None else "t",
        encoding=encoding,
        seal=None if iptc is None else "before",
    )


def written(before: Keywords, change: Change) -> Keywords:
    """What a photo reads after the change."""
    text = "".join(change.iptc or ())
    return replace(
        before,
        iptc=change.iptc,
        subject=change.subject,
        charset=change.charset,
        digest="t2" if change.digest == NEW_DIGEST else change.digest,
        true_digest=None if change.iptc is None else "t2",
        encoding="latin" if before.encoding == "latin" else "ascii" if text.isascii() else "utf-8",
        seal="after" if change.iptc != before.iptc else before.seal,
    )


def starts_with(words, start):
    return (words or ())[: len(start or ())] == (start or ())


@given(fields(), TAGS, FORMATS)
def test_everything_stays_and_nothing_is_repeated(before, tags, form):
    """Promise: tags that people wrote are never removed, reordered or written a second time."""
    change = plan(before, tags, form)
    assert starts_with(change.iptc, before.iptc)
    assert starts_with(change.subject, before.subject)
    for old, new in ((before.iptc, change.iptc), (before.subject, change.subject)):
        most = Counter(before.iptc or ()) | Counter(before.subject or ()) | Counter(set(tags))
        assert not Counter(new or ()) - most
        assert (new is None) <= (old is None)


@given(fields(), TAGS, FORMATS)
def test_every_tag_that_xmp_holds_is_there_afterwards(before, tags, form):
    change = plan(before, tags, form)
    assert {tag for tag in tags if tag.strip() and tag != "\x01"} <= set(change.subject or ())


@given(fields(), TAGS, FORMATS)
def test_a_second_time_nothing_is_to_do(before, tags, form):
    """Promise: running the same command again changes nothing."""
    change = plan(before, tags, form)
    again = plan(written(before, change), tags, form)
    assert not again.changes(written(before, change))


@given(fields(), TAGS, FORMATS)
def test_both_fields_agree_where_the_format_has_both(before, tags, form):
    """Promise: IPTC Keywords and dc:subject agree in every format that has both."""
    change = plan(before, tags, form)
    if form not in WITH_IPTC and before.iptc is None:
        assert change.iptc is None
        return
    if before.encoding != "latin":
        assert fitting(change.subject) == fitting(change.iptc)


def fitting(words):
    """The words that both fields can hold."""
    return Counter(
        word for word in words or () if word.strip() and word != "\x01" and len(word.encode()) <= 64
    )


@given(fields(), TAGS, FORMATS)
def test_what_was_written_can_be_taken_back_exactly(before, tags, form):
    """Promise: untag restores a field exactly if nobody has changed it since."""
    change = plan(before, tags, form)
    after = written(before, change)
    back = restore(after, [(before, after)])
    assert (back.iptc, back.subject) == (before.iptc, before.subject)
    assert (back.charset, back.digest) == (before.charset, before.digest)


@given(fields(), TAGS, TAGS, FORMATS)
def test_two_runs_can_be_taken_back_exactly(before, first, second, form):
    once = written(before, plan(before, first, form))
    twice = written(once, plan(once, second, form))
    twice = replace(twice, seal="twice" if twice.iptc != once.iptc else once.seal)
    back = restore(twice, [(once, twice), (before, once)])
    assert (back.iptc, back.subject) == (before.iptc, before.subject)
    assert (back.charset, back.digest) == (before.charset, before.digest)


@given(fields(), TAGS, FORMATS, st.sampled_from(["Mine", "Yours"]), st.integers(0, 6))
def test_a_persons_words_stay_when_ours_are_taken_back(before, tags, form, word, place):
    """Promise: tags that people wrote are never removed, reordered or written a second time."""
    after = written(before, plan(before, tags, form))

    def edited(words):
        return (*(words or ())[:place], word, *(words or ())[place:])

    now = replace(after, iptc=edited(after.iptc), subject=edited(after.subject), seal="theirs")
    back = restore(now, [(before, after)])
    for old, found in ((before.iptc, back.iptc), (before.subject, back.subject)):
        assert Counter(found) == Counter(old or ()) + Counter([word])
        assert [other for other in found if other != word] == list(old or ())


def test_equal_lists_as_printed():
    before = Keywords(iptc=("A", "M") * 3, subject=(), charset="UTF8", encoding="ascii", digest="d")
    change = plan(before, ["A", "Day"], "JPEG")
    assert change.iptc == change.subject == (*("A", "M") * 3, "Day")
    assert change.digest == NEW_DIGEST
    only_subject = plan(Keywords(subject=("B", "B")), [], "TIFF")
    assert only_subject.iptc == only_subject.subject == ("B", "B")
    assert only_subject.charset == "UTF8"


def test_long_keywords_go_to_xmp_alone_and_that_is_told():
    """Promise: keywords longer than IPTC's 64 bytes go to XMP alone, and a message says so."""
    change = plan(Keywords(), ["é" * 33, "é" * 32], "JPEG")
    assert change.iptc == ("é" * 32,)
    assert change.subject == ("é" * 33, "é" * 32)
    (note,) = change.notes
    assert "64 bytes" in note
    assert "XMP alone" in note
    assert not plan(Keywords(subject=("é" * 33,)), ["é" * 33], "JPEG").notes


def test_refused_tags_are_neither_written_nor_copied():
    before = Keywords(iptc=("Day", "Old"), subject=(), encoding="ascii")
    change = plan(before, ["Day", "Night"], "JPEG", refused={"Day", "Night"})
    assert change.iptc == ("Day", "Old")
    assert change.subject == ("Old",)


def test_latin_text_stays_latin():
    before = Keywords(iptc=("Café",), subject=("Café",), encoding="latin")
    change = plan(before, ["Nuée", "Ψ"], "JPEG")
    assert change.iptc == ("Café", "Nuée")
    assert change.subject == ("Café", "Nuée", "Ψ")
    assert change.charset is None
    assert "Latin" in change.notes[0]


def test_a_character_set_is_declared_only_where_it_is_needed():
    ascii_only = Keywords(iptc=("a",), subject=("a",), encoding="ascii")
    assert plan(ascii_only, ["b"], "JPEG").charset is None
    assert plan(ascii_only, ["é"], "JPEG").charset == "UTF8"
    assert plan(Keywords(), ["b"], "JPEG").charset == "UTF8"
    assert plan(Keywords(), ["b"], "PNG").charset is None
    undeclared = Keywords(iptc=("é",), subject=("é",), encoding="utf-8")
    assert plan(undeclared, ["b"], "JPEG").charset == "UTF8"
    other = Keywords(iptc=("a",), subject=("a",), encoding="ascii", charset="\x1b-A")
    change = plan(other, ["é", "b"], "JPEG")
    assert (change.iptc, change.subject) == (("a", "b"), ("a", "é", "b"))
    assert change.charset == "\x1b-A"


def test_the_digest_stays_known_to_be_right_when_somebody_wrote_since():
    """An IPTCDigest that was current is so again after a person's edit."""
    before = Keywords(iptc=("a",), subject=("a",), charset="UTF8", digest="d0", seal="s0")
    after = replace(before, iptc=("a", "b"), subject=("a", "b"), digest="d1", seal="s1")
    theirs = replace(after, digest="d2", true_digest="d2", seal="s2")
    back = restore(theirs, [(before, after)])
    assert (back.iptc, back.digest) == (("a",), NEW_DIGEST)


LONG = "Grad Sisimiut " * 4 + "an der Davisstraße, Grönland"


@pytest.mark.parametrize("size", [64, 63, 62])
def test_what_iptc_cut_short_is_no_keyword_of_its_own(size):
    assert len(LONG.encode()) > 64
    cut = LONG.encode()[:size].decode(errors="ignore").rstrip()
    before = Keywords(iptc=(cut, "b"), subject=(LONG,), encoding="utf-8")
    change = plan(before, ["new"], "JPEG")
    assert change.subject == (LONG, "b", "new")
    assert change.iptc == (cut, "b", "new")
    # One that is not cut, and one that only begins alike.
    short = Keywords(iptc=("Grad",), subject=(LONG,), encoding="ascii")
    assert plan(short, [], "JPEG").subject == (LONG, "Grad")


def test_undeclared_iptc_teaches_xmp_no_accents():
    """Łódź in Windows-1250, as Windows-1252 has it."""
    before = Keywords(iptc=("£ódŸ", "b"), subject=("Malmö", "Café"), encoding="latin")
    change = plan(before, ["new"], "JPEG")
    assert change.subject == ("Malmö", "Café", "b", "new")
    assert change.iptc == ("£ódŸ", "b", "new")
    assert "not copied to XMP" in change.notes[0]
    after = replace(before, iptc=change.iptc, subject=change.subject)
    again = plan(after, ["new"], "JPEG")
    assert not again.changes(after)
    assert again.notes == ()
    # Where XMP has nothing, there is nothing to go by; that is told although nothing is written.
    alone = Keywords(iptc=("Café",), encoding="latin")
    assert plan(alone, [], "JPEG").subject is None
    assert "--iptc-charset" in plan(alone, [], "JPEG").notes[0]


def as_latin(*words, charset):
    """IPTC keywords in a character set that the block does not declare, as they are read."""
    return tuple(latin(word.encode(charset)) for word in words)


@pytest.mark.parametrize("charset", ["koi8-r", "shift_jis", "mac_roman", "cp1252", "cp1251"])
def test_a_person_can_name_the_character_set_of_iptc(charset):
    """Words that people gave, and tags in other letters: these go to XMP alone."""
    word = {"shift_jis": "夜明け", "koi8-r": "Москва", "cp1251": "Москва"}.get(charset, "Öl")
    before = Keywords(iptc=as_latin(word, "b", charset=charset), encoding="latin")
    assert plan(before, ["new"], "JPEG").subject == ("b", "new")
    change = plan(before, ["new"], "JPEG", iptc_charset=charset)
    assert change.subject == (word, "b", "new")
    assert change.iptc == (*before.iptc, "new")
    assert change.notes == ()
    after = written(before, change)
    assert not plan(after, ["new"], "JPEG", iptc_charset=charset).changes(after)
    assert not plan(after, ["new"], "JPEG").changes(after)
    assert restore(after, [(before, after)]).iptc == before.iptc


@pytest.mark.parametrize("charset", ["koi8-r", "shift_jis", "mac_roman", "cp1252", "cp1250"])
def test_a_keyword_that_xmp_has_too_tells_the_character_set(charset):
    words = {
        "koi8-r": ("Москва", "Река"),
        "shift_jis": ("夜明け", "山"),
        "cp1250": ("Łódź", "Kraków"),
    }.get(charset, ("Öl", "Café"))
    before = Keywords(iptc=as_latin(*words, charset=charset), subject=(words[0],), encoding="latin")
    change = plan(before, ["Day"], "JPEG")
    assert change.subject == (*words, "Day")
    assert change.iptc == (*before.iptc, "Day")


def test_mixed_encodings_are_judged_word_by_word():
    iptc = (latin("Café".encode()), *as_latin("Москва", charset="koi8-r"), "b")
    change = plan(Keywords(iptc=iptc, encoding="latin"), ["new"], "JPEG")
    assert change.subject == ("Café", "b", "new")
    assert "--iptc-charset" in change.notes[0]


def test_tags_in_other_letters_stay_out_of_iptc_that_is_not_latin():
    before = Keywords(iptc=as_latin("Москва", charset="koi8-r"), encoding="latin")
    change = plan(before, ["Öl", "b"], "JPEG", iptc_charset="koi8-r")
    assert change.iptc == (*before.iptc, "b")
    assert change.subject == ("Москва", "Öl", "b")
    (note,) = change.notes
    assert "XMP alone" in note


@pytest.mark.parametrize(
    ("there", "other"), [("Caf\u00e9", "Cafe\u0301"), ("night", "night "), ("night", " night")]
)
def test_the_same_word_written_otherwise_is_not_repeated(there, other):
    apart = Keywords(iptc=(there,), subject=(other,), encoding="utf-8", charset="UTF8")
    assert not plan(apart, [], "JPEG").changes(apart)
    assert not plan(apart, [there], "JPEG").changes(apart)
    full = Keywords(
        subject=(other,),
        xp=(other,),
        last_keywords=(other,),
        tags_list=(f"a/{other}",),
        hierarchical=(f"a|{other}",),
    )
    assert not plan(full, [there], "PNG").changes(full)
    assert not plan(full, [other.strip()], "PNG").changes(full)
