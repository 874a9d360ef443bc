"""A group of options is a dataclass: the command line shows its fields, the command gets it whole.

Typer reads a command's signature. ``takes_groups`` gives it one in which each group is listed field
by field, and builds the groups again when the command is called.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import ParameterInfo


def takes_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take dataclasses of options.

    A field whose annotation carries ``typer.Option`` is an option of the command. A field without
    one is not an option and keeps its default: so a command that lacks an option of a group, or has
    another default or help text for it, uses a subclass. Parameters of groups are keyword-only,
    since those before them may have defaults.
    """
    signature = inspect.signature(command)
    groups: dict[str, tuple[Any, list[str]]] = {}
    spread: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        if is_dataclass(parameter.annotation):
            options = _options(parameter.annotation)
            groups[name] = parameter.annotation, [option.name for option in options]
            spread += options
        else:
            spread.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def called(**values: Any) -> None:
        for name, (group, options) in groups.items():
            values[name] = group(**{option: values.pop(option) for option in options})
        command(**values)

    called.__signature__ = signature.replace(parameters=spread)  # type: ignore[attr-defined]
    return called


def _options(group: Any) -> list[inspect.Parameter]:
    annotations = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=annotations[field.name],
        )
        for field in fields(group)
        if _is_option(annotations[field.name])
    ]


def _is_option(annotation: Any) -> bool:
    extras = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return any(isinstance(extra, ParameterInfo) for extra in extras)
