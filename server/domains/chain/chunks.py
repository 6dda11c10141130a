"""Large sets are written some rows at a time, so that no statement runs into the time limit of statements."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
ROWS = 10_000


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in their order, at most ROWS at a time."""
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]
