"""Signed links without an account: a supplier announces one delivery, a receiver opens one shipment."""
