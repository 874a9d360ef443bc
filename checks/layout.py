"""Holds the layout of the code: sizes of functions and folders, import circles, workflows.

    python checks/layout.py

prints one line for each place that breaks a rule, and ends with status 1 if there is any. The rules
have no exceptions by name:

- a function has at most 60 lines and 8 parameters, outside of ``cli/``, where a signature is the
  list of a command's options;
- a folder has at most 16 Python files, but for ``cli/`` and ``workflows/``, which have one for each
  command;
- no module imports itself by way of others;
- each file of ``workflows/`` is a command: it has a namesake in ``cli/``;
- each path that CONTRIBUTING.md names exists, in the checkout or in the package.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "src", ROOT / "samples" / "src")
LINES, PARAMETERS, FILES = 60, 8, 16

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> int:
    """Print what breaks the rules; the exit status."""
    files = {file: ast.parse(file.read_text("utf-8")) for file in _python_files()}
    broken = [*_functions(files), *_folders(files), *_circles(files), *_workflows(), *_paths()]
    for line in broken:
        print(line)
    return int(bool(broken))


def _python_files() -> Iterator[Path]:
    for source in SOURCES:
        yield from sorted(source.rglob("*.py"))


def _in_cli(file: Path) -> bool:
    return file.parent == ROOT / "src" / "tagonaut" / "cli"


def _functions(files: dict[Path, ast.Module]) -> Iterator[str]:
    for file, tree in files.items():
        if _in_cli(file):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, Function):
                continue
            lines, parameters = _length(node), _parameters(node)
            where = f"{file.relative_to(ROOT)}:{node.lineno}: {node.name}"
            if lines > LINES:
                yield f"{where} has {lines} lines, more than {LINES}"
            if parameters > PARAMETERS:
                yield f"{where} has {parameters} parameters, more than {PARAMETERS}"


def _length(function: Function) -> int:
    """Its lines from ``def`` to the end, the docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parameters(function: Function) -> int:
    """How many parameters it takes; ``self`` and ``cls`` do not count."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    names += [one.arg for one in (given.vararg, given.kwarg) if one]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _folders(files: dict[Path, ast.Module]) -> Iterator[str]:
    one_for_each_command = {ROOT / "src" / "tagonaut" / room for room in ("cli", "workflows")}
    for folder in sorted({file.parent for file in files}):
        count = sum(file.parent == folder for file in files)
        if count > FILES and folder not in one_for_each_command:
            yield f"{folder.relative_to(ROOT)} has {count} files, more than {FILES}"


def _circles(files: dict[Path, ast.Module]) -> Iterator[str]:
    """Modules that reach themselves, each circle once; imports inside functions count too."""
    modules = {_module(file): tree for file, tree in files.items()}
    graph = {name: _imported(tree, modules) - {name} for name, tree in modules.items()}
    seen: set[frozenset[str]] = set()
    for name in graph:
        circle = _path_back(name, graph)
        if circle and frozenset(circle) not in seen:
            seen.add(frozenset(circle))
            yield f"import circle: {' -> '.join([*circle, circle[0]])}"


def _module(file: Path) -> str:
    source = next(source for source in SOURCES if file.is_relative_to(source))
    parts = file.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.Module, modules: dict[str, ast.Module]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules else node.module)
    return found & modules.keys()


def _path_back(start: str, graph: dict[str, set[str]]) -> list[str]:
    """The shortest way along imports from a module to itself; empty where there is none."""
    ways = [[start]]
    reached: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in sorted(graph[way[-1]]):
            if name == start:
                return way
            if name not in reached:
                reached.add(name)
                ways.append([*way, name])
    return []


def _workflows() -> Iterator[str]:
    package = ROOT / "src" / "tagonaut"
    commands = {file.name for file in (package / "cli").glob("*.py")}
    for file in sorted((package / "workflows").glob("*.py")):
        if file.name not in commands:
            yield f"{file.relative_to(ROOT)} is no command: cli/{file.name} is missing"


def _paths() -> Iterator[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for path in dict.fromkeys(re.findall(r"`([\w./-]+(?:/|\.(?:py|toml|md|html|css)))`", text)):
        if not any((place / path).exists() for place in (ROOT, ROOT / "src" / "tagonaut")):
            yield f"CONTRIBUTING.md: there is no {path}"


if __name__ == "__main__":
    sys.exit(main())
