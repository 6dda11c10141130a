"""Messages to people outside the page: what is to be sent, by whom, and what became of it."""
