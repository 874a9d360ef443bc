"""Checks that each package which the code imports is declared in pyproject.toml."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Ours; the samples are found by entry point.
OWN = {"tagonaut", "tagonaut_samples"}


def imported(folder: Path) -> dict[str, str]:
    """The packages that the modules of a folder import, and the first module that does."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                found.setdefault(name.partition(".")[0], str(file.relative_to(ROOT)))
    return {name: file for name, file in found.items() if name not in sys.stdlib_module_names}


def declared() -> set[str]:
    """The distributions that pyproject.toml names, in all extras but that of developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for name, extra in project["optional-dependencies"].items():
        wanted += extra if name != "dev" else []
    return {normal(re.split(r"[\[<>=!~; ]", one)[0]) for one in wanted}


def normal(name: str) -> str:
    """The name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def undeclared() -> list[str]:
    """One line per package that is imported and not declared."""
    known, of = declared(), packages_distributions()
    lines = []
    for name, file in sorted(imported(ROOT / "src").items()):
        distributions = {normal(one) for one in of.get(name, [name])}
        if name not in OWN and not distributions & known:
            lines.append(f"{file} imports {name}: {', '.join(sorted(distributions))} not declared")
    return lines


if __name__ == "__main__":
    sys.exit("\n".join(undeclared()) or None)
