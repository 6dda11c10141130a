"""Large sets are written some rows at a time, so that no statement runs into the time limit of statements."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from server.core import db

T = TypeVar("T")
ROWS = 10_000
MANY = 500


async def plan_for_many(rows: int) -> None:
    """Before a large write: plans that this connection made while tables were small are made again.

    PostgreSQL keeps the plan of a foreign key's check for the life of a connection. One made when `lot` had a page or two
    reads all of it for every row, which took 20 s for 10,000 holds where 1 s is enough.
    """
    if rows >= MANY:
        await db.execute("DISCARD PLANS")


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in their order, at most ROWS at a time."""
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]
