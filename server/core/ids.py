"""Identifiers: UUIDv7, so that rows of one day lie together in every index."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


def parse_id(value: str) -> UUID | None:
    """The UUID that `value` spells in its canonical form, else None."""
    try:
        parsed = UUID(value)
    except ValueError:
        return None
    return parsed if str(parsed) == value.lower() else None
