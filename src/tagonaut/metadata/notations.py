"""How a field spells a tag: as one word, as a path of components, or with a score behind it.

No program has an escape for its separator. digiKam, when it reads Lightroom's "|", makes "/" in a
component a backslash; Immich, which separates by "/", shows one in Lightroom's paths as "|".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tagonaut.metadata.tags import alike

Words = tuple[str, ...]


@dataclass(frozen=True)
class Notation:
    """One word per tag, or, with a ``separator``, one path per tag.

    ``instead`` stands for the separator inside a component. ``unfit`` are characters that no word
    of the field can have.
    """

    separator: str = ""
    instead: str = ""
    unfit: str = ""

    @property
    def is_hierarchy(self) -> bool:
        """Whether words are paths."""
        return bool(self.separator)

    def component(self, name: str) -> str:
        """A name as a component of a path."""
        return name.replace(self.separator, self.instead) if self.separator else name

    def path(self, components: Words) -> str:
        """The word of a tag with these components; without a hierarchy, the last of them."""
        if not self.separator:
            return components[-1]
        return self.separator.join(map(self.component, components))

    def split(self, word: str) -> Words:
        """The components of a word, without the space around them."""
        if not self.separator:
            return (word.strip(),)
        return tuple(part.strip() for part in word.split(self.separator))

    def fits(self, components: Words) -> bool:
        """Whether the field can hold a tag with these components."""
        return not any(character in self.path(components) for character in self.unfit)

    def contains(self, words: Iterable[str], components: Words) -> bool:
        """Whether a tag is among the words: one name anywhere, several as the start of a path."""
        wanted = tuple(alike(self.component(name)) for name in components)
        wanted = wanted if self.separator else wanted[-1:]
        splits = (tuple(map(alike, self.split(word))) for word in words)
        if len(wanted) == 1:
            return any(wanted[0] in parts for parts in splits)
        return any(parts[: len(wanted)] == wanted for parts in splits)

    def extended(self, words: Words, wanted: Iterable[Words]) -> Words:
        """The words, and behind them those of the wanted tags that they lack."""
        for components in wanted:
            if not self.contains(words, components):
                words = (*words, self.path(components))
        return words


class _Scored(Notation):
    def split(self, word: str) -> Words:
        return (word.rpartition("=")[0],)


class _Category(Notation):
    def component(self, name: str) -> str:
        # White space is only how the text is laid out.
        return " ".join(super().component(name).split())


FLAT = Notation()
LIGHTROOM = Notation("|", "/")
DIGIKAM = Notation("/", "\\")
# ACDSee's, as the paths of a tree.
CATEGORY = _Category("|", "/")
# Windows joins its keywords by semicolons.
WINDOWS = Notation(unfit=";")
# "label=score", in a field of our own; a word without a score has no label.
SCORED = _Scored()
