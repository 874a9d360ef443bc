"""Hierarchies as other programs write them, a path a line: components between separators."""

from collections.abc import Iterable
from dataclasses import dataclass

from tagonaut.metadata.tags import alike

Words = tuple[str, ...]


@dataclass(frozen=True)
class Notation:
    """A separator, and what stands for it where it is part of a component.

    None of the programs has an escape. digiKam, when it reads Lightroom's "|", makes "/" in a
    component a backslash; Immich, which parts by "/", shows one in Lightroom's paths as "|".
    """

    separator: str
    instead: str

    def component(self, name: str) -> str:
        """The name as a component of a path."""
        return name.replace(self.separator, self.instead)

    def path(self, components: Iterable[str]) -> str:
        """The path of these components."""
        return self.separator.join(self.component(name) for name in components)

    def split(self, path: str) -> Words:
        """The components of a path, without the space around them."""
        return tuple(part.strip() for part in path.split(self.separator))

    def holds(self, paths: Iterable[str], components: Words) -> bool:
        """Whether the paths have it: one name anywhere, several as the beginning of a path."""
        wanted = tuple(alike(self.component(name)) for name in components)
        splits = (tuple(map(alike, self.split(path))) for path in paths)
        if len(wanted) == 1:
            return any(wanted[0] in parts for parts in splits)
        return any(parts[: len(wanted)] == wanted for parts in splits)

    def extended(self, paths: Words, wanted: Iterable[Words]) -> Words:
        """The paths, and behind them those wanted that they lack."""
        for components in wanted:
            if not self.holds(paths, components):
                paths = (*paths, self.path(components))
        return paths


LIGHTROOM = Notation("|", "/")
DIGIKAM = Notation("/", "\\")
