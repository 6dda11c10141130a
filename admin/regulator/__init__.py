"""Pages of an authority: the enterprises of its district."""
