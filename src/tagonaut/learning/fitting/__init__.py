"""Fitting of networks, heads and forests."""
