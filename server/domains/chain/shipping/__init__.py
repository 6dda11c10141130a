"""Goods leave and are received."""
