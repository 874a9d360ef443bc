"""A tag to be written: its name, and its place in a hierarchy if it has one."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple, Self


class Tag(NamedTuple):
    """``name`` is what flat fields get; ``path`` ends with it, or is empty: no hierarchy.

    ``Tag("Night", ("Time", "Night"))`` is Night below Time.
    """

    name: str
    path: tuple[str, ...] = ()

    @classmethod
    def of(cls, tag: "Tag | str") -> Self:
        """The tag that is meant; a plain string is one without a hierarchy."""
        if isinstance(tag, str):
            return cls(tag)
        path = tuple(part for part in tag.path if part.strip())
        return cls(tag.name, path if len(path) > 1 else ())

    @property
    def components(self) -> tuple[str, ...]:
        """The path, of one component where there is no hierarchy."""
        return self.path or (self.name,)


def unique(tags: Iterable[Tag | str]) -> list[Tag]:
    """Each tag once, in order, without those whose name is blank."""
    meant = (Tag.of(tag) for tag in tags)
    return list(dict.fromkeys(tag for tag in meant if tag.name.strip()))


def alike(word: str) -> str:
    """A keyword in the form that is compared: without space around it, and composed (NFC).

    A Mac writes an accent as a character of its own; programs and people take both for one word.
    """
    return word.strip() if word.isascii() else unicodedata.normalize("NFC", word).strip()


def caseless(word: str) -> str:
    """A keyword in the form that is compared where capitals make no other word, as to people."""
    if word.isascii():
        return word.strip().lower()
    # Unicode, 3.13, D145: folding can undo the composition.
    return alike(unicodedata.normalize("NFD", word).casefold())
