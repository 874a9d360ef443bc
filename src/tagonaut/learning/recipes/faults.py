"""The faults of a recipe in words: which key is wrong, and what it takes."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from tagonaut.errors import nearest
from tagonaut.learning.recipes.recipe import Recipe
from tagonaut.settings import settings_of


def describe_faults(error: ValidationError) -> list[str]:
    """One line for each key that is wrong, in the order in which pydantic names them."""
    # A key that takes one type or another has a fault for each type: the first is enough.
    first = {tuple(_place(fault["loc"])[0]): _fault(fault) for fault in reversed(error.errors())}
    return list(first.values())[::-1]


def _fault(fault: Any) -> str:
    names, model = _place(fault["loc"])
    place = ".".join(names)
    if fault["type"] == "extra_forbidden":
        return (
            f"{place}: there is no key {nearest(names[-1], list(model.model_fields))}{_at(names)}"
        )
    if fault["type"] == "union_tag_invalid":
        kinds = [kind.strip(" '") for kind in fault["ctx"]["expected_tags"].split(",")]
        return f"{place}.kind: there is no {_nearest_of(fault['ctx']['tag'], kinds)}"
    if fault["type"] == "literal_error":
        kinds = fault["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{place}: there is no {_nearest_of(fault['input'], kinds)}"
    if fault["type"] == "tuple_type":
        if isinstance(fault["input"], str) and fault["input"].startswith("["):
            return f'{place}: has to be a list of words in quotes: [["one", "other"]]'
        return f"{place}: has to be a list, such as [{fault['input']}]"
    value = "" if isinstance(fault["input"], dict) else f" (it is {fault['input']!r})"
    return f"{place or 'recipe'}: {fault['msg'].removeprefix('Value error, ')}{value}"


def _at(names: list[str]) -> str:
    """The tables that have a key of that name, if it was looked for at the top."""
    tables = [
        f"{table}.{names[0]}"
        for table, field in Recipe.model_fields.items()
        if any(names[0] in model.model_fields for model in settings_of(field.annotation))
        and table != "source"
    ]
    return f"; did you mean {', '.join(tables)}?" if len(names) == 1 and tables else ""


def _nearest_of(name: Any, kinds: Sequence[str]) -> str:
    return f"{nearest(str(name), kinds)}: {', '.join(kinds)}"


def _place(location: Sequence[str | int]) -> tuple[list[str], type[BaseModel]]:
    """The keys of a pydantic location, without its additions, and the last one's settings."""
    model: type[BaseModel] = Recipe
    owner = model
    kinds: dict[str, type[BaseModel]] = {}
    names: list[str] = []
    for part in map(str, location):
        if part in kinds:
            model = kinds[part]
            continue
        field = model.model_fields.get(part)
        if field is None and names and model is owner:
            break  # pydantic's name of the type it tried
        names.append(part)
        owner = model
        found = settings_of(field.annotation) if field is not None else []
        with_kind = [some for some in found if "kind" in some.model_fields]
        kinds = {some.model_fields["kind"].default: some for some in with_kind if len(found) > 1}
        model = found[0] if found else model
    return names, owner
