"""The outside world, a folder per vendor. Each implements a Protocol of a domain's ports; wiring alone names them."""
