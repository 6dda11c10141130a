"""Recipes, charging under them, and what the mass balance says of it."""
