"""What was done to lots."""
