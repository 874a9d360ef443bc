from tagonaut.reports.page import write

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
