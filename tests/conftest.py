"""Fixtures that every test may use; see tests/fixtures."""

pytest_plugins = [
    "tests.fixtures.cluster",
    "tests.fixtures.api",
    "tests.fixtures.demo",
    "tests.fixtures.floor",
    "tests.fixtures.plant",
]
