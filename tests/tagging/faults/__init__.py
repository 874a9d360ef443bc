"""Faults injected for real, and what has to hold after each of them."""
