"""Lists every key that a recipe can have, as read from the settings classes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tagonaut.learning.recipes.recipe import Recipe
from tagonaut.settings import settings_of

PLAIN = {int: "whole number", float: "number", str: "text", bool: "true | false"}


@dataclass(frozen=True)
class Key:
    """A key as ``--set`` takes it, for instance ``network.epochs``.

    ``of``: the kinds of its table that have the key, empty if all have it. ``takes``: its type and
    range. ``default``: as TOML writes it, or ``required`` or ``none``; empty for a table that
    always exists.
    """

    name: str
    of: tuple[str, ...]
    takes: str
    default: str
    description: str


def recipe_keys() -> list[Key]:
    """All keys in the order of a recipe; the keys of a table follow the table."""
    return list(_keys(Recipe, ""))


def _keys(model: type[BaseModel], before: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        place = f"{before}{name}"
        nested = settings_of(field.annotation) if not _is_mapping(field.annotation) else []
        yield Key(place, (), _takes(field), _default(field), field.description or "")
        if len(nested) == 1:
            yield from _keys(nested[0], f"{place}.")
        elif nested:
            yield from _merged(nested, f"{place}.")


def _merged(kinds: Sequence[type[BaseModel]], before: str) -> Iterator[Key]:
    """The keys of a table with several kinds; a key of several kinds is listed once."""
    owners: dict[Key, list[str]] = {}
    names = [str(model.model_fields["kind"].default) for model in kinds]
    for name, model in zip(names, kinds, strict=True):
        for key in _keys(model, before):
            if key.name != f"{before}kind":
                owners.setdefault(key, []).append(name)
    meanings = [
        f"{name}: {model.model_fields['kind'].description}"
        for name, model in zip(names, kinds, strict=True)
    ]
    yield Key(f"{before}kind", (), " | ".join(names), "", "; ".join(meanings))
    for key, having in owners.items():
        yield replace(key, of=() if having == names else tuple(having))


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return f"kind = {value.kind}" if hasattr(value, "kind") else ""
    return json.dumps(value, ensure_ascii=False)


def _takes(field: FieldInfo) -> str:
    return _type(field.annotation) + _range(field.metadata)


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [some for part in arguments[1:] for some in getattr(part, "metadata", [part])]
        return _type(arguments[0]) + _range(inner)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in {Union, UnionType}:
        parts = dict.fromkeys(_type(part) for part in arguments if part is not NoneType)
        return " or ".join(parts)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    return PLAIN.get(annotation, "table")


def _range(metadata: Sequence[Any]) -> str:
    ends = []
    for some in metadata:
        match some:
            case Ge(ge=low):
                ends.append(f"from {low:,}")
            case Gt(gt=low):
                ends.append(f"above {low:,}")
            case Le(le=high):
                ends.append(f"to {high:,}")
            case Lt(lt=high):
                ends.append(f"to below {high:,}")
    return f" {' '.join(ends)}" if ends else ""
