"""Which of a tagger's tags are written, and under which names."""

import codecs
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.tables import DELIMITERS, split_rows
from tagonaut.data.text import read_text
from tagonaut.errors import DataError, TagonautError, nearest
from tagonaut.files.reading import parse_toml
from tagonaut.metadata.tags import Tag

LEVELS = "|"


@dataclass(frozen=True)
class Choice:
    """A selection among the tags that a tagger's decision rule gives, and their names.

    ``labels``: only tags for these. ``min_score``: only tags of at least this score, 0 to 1.
    ``top``: only this many tags per photo, those of the highest scores. ``mapping``: tags by label;
    ``"Time|Night"`` is Night below Time. ``prefix`` is put before every tag; in it, ``|`` ends a
    level above the tag.
    """

    labels: tuple[str, ...] | None = None
    min_score: float | None = None
    top: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise TagonautError(f"a minimum score of {self.min_score}: it has to be from 0 to 1")
        if self.top is not None and self.top < 1:
            raise TagonautError(f"the top {self.top} tags: it has to be one at least")
        if self.labels is not None and not self.labels:
            raise TagonautError("no labels are chosen")
        for text in (self.prefix, *self.mapping.values()):
            if any(ord(character) < 32 for character in text):
                raise TagonautError(f"{text!r} has control characters")
        *levels, before = self.prefix.split(LEVELS)
        if self.prefix and not all(level.strip() for level in levels or [before]):
            raise TagonautError(f"the prefix {self.prefix!r} has a level without a word")
        for label in self.mapping:
            if not all(self.tag_of(label).components) or not self.tag_of(label).name.strip():
                raise TagonautError(f"{label!r} is mapped to {self.mapping[label]!r}: no tag")

    @classmethod
    def of(
        cls,
        labels: Sequence[str] | None,
        min_score: float | None,
        top: int | None,
        mapping: Path | None,
        prefix: str,
    ) -> Self:
        """The choice of a command line: ``mapping`` is a file for ``read_map``."""
        return cls(
            None if labels is None else tuple(labels),
            min_score,
            top,
            {} if mapping is None else read_map(mapping),
            prefix,
        )

    def check(self, known: Sequence[str]) -> None:
        """Raise ``TagonautError`` for a label that the tagger does not know."""
        for label in (*(self.labels or ()), *self.mapping):
            if label not in known:
                raise TagonautError(f"the run has no label {nearest(label, known)}")

    def tag_of(self, label: str) -> Tag:
        """The tag for a label."""
        above, _, before = self.prefix.rpartition(LEVELS)
        levels = [level.strip() for level in above.split(LEVELS)] if above else []
        # A label without a mapping is one word, even with a bar in it.
        mapped = self.mapping.get(label)
        words = [label] if mapped is None else [word.strip() for word in mapped.split(LEVELS)]
        path = (*levels, *words[:-1], before.lstrip() + words[-1])
        return Tag(path[-1], path if len(path) > 1 else ())

    def choose(
        self, labels: Sequence[str], scores: NDArray[np.float32], decided: NDArray[np.bool_]
    ) -> dict[Tag, float]:
        """The tags, with their scores, of one photo's ``scores[k]`` and ``decided[k]``.

        They are in the order of the labels. Several labels of one tag give it the highest of their
        scores; of equal scores at the end of the top, the first label wins.
        """
        found: dict[Tag, float] = {}
        for place in self._places(labels, scores, decided):
            tag, score = self.tag_of(labels[place]), float(scores[place])
            found[tag] = max(score, found.get(tag, score))
        if self.top is None or len(found) <= self.top:
            return found
        best = sorted(found, key=lambda tag: -found[tag])[: self.top]
        return {tag: score for tag, score in found.items() if tag in best}

    def reasons(
        self, labels: Sequence[str], scores: NDArray[np.float32], decided: NDArray[np.bool_]
    ) -> dict[str, tuple[str, ...]]:
        """The labels that gave each tag, by its name; ``top`` does not apply."""
        found: dict[str, tuple[str, ...]] = {}
        for place in self._places(labels, scores, decided):
            name = self.tag_of(labels[place]).name
            found[name] = (*found.get(name, ()), labels[place])
        return found

    def _places(
        self, labels: Sequence[str], scores: NDArray[np.float32], decided: NDArray[np.bool_]
    ) -> list[int]:
        # In 32 bits, as the scores are: 0.8 in 64 bits is more than 0.8 in 32.
        least = np.float32(self.min_score or 0)
        return [
            place
            for place in np.flatnonzero(decided & (scores >= least)).tolist()
            if self.labels is None or labels[place] in self.labels
        ]

    def run_id(
        self,
        run: str,
        labels: Sequence[str],
        *,
        scores: bool = False,
        iptc_charset: str | None = None,
        add: bool = False,
    ) -> str:
        """The journal's id of a run with this choice: another choice gives other tags.

        ``scores``: the run also writes scores into the photos. ``iptc_charset``: it copies keywords
        that it reads by that character set. ``add``: it takes no tags away.
        """
        values = self.to_json() | ({"scores": True} if scores else {})
        if iptc_charset is not None:
            values["iptc_charset"] = codecs.lookup(iptc_charset).name
        if add:
            values["add"] = True
        if self.labels is not None and {*labels} <= {*self.labels}:
            values.pop("labels")
        if not values:
            return run
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
        return f"{run}+{digest[:8]}"

    def to_json(self) -> dict[str, Any]:
        """The settings that differ from the defaults, as plain values in one canonical form."""
        values: dict[str, Any] = {
            "labels": None if self.labels is None else sorted({*self.labels}),
            "min_score": self.min_score,
            "top": self.top,
            "mapping": {
                label: list(self.tag_of(label).components) for label in sorted(self.mapping)
            }
            or None,
            "prefix": self.prefix or None,
        }
        return {key: value for key, value in values.items() if value is not None}


def read_map(path: Path) -> dict[str, str]:
    """Tags by label, from a CSV table of two columns or a TOML file of ``label = "tag"``.

    The delimiter is the comma, semicolon or tab that parts all rows in two; a first row
    ``label,tag`` is a header. Raises ``TagonautError``.
    """
    text = read_text(path)
    return _from_toml(path, text) if path.suffix.lower() == ".toml" else _from_csv(path, text)


def _from_toml(path: Path, text: str) -> dict[str, str]:
    try:
        values = parse_toml(text)
    except ValueError as error:
        raise TagonautError(f"{path}: not TOML ({error})") from None
    for label, word in values.items():
        if not isinstance(word, str):
            raise TagonautError(
                f'{path}: {label!r} is {word!r}: a line reads Night = "Time|Night", and a label'
                " that is more than letters and digits stands in quotes"
            )
    return values


def _from_csv(path: Path, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, cells in split_rows(path, text, _delimiter_of(path, text)):
        words = [cell.strip() for cell in cells]
        if not found and words == ["label", "tag"]:
            continue
        if len(words) != 2:
            raise TagonautError(
                f"{path}:{line}: {len(words)} columns: a row holds a label and its tag"
            )
        label, word = words
        if found.get(label, word) != word:
            raise TagonautError(f"{path}:{line}: {label!r} for the second time")
        found[label] = word
    return found


def _delimiter_of(path: Path, text: str) -> str:
    """The one mark that parts every row in two; where none does, the most frequent one.

    Raises ``TagonautError`` where several do.
    """
    tables: dict[str, list[list[str]]] = {}
    for delimiter in DELIMITERS:
        with suppress(DataError):
            rows = [cells for _, cells in split_rows(path, text, delimiter)]
            # A quote within a cell belongs to a cell of another delimiter's.
            if rows and all(len(cells) == 2 and '"' not in "".join(cells) for cells in rows):
                tables[delimiter] = rows
    if len(tables) > 1:
        marks = " and ".join(repr(mark) for mark in tables)
        raise TagonautError(
            f"{path}: {marks} each part all rows in two: put quotes around cells that hold one, or"
            " write the map as TOML"
        )
    return next(iter(tables), max(DELIMITERS, key=text.count))
