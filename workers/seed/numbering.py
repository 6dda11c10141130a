"""Ids of demo rows: the same on every installation, so that documented examples can name them."""

from collections.abc import Iterator
from itertools import count
from uuid import UUID

PHARMA, DAIRY, AUTHORITY, ELECTRONICS = 1, 2, 3, 4  # the parts that are filled side by side: each counts for itself
MATERIALS = 0x20  # of the dairy, told after its story
INSPECTIONS = 0x30  # of the dairy, told after its story
NONCONFORMITIES = 0x31  # the same
URGENT = 0x32  # the same
DAY = 0x33  # the dairy's whole day, told last
DESK = 0x34  # of the dairy, told before its day
CONSUMERS = 0x38  # of the dairy, told after everything
RUNNING = 0x39  # of the dairy, told after everything
PHONES = 0x36  # of the dairy, told last
PAGES = 0x35  # of the dairy, in the midst of its story


def numbered_ids(part: int) -> Iterator[UUID]:
    """UUIDv7s of the first moment of 2026 (UTC) in the order of their making; no two parts share one."""
    for number in count(1):
        yield UUID(f"019b76da-a800-7000-8{part:03x}-{number:012x}")
