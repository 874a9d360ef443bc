"""Recipes: the settings of one training."""
