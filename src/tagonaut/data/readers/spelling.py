"""Names that differ only in case or in space."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spelling:
    """How each name is to be spelled; names that are not in it stay as they are."""

    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, names: Iterable[str]) -> list[str]:
        """The names, each as it is to be spelled."""
        return [self.names.get(name, name) for name in names]


def find_spelling(
    counts: Mapping[str, int], *, declared: Sequence[str] = (), merge: bool = False
) -> Spelling:
    """Tell names that differ only in case or space; with ``merge``, spell them alike.

    The spelling kept is the ``declared`` one, else the most frequent, else the first.
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
        told = ", ".join(f"{name!r} ({counts.get(name, 0):,})" for name in spellings)
        if merge:
            names |= dict.fromkeys(spellings, kept)
            notes.append(f"labels that differ only in case or space: {told}: merged as {kept!r}")
        else:
            notes.append(
                f"labels that differ only in case or space: {told} (--normalise merges them)"
            )
    return Spelling(names, tuple(notes))
