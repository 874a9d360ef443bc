"""Finds names that differ only in case, space or Unicode form, and merges them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tagonaut.metadata.tags import caseless

_ALIKE = "labels that differ only in case, space or Unicode form"


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
    """Note names that differ only in case, space or Unicode form.

    With ``merge``, give them one spelling: the ``declared`` one, else the most frequent in
    ``counts``, else the first. No ``declared`` name gets another spelling.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys([*declared, *counts]):
        alike[" ".join(caseless(name).split())].append(name)
    names: dict[str, str] = {}
    notes = []
    for spellings in alike.values():
        if len(spellings) == 1:
            continue
        kept = max(spellings, key=lambda name: (name in declared, counts.get(name, 0)))
        listed = ", ".join(f"{name!r} ({counts.get(name, 0):,})" for name in spellings)
        if merge:
            others = [name for name in spellings if name != kept and name not in declared]
            if not others:
                continue
            names |= dict.fromkeys(others, kept)
            notes.append(f"{_ALIKE}: {listed}: merged as {kept!r}")
        else:
            notes.append(f"{_ALIKE}: {listed} (--normalise merges them)")
    return Spelling(names, tuple(notes))
