"""Figures of merit: of tags, of scores, their curves and intervals."""
