"""Drawn sample collections: pictures from nothing, with labels that are true."""
