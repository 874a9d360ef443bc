"""A run as an exported graph: its pictures, scores and decision rule."""
