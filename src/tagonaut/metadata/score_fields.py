"""Scores in the XMP namespace of our own: a list of "label=score"."""

from collections.abc import Mapping

from tagonaut.metadata.notations import SCORED, Words


def merged(words: Words, scores: Mapping[str, float]) -> Words:
    """The field with these scores, from 0 to 1, in place of earlier ones of the same labels."""
    kept = [word for word in words if word and label_of(word) not in scores]
    return (*kept, *(f"{label}={score:.4f}" for label, score in scores.items()))


def label_of(word: str) -> str:
    """The label that a score is of; empty for a word without one."""
    return SCORED.split(word)[0]
