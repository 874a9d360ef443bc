"""Metrics of tags and of scores, and their curves; outsiders import them from ``deciding``."""
