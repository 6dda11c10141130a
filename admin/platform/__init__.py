"""Pages of the platform: enterprises and authorities."""
