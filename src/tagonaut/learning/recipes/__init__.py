"""Recipes: the settings of one training, as TOML files.

The catalogue, the keys and the measured figures of recipes are modules of their own.
"""

from tagonaut.learning.recipes.loading import changed, load_recipe, recipe_names
from tagonaut.learning.recipes.recipe import Recipe

__all__ = ["Recipe", "changed", "load_recipe", "recipe_names"]
