"""Labels within the plant and on cases, and the codes they print."""
