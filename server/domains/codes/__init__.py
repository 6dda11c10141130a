"""Coding rules, minting, labels, and what a printed text says about itself without the database."""
