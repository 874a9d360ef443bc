"""Drawn picture collections with known labels."""
