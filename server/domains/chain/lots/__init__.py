"""Lots come into being: created, split, merged, reworked, packed, corrected."""
