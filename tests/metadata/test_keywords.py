import json
import os
import signal

import pytest

from tagonaut.errors import MetadataError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_keywords, read_many
from tests.metadata.pictures import exiftool, make, put

LIKE_OTHER_THINGS = ["007", "1e5", "1.50", "-0", "true", "TRUE", "null", "base64:QUJD", "{}", "a,b"]


def test_keywords_that_look_like_numbers_come_back_as_they_are(tool, tmp_path):
    photo = put(make(tmp_path / "a.jpg"), iptc=LIKE_OTHER_THINGS, subject=LIKE_OTHER_THINGS)
    found = read_keywords(tool, photo)
    assert list(found.iptc) == list(found.subject) == LIKE_OTHER_THINGS
    for word in ("1e5", "TRUE"):
        alone = put(make(tmp_path / "b.jpg"), iptc=[word], subject=[word])
        found = read_keywords(tool, alone)
        assert found.iptc == found.subject == (word,)


def test_absent_is_not_empty(tool, tmp_path):
    photo = make(tmp_path / "a.jpg")
    found = read_keywords(tool, photo)
    assert (found.iptc, found.subject, found.encoding, found.seal) == (None, None, None, None)
    exiftool("-q", "-overwrite_original", "-XMP-dc:Subject^=", photo)
    assert read_keywords(tool, photo).subject == ()


def test_tags_are_what_a_person_means(tool, tmp_path):
    photo = put(
        make(tmp_path / "a.jpg"),
        iptc=["Day", " Volcano "],
        subject=["Volcano", "Night"],
        more=["-XMP-lr:HierarchicalSubject=Surface|Volcano", "-XMP-lr:HierarchicalSubject=a| |b"],
    )
    found = read_keywords(tool, photo)
    assert found.hierarchical == ("Surface|Volcano", "a| |b")
    assert found.tags() == ("Day", "Volcano", "Night", "Surface", "a", "b")


def test_undeclared_utf8_is_read_as_what_it_is(tool, tmp_path):
    photo = put(make(tmp_path / "a.jpg"), iptc=["Café", "Ψ"], more=["-charset", "iptc=UTF8"])
    found = read_keywords(tool, photo)
    assert (found.iptc, found.charset, found.encoding) == (("Café", "Ψ"), None, "utf-8")


def test_undeclared_latin_is_read_as_what_it_is(tool, tmp_path):
    photo = put(make(tmp_path / "a.jpg"), iptc=["Café", "5 €"], more=["-IPTC:City=Orléans"])
    found = read_keywords(tool, photo)
    assert (found.iptc, found.charset, found.encoding) == (("Café", "5 €"), None, "latin")


def test_one_latin_value_makes_the_whole_record_latin(tool, tmp_path):
    # "Ã©" in Latin has the bytes of "é" in UTF-8; the city's bytes are no UTF-8 at all.
    photo = put(make(tmp_path / "a.jpg"), iptc=["Ã©"], more=["-IPTC:City=Orléans"])
    assert read_keywords(tool, photo).iptc == ("Ã©",)


def test_keywords_survive_the_way_through_json(tool, tmp_path):
    photo = put(make(tmp_path / "a.jpg"), iptc=["Café"], subject=["x", "y"])
    found = read_keywords(tool, photo)
    assert Keywords.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert Keywords.from_json(Keywords().to_json()) == Keywords()


def test_what_cannot_be_read_is_told_in_one_line(tool, tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("")
    for name, reason in (("empty.jpg", "empty"), ("none.jpg", "No such file")):
        with pytest.raises(MetadataError, match=reason) as caught:
            read_keywords(tool, tmp_path / name)
        assert "\n" not in str(caught.value)
        assert "link" not in str(caught.value)


def test_many_are_read_in_order_with_their_faults(tool, tmp_path):
    paths = [make(tmp_path / f"{number}.png", "PNG") for number in range(120)]
    for number in range(3):
        paths[number] = put(make(tmp_path / f"{number}.jpg"), iptc=[str(number)])
    paths[50] = tmp_path / "none.jpg"
    paths[60] = tmp_path / "empty.jpg"
    paths[60].touch()
    found = list(read_many(tool, iter(paths)))
    assert [path for path, _ in found] == paths
    assert [result.iptc for _, result in found[:3]] == [("0",), ("1",), ("2",)]
    assert [k for k, (_, result) in enumerate(found) if isinstance(result, MetadataError)] == [
        50,
        60,
    ]


def test_one_that_stops_exiftool_costs_itself_alone(tmp_path, monkeypatch):
    photos = [put(make(tmp_path / f"{name}.tif", "TIFF"), iptc=[name]) for name in "abc"]
    with ExifTool(timeout=1) as tool:
        tool.execute(["-ver"], timeout=30)
        execute = tool.execute

        def stumbling(arguments, **named):
            # ExifTool hangs on the second photo, whatever else it is asked.
            names = [name for name in arguments if name.startswith("link")]
            seen = [(tool._folder / name).readlink() for name in names]
            if photos[1] in seen:
                execute(["-ver"], timeout=30)
                os.kill(tool._process.pid, signal.SIGSTOP)
                named["timeout"] = 0.3
            else:
                named["timeout"] = 30
            return execute(arguments, **named)

        monkeypatch.setattr(tool, "execute", stumbling)
        results = [result for _, result in read_many(tool, photos)]
    assert [getattr(result, "iptc", None) for result in results] == [("a",), None, ("c",)]
    assert isinstance(results[1], MetadataError)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iss040e116901", {"Aurora"}),
        ("iss052e006649", {"Aurora", "Movie"}),
        ("iss052e072152", {"Volcano", "Day"}),
        ("iss053e003185", {"Atmosphere", "Day", "Hurricane", "Irma", "Movie"}),
        ("iss053e120369", {"#WinEarthFavs", "Atmosphere", "Hurricane", "TS Saola"}),
    ],
)
def test_real_photos(tool, shared, name, expected):
    found = read_keywords(tool, shared("data/iss/photos") / f"{name}.jpg")
    places = {"Surface", "geo", "North America", "United States", "Washington", "Mt. Rainier"}
    assert set(found.tags()) - places - {"#WinEarthFavs"} == expected - {"#WinEarthFavs"}
    assert len(found.tags()) == len(set(found.tags()))
    assert found.charset == "UTF8"
    if name == "iss052e006649":
        assert found.iptc == ("Aurora", "Movie") * 3
        assert found.subject == ()
        assert found.digest == "1fb5cebd2371d49311862708b075c0bd"
