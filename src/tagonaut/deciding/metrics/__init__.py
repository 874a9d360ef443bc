"""Metrics of tags and of scores, their curves and intervals."""
