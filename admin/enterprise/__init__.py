"""Pages of one enterprise's data: its people, and (read-only) its authority."""
