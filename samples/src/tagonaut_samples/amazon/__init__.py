"""Drawn chips with the labels of Planet's "Understanding the Amazon from Space"."""

from tagonaut_samples.amazon.settings import Amazon

__all__ = ["Amazon"]
