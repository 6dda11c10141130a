"""What stops goods and lifts it again, and what goods bring along into others."""
