"""Loads a recipe: a shipped one by name, or a TOML file, with changes of its keys."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tagonaut.errors import TagonautError, nearest
from tagonaut.files.reading import parse_toml, read_bytes
from tagonaut.learning.recipes.faults import describe_faults
from tagonaut.learning.recipes.recipe import Recipe

FITS = ("frozen", "network", "forest")


def recipe_names() -> list[str]:
    """The names of the shipped recipes."""
    folder = files("tagonaut") / "recipes"
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml"))


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """A shipped recipe by name, or a ``.toml`` file, with changes such as ``frozen.epochs=9``.

    Raises ``TagonautError`` with one line per fault.
    """
    text = _text(name)
    try:
        values = parse_toml(text)
    except ValueError as error:
        raise TagonautError(f"recipe {name}: not TOML: {error}") from None
    values.setdefault("name", Path(name).stem if name.endswith(".toml") else name)
    return _validated(name, values, changes)


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe with changes such as ``metric=f2``; raises ``TagonautError``."""
    return _validated(recipe.name, recipe.model_dump(exclude_none=True), changes)


def _validated(name: str, values: dict[str, Any], changes: Sequence[str]) -> Recipe:
    for change in changes:
        _apply(values, change)
    for table, kind in (("head", "linear"), ("loss", "bce")):
        if isinstance(values.get(table), dict):
            values[table].setdefault("kind", kind)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise TagonautError("\n  ".join([f"recipe {name}:", *describe_faults(error)])) from None


def _text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return read_bytes(Path(name), follow=True).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise TagonautError(f"recipe {name}: cannot be read ({error})") from None
    if name not in recipe_names():
        known = ", ".join(recipe_names())
        raise TagonautError(
            f"there is no recipe {nearest(name, recipe_names())}: {known}, or a .toml file"
        )
    return (files("tagonaut") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def _apply(values: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise TagonautError(f"--set takes KEY=VALUE such as frozen.epochs=9, not {change!r}")
    try:
        value = parse_toml(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()
    *tables, last = key.strip().split(".")
    if tables and tables[0] in FITS and tables[0] not in values:
        there = ", ".join(f"[{table}]" for table in FITS if table in values)
        raise TagonautError(f"--set {change}: the recipe has no [{tables[0]}]; it has {there}")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise TagonautError(f"--set {change}: {table} is not a table of the recipe")
    values[last] = value
