"""The kinds of collections that can be drawn here: our own, and those of installed packages.

A package declares a kind as an entry point of the group ``tagonaut.collections``, whose name is the
kind's and whose value is a subclass of ``Drawing``.
"""

from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract
from typing import Any, get_type_hints

from tagonaut.drawing.chips import Chips
from tagonaut.drawing.settings import Drawing
from tagonaut.errors import TagonautError, nearest

GROUP = "tagonaut.collections"
SAMPLES = ("amazon", "cartoon", "orbit")
"""The kinds of the package tagonaut-samples, of which we know even where it is missing."""

# Options of ``tagonaut draw`` that a kind cannot have for its own.
TAKEN = {"help", "json", "kind"}


@dataclass(frozen=True)
class OwnOption:
    """An option that a kind adds to ``tagonaut draw``."""

    name: str
    type: type
    default: Any
    help: str
    at_least: int | None


@dataclass(frozen=True)
class Kinds:
    """The kinds by their names, and a line for each that was declared and cannot be used."""

    found: dict[str, type[Drawing]]
    notes: tuple[str, ...]

    def find(self, name: str) -> type[Drawing]:
        """The kind of that name. Raises ``TagonautError`` that lists those there are."""
        if name in self.found:
            return self.found[name]
        if name in SAMPLES:
            raise TagonautError(
                f"{name} is drawn by a package of its own: pip install tagonaut-samples"
                " (--kind chips needs none)"
            )
        raise TagonautError(
            f"there is no kind of collection {nearest(name, [*self.found])}:"
            f" --kind takes {', '.join(self.found)}"
        )

    def with_option(self, name: str) -> list[str]:
        """The names of the kinds that have an option of their own of that name."""
        return [
            kind
            for kind, drawing in self.found.items()
            if any(option.name == name for option in own_options(drawing))
        ]


def kinds() -> Kinds:
    """Look up the kinds of collections, sorted by name."""
    found: dict[str, type[Drawing]] = {"chips": Chips}
    notes: list[str] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        package = point.dist.name if point.dist else "an unknown package"
        where = f"the kind of collection {point.name!r} of {package}"
        if point.name in found:
            notes.append(f"{where} is not used: there is one of this name already")
            continue
        try:
            found[point.name] = _loaded(point, found)
        # It is somebody else's code, which can fail in any way.
        except Exception as error:
            notes.append(f"{where} cannot be used: {type(error).__name__}: {error}")
    return Kinds(dict(sorted(found.items())), tuple(notes))


def own_options(kind: type[Drawing]) -> list[OwnOption]:
    """The options that a kind adds. Raises ``TypeError`` for one that has no place there."""
    common = {field.name for field in fields(Drawing)}
    types = get_type_hints(kind)
    options = []
    for field in fields(kind):
        if field.name in common:
            continue
        name, type_ = field.name, types[field.name]
        if name in TAKEN or type_ not in (bool, int, float, str) or "help" not in field.metadata:
            raise TypeError(f"{name} is not an option that a kind can add")
        help_, least = field.metadata["help"], field.metadata.get("min")
        options.append(OwnOption(name, type_, field.default, help_, least))
    return options


def _loaded(point: EntryPoint, found: dict[str, type[Drawing]]) -> type[Drawing]:
    kind = point.load()
    if not (isinstance(kind, type) and issubclass(kind, Drawing) and is_dataclass(kind)):
        raise TypeError(f"{point.value} is not a dataclass that extends Drawing")
    others = {option.name: option.type for one in found.values() for option in own_options(one)}
    for option in own_options(kind):
        if others.get(option.name, option.type) is not option.type:
            raise TypeError(f"another kind's {option.name} is of another type")
    if isabstract(kind):
        raise TypeError(f"{point.value} does not implement draw")
    return kind
