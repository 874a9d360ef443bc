"""The documents agree with the program: links, commands, options, keys, scripts and messages."""

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest
import typer

import tagonaut as package
from tagonaut.cli.app import app
from tagonaut.learning.recipes.keys import recipe_keys

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "samples/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]

of_every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def anchors(document: Path) -> set[str]:
    """The anchors of the headings, as GitHub forms them."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@of_every_document
def test_links_lead_to_files_and_headings(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_links_every_document():
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / "README.md").read_text())
    linked = {(ROOT / link).resolve() for link in links}
    assert {*DOCUMENTS, ROOT / "CONTRIBUTING.md"} - linked == {ROOT / "README.md"}


@of_every_document
def test_the_first_paragraph_says_whom_it_is_for(document):
    first = document.read_text().split("\n\n")[1]
    assert re.search(r"[Tt]his (page|guide|package) is for", first)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


@cache
def options() -> dict[str, set[str]]:
    """The options of each command."""
    program = typer.main.get_command(app)
    return {
        name: {
            option
            for parameter in command.get_params(click.Context(command))
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for name, command in program.commands.items()
    }


def code(document: Path) -> list[str]:
    """Lines of code, with their continuations, and code within the text."""
    text = document.read_text().replace("\\\n", " ")
    return [
        *(line.partition(" #")[0] for line in re.findall(r"^    (.+)$", text, re.MULTILINE)),
        *re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)),
    ]


@of_every_document
def test_commands_and_options_exist(document):
    scripts = "".join(path.read_text() for path in (ROOT / "benchmarks").rglob("run.py"))
    everywhere = set().union(*options().values()) | set(re.findall(r'"(--[a-z0-9-]+)"', scripts))
    for line in code(document):
        command = re.search(r"(?:^|/)tagonaut ([a-z]+)", line)
        assert command is None or command[1] in options(), line
        known = everywhere if command is None else options()[command[1]] | {"--help"}
        assert {*re.findall(r"(?<![\w-])--[a-z0-9-]+", line)} <= known, line


@of_every_document
def test_keys_of_recipes_exist(document):
    keys = {key.name for key in recipe_keys()}
    named = re.findall(r"--(?:set|space) '?([a-z_.0-9]+)=", document.read_text())
    assert {*named} <= keys


@of_every_document
def test_scripts_exist(document):
    text = document.read_text()
    for script in re.findall(r"python ([\w/]+\.py)", text):
        assert (ROOT / script).is_file(), script
    for module in re.findall(r"python -m (benchmarks[\w.]+)", text):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module


def messages() -> set[str]:
    """The texts in the code, with an ellipsis for each value that is put into them."""
    found = set()
    for file in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    part.value if isinstance(part, ast.Constant) else "…" for part in node.values
                ]
                found.add("".join(parts))
    return found


def test_the_archivists_guide_quotes_messages_as_they_are():
    guide = (ROOT / "docs" / "archivist.md").read_text()
    section = guide.partition("## When something is left out")[2].partition("\n## ")[0]
    quoted = re.findall(r"^\| \*(.+?)\* \|", section, re.MULTILINE)
    assert quoted
    there = messages()
    assert [quote for quote in quoted if not any(quote in text for text in there)] == []


def test_the_tests_of_the_threat_table_exist():
    table = (ROOT / "SECURITY.md").read_text().partition("## Threats and tests")[2]
    files = [
        file for folder in ("tests", "samples/tests") for file in (ROOT / folder).rglob("*.py")
    ]
    code = "\n".join(file.read_text() for file in files)
    named = re.findall(r"`(test_\w+)`", table)
    assert len(named) > 30
    assert [name for name in named if f"def {name}(" not in code] == []
    for path in re.findall(r"`([\w/]*test_\w+\.py)`", table):
        assert any(str(file).endswith(f"/{path}") for file in files), path
