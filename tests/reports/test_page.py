import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tagonaut.reports import page
from tagonaut.reports.page import write

TEMPLATES = Path(page.__file__).with_name("templates")

METRICS = {
    "test": {"tuned": {"pictures": 1, "labels": []}, "at_0.5": {}},
    "interrupted": False,
    "folds": None,
    "tuned_for": "f1",
    "decided_by": "shrunk",
    "left_out": 0,
}


def card(path, name):
    values = {"recipe": {"summary": "<b>", "backbone": "x", "seed": 0}, "summary": [], "counts": {}}
    values["card_figures"] = []
    write(path, "card.md", name=name, metrics=METRICS, **values)
    return path.read_text(encoding="utf-8")


def test_markdown_is_not_escaped_and_odd_names_can_be_written(tmp_path):
    text = card(tmp_path / "card.md", "r\udcff")
    assert "(<b>)" in text
    assert "r\\udcff" in text
    lines = text.splitlines()
    for heading in ("| | tuned |", "| label |"):
        (at,) = (at for at, line in enumerate(lines) if line.startswith(heading))
        assert lines[at + 1].startswith("|---")
        assert lines[at + 1].count("|") == lines[at].count("|")


def test_pages_escape_what_they_are_given(tmp_path):
    write(tmp_path / "page.html", "layout.html", title="<script>")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


HOSTILE = (
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202egpj.exe\x1b]0;x\x07"
)


def parsed(text):
    """The start tags of a page, with their attributes, as a browser sees them."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))

    Reader().feed(text)
    return found


def check_harmless(text):
    """No tag or handler of the hostile name's, nothing that turns text, and a policy."""
    tags = parsed(text)
    assert not [tag for tag, attributes in tags if attributes.get("src") == "x"]
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert not {"\u202e", "\x1b", "\x07"} & {*text}
    (policy,) = (
        attributes["content"]
        for tag, attributes in tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert parts["default-src"] == "'none'" and parts["img-src"] == "data:"
    scripts = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    hashes = [b64encode(sha256(script.encode()).digest()).decode() for script in scripts]
    expected = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    assert parts["script-src"] == expected
    assert not [tag for tag, attributes in tags if tag == "script" and attributes]


def test_a_hostile_name_does_nothing_on_a_page(tmp_path):
    write(tmp_path / "page.html", "layout.html", title=HOSTILE)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    check_harmless(text)
    assert "\\u202egpj.exe\\x1b]0;x\\x07" in text


@pytest.mark.parametrize("template", [path.name for path in TEMPLATES.glob("*.html")])
def test_scripts_are_the_templates_own(template):
    source = (TEMPLATES / template).read_text(encoding="utf-8")
    for script in re.findall("<script.*?</script>", source, re.DOTALL):
        assert script.startswith("<script>")
        assert "{{" not in script and "{%" not in script and "{#" not in script
    # Only drawings of our own are put in as they are.
    marked = re.findall(r"{{\s*(\w+)[^}]*\|\s*safe", source)
    assert {*marked} <= {"curves", "curve", "plot", "objective_plot", "size_plot"}
    # Each value in an attribute is within quotation marks.
    assert not re.findall(r"<[^>{]*=\s*{{", source)


def test_a_hostile_name_does_nothing_in_a_model_card(tmp_path):
    text = card(tmp_path / "card.md", "[a](javascript:x)|<b>`\n# b; $(rm)")
    assert text.startswith("# \\[a\\](javascript:x)\\|\\<b\\>\\`\\n# b; $(rm)\n")
    assert "tagonaut tag '[a](javascript:x)|<b>`\\n# b; $(rm)' PHOTOS" in text
