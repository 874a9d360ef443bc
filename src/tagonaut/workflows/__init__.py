"""Workflows: one module per command, with everything that the command does."""
