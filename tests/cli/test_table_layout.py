"""Every table that a command prints fits the terminal, and no figure in it is ever cut."""

import importlib
import os
import pty
import re
import shutil
import sys

import pytest
from rich.cells import cell_len

from tagonaut.cli import output
from tagonaut.cli.table_layout import shorten
from tests.conftest import draw_weights, paint_all

COMMANDS = (
    *("audit", "compare", "evaluations", "explain", "explore", "predict", "split"),
    *("summaries", "train", "tune"),
)
LABELS = {
    "red": "a label of sixty-one characters that somebody thought of, red",
    "green": "緑色の森林と農地が写っている衛星写真のタイル",
    "blue": "🌊🌊🇫🇷 [blue] :ocean: é",
}
"""Long, of wide characters, and of what a terminal or Rich could take for something else."""
WIDTHS = (40, 60, 80, 200)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What every command gives ``print_table``, by the command: each is run once."""
    from tagonaut.cli import main

    folder = tmp_path_factory.mktemp("tables")
    tables = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for variable in ("TAGONAUT_CACHE", "TAGONAUT_STATE"):
            patch.setenv(variable, str(folder / variable))

        def run(*arguments):
            kept = tables.setdefault(arguments[0], [])
            for name in COMMANDS:
                module = importlib.import_module(f"tagonaut.cli.{name}")
                patch.setattr(module, "print_table", lambda *a, **k: kept.append((a, k)))
            patch.setattr(sys, "argv", ["tagonaut", *map(str, arguments)])
            with pytest.raises(SystemExit) as ended:
                main()
            assert ended.value.code in {0, 1, None}, arguments

        table, weights = paint_all(folder, 60), draw_weights(folder)
        lines = table.read_text().splitlines()
        for row, line in enumerate(lines[1:], 1):
            name, _, tags = line.partition(",")
            cell = ";".join(LABELS[tag] for tag in tags.split())
            lines[row] = f'{name},"{cell}",{"🌍 north" if row % 3 else "南の地方の" * 9}'
        table.write_text("\n".join([f"{lines[0]},place", *lines[1:]]) + "\n")
        small = ("--weights", weights, "--set", "size=32", "--set", "frozen.epochs=1")
        some = ("--delimiter", ";")
        run("train", table, *some, *small, "--out", "run")
        shutil.copytree("run", "another run with a rather long name")
        run("evaluate", "run", "--by", "place")
        run("predict", "run", "images/p03.jpg")
        run("compare", "run", "another run with a rather long name")
        run("split", table, *some, "--out", "split.csv")
        run("explore", table, *some)
        run("audit", table, *some, *small, "--folds", "2")
        run("tune", table, "--recipe", "fast", *some, *small, "--trials", "1",
            "--space", "frozen.learning_rate=0.001,0.002")  # fmt: skip
        run("explain", "run", "images/p03.jpg", "--filters", "none")
        run("tag", "run", "images", "--to", "tagged")
        run("untag", "tagged")
    return tables


def drawn_in(width, arguments, settings, monkeypatch, capsys):
    """The lines of a table in a terminal of this width; in a pipe where it is None."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("TTY_COMPATIBLE", "0" if width is None else "1")
    monkeypatch.setenv("COLUMNS", str(width or 80))
    capsys.readouterr()
    output.print_table(*arguments, **settings)
    return re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()


@pytest.mark.parametrize("width", [*WIDTHS, None])
def test_no_figure_of_any_command_is_cut(printed, width, monkeypatch, capsys):
    assert all(printed.values()), "a command that printed no table"
    for command, tables in printed.items():
        for (title, header, rows), settings in tables:
            lines = drawn_in(width, (title, header, rows), settings, monkeypatch, capsys)
            rule = next(at for at, line in enumerate(lines) if set(line.strip()) == {"─"})
            body = lines[rule + 1 : rule + 1 + len(rows)]
            texts = {0, *(header.index(name) for name in settings.get("text", ()))}
            left_out = [line for line in lines if line.startswith("not shown in")]
            hidden = left_out[0].split(": ", 1)[1] if left_out else ""
            shown = [at for at, name in enumerate(header) if at == 0 or name not in hidden]
            assert len(shown) > 1, (command, title)
            for line, row in zip(body, rows, strict=True):
                figures = [row[at] for at in shown if at not in texts and row[at]]
                rest = line
                for figure in figures:
                    assert figure in rest, (command, title, line, figure)
                    rest = rest.partition(figure)[2]
                if width:
                    assert cell_len(line) <= width, (command, title, line)
                else:
                    assert "…" not in line and not left_out
                    assert line.startswith(row[0].rstrip())
            assert title in "\n".join(lines)


def test_what_is_left_out_is_said_with_where_it_is(printed, monkeypatch, capsys):
    _, (labels, settings), *_ = printed["evaluate"]
    assert labels[0].startswith("Each label")
    lines = drawn_in(80, labels, settings, monkeypatch, capsys)
    (line,) = [line for line in lines if line.startswith("not shown")]
    assert re.fullmatch(r"not shown in 80 columns: .*accuracy.* \(--json has all\)", line)
    assert not any(
        line.startswith("not shown")
        for line in drawn_in(200, labels, settings, monkeypatch, capsys)
    )
    heading = next(line for line in lines if line.startswith("label"))
    assert {"F1", "support"} <= set(heading.split())


@pytest.mark.parametrize("width", range(5, 30))
@pytest.mark.parametrize("label", [*LABELS.values(), "e\u0301" * 40, "🇫🇷" * 30, "👍🏽" * 30])
def test_texts_are_shortened_in_the_middle(label, width):
    short = shorten(label, width)
    assert cell_len(short) <= width
    if short == label:
        return
    head, tail = short.split("…")
    assert label.startswith(head) and label.endswith(tail)
    # No mark or half of a flag stands alone.
    for part in (head, tail):
        assert not part.startswith(("\u0301", "🏽"))
        assert sum("🇦" <= character <= "🇿" for character in part) % 2 == 0


def test_a_real_terminal_of_forty_columns():
    code = (
        "from tagonaut.cli.output import print_table\n"
        "print_table('T', ['label', *map(str, range(9))], [['x' * 50, *['12.34 %'] * 9]])"
    )
    child, terminal = pty.fork()
    if not child:
        environment = {**os.environ, "COLUMNS": "40", "TERM": "xterm", "NO_COLOR": "1"}
        os.execve(sys.executable, [sys.executable, "-c", code], environment)
    text = b""
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        text += more
    os.waitpid(child, 0)
    lines = re.sub(r"\x1b\[[\d;]*m", "", text.decode()).splitlines()
    row = next(line for line in lines if line.startswith("xx"))
    assert len(row) <= 40
    assert row.split()[1:] == ["12.34", "%"] * (len(row.split()) // 2)
    assert any(line.startswith("not shown in 40 columns: ") for line in lines)
