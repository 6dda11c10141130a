"""What suppliers bring and carriers take: expected, linked, handed over."""
