"""How fast it is, side by side with the barest thing that does the same: `make bench`, or `python -m tests.bench [NAME]`."""
