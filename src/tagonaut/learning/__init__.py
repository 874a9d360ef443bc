"""Recipes, losses and fitting."""
