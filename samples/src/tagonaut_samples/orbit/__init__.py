"""Drawn photos of the Earth as from a space station, with keywords in their own metadata."""

from tagonaut_samples.orbit.settings import Orbit

__all__ = ["Orbit"]
