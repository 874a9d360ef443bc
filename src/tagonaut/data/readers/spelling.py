"""Finds names that differ only in case or space, and merges them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spelling:
    """The spelling of each name to change; other names stay as they are."""

    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, names: Iterable[str]) -> list[str]:
        """The names in their new spelling."""
        return [self.names.get(name, name) for name in names]


def find_spelling(
    counts: Mapping[str, int], *, declared: Sequence[str] = (), merge: bool = False
) -> Spelling:
    """Note names that differ only in case or space; with ``merge``, give them one spelling.

    That is the ``declared`` one, else the most frequent in ``counts``, else the first.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys([*declared, *counts]):
        alike[" ".join(name.split()).casefold()].append(name)
    names: dict[str, str] = {}
    notes = []
    for spellings in alike.values():
        if len(spellings) == 1:
            continue
        kept = max(spellings, key=lambda name: (name in declared, counts.get(name, 0)))
        listed = ", ".join(f"{name!r} ({counts.get(name, 0):,})" for name in spellings)
        if merge:
            names |= dict.fromkeys(spellings, kept)
            notes.append(f"labels that differ only in case or space: {listed}: merged as {kept!r}")
        else:
            notes.append(
                f"labels that differ only in case or space: {listed} (--normalise merges them)"
            )
    return Spelling(names, tuple(notes))
