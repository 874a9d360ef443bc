"""Chance, for things that differ from one drawing to the next."""

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import Generator

from tagonaut.drawing.canvas import Colour

T = TypeVar("T")


class Chance:
    """Random choices of a drawing, from one generator."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng

    def between(self, low: float, high: float) -> float:
        """A random number between the two."""
        return low + (high - low) * self._rng.random()

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self._rng.random() < share

    def count(self, low: int, high: int) -> int:
        """A random whole number, both ends among them."""
        return low + int(self._rng.random() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[int(self._rng.random() * len(choices))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All of them, in random order."""
        left, order = list(items), []
        while left:
            order.append(left.pop(int(self._rng.random() * len(left))))
        return order

    def near(self, colour: Colour, off: float = 0.07) -> Colour:
        """A colour like that one."""
        light = self.between(1 - off, 1 + off)
        r, g, b = (round(level * light * self.between(0.97, 1.03)) for level in colour)
        return min(r, 255), min(g, 255), min(b, 255)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """So much of the other colour in the one."""
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b


def darker(colour: Colour, by: float = 0.2) -> Colour:
    """The colour in shade."""
    return mixed(colour, (24, 20, 52), by)


def lighter(colour: Colour, by: float = 0.25) -> Colour:
    """The colour in light."""
    return mixed(colour, (255, 252, 236), by)
