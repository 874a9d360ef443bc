"""Learning: recipes, losses, preparing pictures, fitting, cross-fitting and searching."""
