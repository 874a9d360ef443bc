"""Labels and file names that are markup, turn text or steer terminals, in every page of a run."""

import csv

import tagonaut
from tagonaut.learning.recipes import load_recipe
from tagonaut.workflows.audit import audit
from tagonaut.workflows.compare import compare
from tagonaut.workflows.evaluate import evaluate_run
from tagonaut.workflows.explain import explain
from tagonaut.workflows.explore import explore
from tagonaut.workflows.predict import predict
from tagonaut.workflows.split import split
from tagonaut.workflows.train import train
from tests.conftest import draw_weights, paint_all
from tests.reports.test_page import check_harmless

FORMULA = "=1+1"
LABEL = "\"'><script>alert(1)</script><img/onerror=x>\u202ered"


def test_pages_of_a_hostile_collection_are_harmless(tmp_path, monkeypatch):
    monkeypatch.setenv("TAGONAUT_CACHE", str(tmp_path / "cache"))
    table, weights = paint_all(tmp_path, 40), draw_weights(tmp_path)
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [[c.replace("red", LABEL).replace("blue", FORMULA) for c in row] for row in rows]
        )
    run = tmp_path / "run"
    recipe = load_recipe("fast", ["size=32", "frozen.epochs=1"])
    train(tagonaut.read(table), recipe, out=run, weights=weights)
    pages = [run / "report.html"]
    explored = explore(table, out=tmp_path / "explored")
    pages.append(explored.folder / "explore.html")
    compared = compare([run], out=tmp_path / "compared")
    pages.append(compared.folder / "compare.html")
    audited = audit(tagonaut.read(table), recipe, out=tmp_path / "a", weights=weights)
    pages.append(audited.folder / "audit.html")
    evaluation = evaluate_run(run)
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
    noted = [explored.figures["notes"], compared.figures["notes"], audited.figures["notes"]]
    noted += [evaluation["notes"], predict([run], [picture]).notes]
    for notes in noted:
        assert [note for note in notes if "begin as formulas do, such as '=1+1'" in note], notes


def test_names_of_pictures_that_are_formulas_are_told(tmp_path):
    table = paint_all(tmp_path, 4)
    (tmp_path / "images" / "p00.jpg").rename(tmp_path / "images" / "@p00.jpg")
    table.write_text(table.read_text().replace("p00", "@p00"))
    told = "1 names begin as formulas do, such as '@p00"
    assert any(note.startswith(told) for note in split(tagonaut.read(table)).notes)
    notes = explore(table, out=tmp_path / "explored").figures["notes"]
    assert any(note.startswith(told) for note in notes)
