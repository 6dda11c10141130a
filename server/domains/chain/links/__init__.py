"""What was made of what: links are written, ended and reversed, never deleted."""
