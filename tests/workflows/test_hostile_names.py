"""Labels and file names that are markup, turn text or steer terminals, in every page of a run."""

import csv

import tagonaut
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows.audit import audit
from tagonaut.workflows.compare import compare
from tagonaut.workflows.evaluate import evaluate_run
from tagonaut.workflows.explain import explain
from tagonaut.workflows.explore import explore
from tagonaut.workflows.train import train
from tests.conftest import draw_weights, paint_all
from tests.reports.test_page import check_harmless

LABEL = "\"'><script>alert(1)</script><img/onerror=x>\u202ered"


def test_pages_of_a_hostile_collection_are_harmless(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGONAUT_CACHE", str(tmp_path / "cache"))
    table, weights = paint_all(tmp_path, 40), draw_weights(tmp_path)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[c.replace("red", LABEL) for c in row] for row in rows])
    run = tmp_path / "run"
    recipe = load_recipe("fast", ["size=32", "frozen.epochs=1"])
    train(tagonaut.read(table), recipe, out=run, weights=weights)
    pages = [run / "report.html"]
    explored = explore(table, out=tmp_path / "explored")
    pages.append(explored.folder / "explore.html")
    pages.append(compare([run], out=tmp_path / "compared").folder / "compare.html")
    pages.append(audit(tagonaut.read(table), recipe, out=tmp_path / "a", weights=weights).folder)
    pages[-1] /= "audit.html"
    evaluate_run(run)
    pages += [page for page in run.rglob("*.html") if page not in pages]
    picture = next((tmp_path / "images").glob("*.jpg"))
    pages.append(explain(run, [picture], out=tmp_path / "explained").page)
    assert len(pages) == 6
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "\\u202ered" in text
        check_harmless(text)
    card = (run / "README.md").read_text(encoding="utf-8")
    assert "<img" not in card.replace("\\<", "") and "\u202e" not in card
