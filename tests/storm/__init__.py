"""The long forms of the acceptance tests: `make storm`, or `python -m tests.storm [T11]`."""
