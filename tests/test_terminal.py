"""Whatever people read in a terminal goes through one door."""

import ast
import json
from pathlib import Path

import pytest

import tagonaut
from tagonaut.cli.output import echo, print_json, print_notes, print_table
from tagonaut.terminal import harmless_json, say

SOURCE = Path(tagonaut.__file__).parent
HOSTILE = "a\x1b[31m\x85\x9b2J\x7f\u202eb\u2028\u2066\udcff\U000e0001.jpg"


def written(node):
    """The name of a call that writes to a stream of the process, if it is one."""
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    own = name in {"print", "rprint", "rich.print", "Console", "typer.secho", "click.echo"}
    streams = ("sys.stderr.write", "sys.stdout.write", "typer.echo", "click.secho")
    return name if own or name.endswith(streams) else ""


def test_nothing_is_printed_but_through_the_one_door():
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        names = filter(None, map(written, ast.walk(ast.parse(file.read_text(encoding="utf-8")))))
        found[file.relative_to(SOURCE).as_posix()] = sorted(names)
    decoders = {name for name in found if name.startswith("pixels/decode")}
    assert {name: calls for name, calls in found.items() if calls and name not in decoders} == {
        "terminal.py": ["sys.stderr.write"],
        # Tables and documents, of cells that went through `one_line`.
        "cli/output.py": ["Console", *["sys.stdout.write"] * 4],
        # A bar of words of our own, and numbers.
        "progress.py": ["Console"],
    }
    # A decoder in a process of its own tells ours; nobody else hears it.
    assert all(call.startswith("sys.std") for name in decoders for call in found[name])


@pytest.mark.parametrize(
    "output",
    [
        lambda: say(HOSTILE),
        lambda: say(HOSTILE, apart=True),
        lambda: echo(HOSTILE, err=True),
        lambda: echo(HOSTILE),
        lambda: print_notes([HOSTILE] * 30),
        lambda: print_table(HOSTILE, [HOSTILE, "b"], [[HOSTILE, "1"]], caption=HOSTILE),
        lambda: print_json({HOSTILE: [HOSTILE]}),
    ],
)
def test_every_way_of_printing_is_harmless(capsys, output):
    output()
    found = capsys.readouterr()
    text = found.out + found.err
    assert "31m" in text
    assert text.replace("\n", "").isprintable()
    text.encode()


def test_json_for_a_terminal_has_the_same_values(capsys):
    document = {HOSTILE: [HOSTILE, "Übung 👩\u200d🚀", 1.5, None, {"a\\u202e": "\\\u202e"}]}
    print_json(document)
    text = capsys.readouterr().out
    assert json.loads(text) == document
    assert "Übung 👩\u200d🚀" in text and "\\u202e" in text
    plain = json.dumps({"a": ["Übung", 1]}, indent=1, ensure_ascii=False)
    assert harmless_json(plain) is plain
