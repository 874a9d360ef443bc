"""The settings of a search over a recipe: its space, its sampler, its objective."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from tagonaut.errors import TagonautError
from tagonaut.files.reading import parse_toml
from tagonaut.settings import Settings

Plain = bool | int | float | str
Value = Plain | tuple[Plain, ...]
"""A value that a key of a recipe can have."""

Objective = Literal["map", "f1"]


class Choices(Settings):
    """A searched key takes one of these values."""

    choices: tuple[Value, ...] = Field(min_length=1, description="values to try")

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len(set(map(json.dumps, self.choices))) < len(self.choices):
            raise ValueError("a value is listed twice")
        return self


class Range(Settings):
    """A searched key takes any number from ``low`` to ``high``, both included."""

    low: float = Field(description="the smallest value")
    high: float = Field(description="the largest value")
    log: bool = Field(False, description="sample on a logarithmic scale")
    integer: bool = Field(False, description="whole numbers only")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError("low must be below high")
        if self.log and self.low <= 0:
            raise ValueError("a range with log = true begins above 0")
        if self.integer and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError("a range of integers has whole ends")
        return self

    def samples(self) -> tuple[Value, ...]:
        """Both ends, and a value between them that is whole only if the range is."""
        if self.integer:
            return int(self.low), int(self.high)
        # π, since a third would be whole between 0 and 3.
        return self.low, self.low + (self.high - self.low) / math.pi, self.high


def _kind(dimension: Any) -> str:
    listed = "choices" in dimension if isinstance(dimension, Mapping) else None
    return "choices" if listed or isinstance(dimension, Choices) else "range"


Dimension = Annotated[
    Annotated[Choices, Tag("choices")] | Annotated[Range, Tag("range")], Discriminator(_kind)
]


class TuneSettings(Settings):
    """A search for the best settings of a recipe."""

    trials: int = Field(20, ge=1, le=100_000, description="number of trials")
    sampler: Literal["random", "tpe", "grid"] = Field(
        "tpe",
        description="how settings are chosen: random; tpe, more and more like those that did well"
        " (Bergstra et al., NeurIPS 2011); grid, all combinations of the choices",
    )
    objective: Objective = Field(
        "map",
        description="validation figure to maximise: map (mAP), or f1 (micro, at 0.5), in a trial's"
        " best epoch",
    )
    pruning: bool = Field(
        True,
        description="end a trial early if it is below the median of the earlier trials at the same"
        " epoch",
    )
    warmup: int = Field(3, ge=0, description="number of epochs before a trial can be pruned")
    changes: tuple[str, ...] = Field(
        (),
        description="changes to the recipe during the search only, such as frozen.epochs=10",
    )
    space: dict[str, Dimension] = Field(
        default_factory=dict,
        description="searched keys, each with its choices, or its range: low, high, log, integer",
    )

    @field_validator("space", mode="before")
    @classmethod
    def _with_dotted_keys(cls, space: Any) -> Any:
        """TOML reads ``frozen.learning_rate = …`` as a table in a table."""
        if not isinstance(space, Mapping):
            return space
        flat = _flat(space)
        for key, dimension in flat.items():
            _check_keys(key, dimension)
        return flat

    @model_validator(mode="after")
    def _has_a_grid(self) -> Self:
        ranges = [key for key, dimension in self.space.items() if isinstance(dimension, Range)]
        if self.sampler == "grid" and ranges:
            raise ValueError(
                f"a grid is made of choices, and {ranges[0]} is a range (tune.sampler = random or"
                " tpe takes it)"
            )
        return self

    def samples(self) -> list[tuple[str, Value]]:
        """Each key with each of its choices, or with values that a range can give."""
        return [
            (key, value)
            for key, found in self.space.items()
            for value in (found.choices if isinstance(found, Choices) else found.samples())
        ]

    def grid(self) -> list[dict[str, Value]]:
        """All combinations of the choices; the last key changes fastest."""
        listed = [found.choices for found in self.space.values() if isinstance(found, Choices)]
        return [dict(zip(self.space, values, strict=True)) for values in itertools.product(*listed)]

    @property
    def planned(self) -> int:
        """The number of trials; a grid has no more of them than combinations."""
        return min(self.trials, len(self.grid())) if self.sampler == "grid" else self.trials


def _check_keys(key: str, dimension: Any) -> None:
    if isinstance(dimension, Choices | Range):
        return
    keys = set(dimension) if isinstance(dimension, Mapping) else set()
    if keys != {"choices"} and not {"low", "high"} <= keys <= set(Range.model_fields):
        raise ValueError(
            f"{key} takes {{choices = [...]}}, or {{low = ..., high = ...}} with log and integer"
        )


def _flat(space: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in space.items():
        nested = isinstance(value, Mapping) and all(isinstance(v, Mapping) for v in value.values())
        if nested and value:
            found |= _flat(value, f"{before}{key}.")
        else:
            found[before + key] = value
    return found


def parse_dimension(text: str) -> tuple[str, Choices | Range]:
    """The key and dimension of ``KEY=A,B,C`` or ``KEY=LOW..HIGH``, followed by ``:log``, ``:int``.

    Raises ``TagonautError``.
    """
    key, equals, values = (part.strip() for part in text.partition("="))
    if not (equals and key and values):
        raise TagonautError(
            f"--space takes KEY=A,B,C or KEY=LOW..HIGH, with :log and :int after it, not {text!r}"
        )
    try:
        if ".." in values:
            return key, _range(values)
        listed = _parsed(values) if values.startswith("[") else None
        choices = listed if isinstance(listed, list) else map(_parsed, values.split(","))
        return key, Choices.model_validate({"choices": tuple(choices)})
    except ValidationError as error:
        fault = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise TagonautError(f"--space {text}: {fault}") from None


def _range(text: str) -> Range:
    ends, *kinds = (part.strip() for part in text.split(":"))
    low, high = map(_parsed, ends.split("..", 1))
    if strange := sorted({*kinds} - {"log", "int"}):
        raise TagonautError(f"--space: a range is log or int, or both, not {strange[0]!r}")
    return Range.model_validate(
        {"low": low, "high": high, "log": "log" in kinds, "integer": "int" in kinds}
    )


def _parsed(text: str) -> Any:
    """A TOML value; other text is taken as it is."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text.strip()


def change(key: str, value: Value) -> str:
    """``KEY=VALUE``, as ``load_recipe`` takes it."""
    return f"{key}={json.dumps(value)}"


def change_of_space(texts: Sequence[str]) -> str:
    """The change that sets a recipe's space to these dimensions; see ``parse_dimension``."""
    space = dict(map(parse_dimension, texts))
    inline = [
        f"{json.dumps(key)} = {{"
        + ", ".join(f"{name} = {json.dumps(value)}" for name, value in dimension)
        + "}"
        for key, dimension in space.items()
    ]
    return f"tune.space={{{', '.join(inline)}}}"
