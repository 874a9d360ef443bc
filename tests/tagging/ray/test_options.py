"""A cluster has an option of tagging, or refuses it in a line that names it."""

from dataclasses import fields
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.ray.job import HONOURED, check_options
from tests.tagging.folders import fields as fields_of
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.ray.test_sidecars import signed
from tests.tagging.scorer import ByColour, colour

GIVEN = {
    "to": "OUT",
    "choice": Choice(top=1),
    "keep_time": True,
    "break_signatures": True,
    "write_scores": True,
    "add": True,
    "until": 1.0,
    "iptc_charset": "koi8-r",
}
REFUSED = {
    "in_place": True,
    "sidecar": True,
    "sidecar_dir": Path("OUT"),
    "sidecar_name": "adobe",
    "break_links": True,
    "dry_run": True,
    "journal": Path("J"),
    "scores": Path("S.csv"),
    "exclude": ("*.png",),
    "only": ("*.jpg",),
    "parts": frozenset(),
    "any_name": True,
    "or_sidecar": True,
    "nice": True,
}
PLACES = ("in_place", "sidecar", "sidecar_dir")


def test_every_option_of_tagging_is_one_of_both():
    assert {*HONOURED} == {*GIVEN}
    assert {*GIVEN} | {*REFUSED} == {field.name for field in fields(TagOptions)}
    assert not {*GIVEN} & {*REFUSED}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_does_not_have_is_named(name):
    options = {"to": None if name in PLACES else "OUT", name: REFUSED[name]}
    if name == "or_sidecar":  # only with in_place, which is refused
        options |= {"to": None, "in_place": True}
    word = {"or_sidecar": "in-place"}.get(name, name.replace("_", "-"))
    with pytest.raises(TagonautError, match=rf"--engine ray takes.* no .*{word}"):
        check_options(TagOptions(**options))


def test_what_it_has_is_passed_on(tmp_path, tool):
    photos, out = tmp_path / "photos", tmp_path / "out"
    signed(photos / "signed.jpg")
    colour(photos / "a.jpg", "red")
    assert check_options(TagOptions(**GIVEN)) == "OUT"
    given = {name: GIVEN[name] for name in GIVEN if name not in {"to", "until"}}
    assert not done_here(job_of(local(photos), local(out), **given), tmp_path / "scratch").failed
    assert not (out / "signed.jpg.xmp").exists()
    assert [len(one.subject) for one in fields_of(tool, out / "signed.jpg")] == [1]
    assert (out / "a.jpg").stat().st_mtime_ns == (photos / "a.jpg").stat().st_mtime_ns
    other = ByColour("run-2", names=("rot", "grün", "blau", "wasser"))
    job = job_of(local(photos), local(out), other, **given)
    assert not done_here(job, tmp_path / "scratch", other).failed
    assert [len(one.subject) for one in fields_of(tool, out / "a.jpg")] == [2]  # --add


def test_the_guide_lists_every_option():
    guide = (Path(__file__).parents[3] / "docs/cluster.md").read_text()
    table = guide[guide.index("| Options |") : guide.index("Raw and signed")]
    for name in {*GIVEN, *REFUSED} - {"to", "choice", "parts"}:
        assert f"`--{name.replace('_', '-')}`" in table
