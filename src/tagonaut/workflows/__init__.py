"""Workflows: one for each command, from beginning to end."""
