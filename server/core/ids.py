"""Identifiers: UUIDv7, so that rows of one day lie together in every index."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from uuid_utils.compat import uuid7

_source: ContextVar[Iterator[UUID] | None] = ContextVar("id_source", default=None)


def new_id() -> UUID:
    """A fresh UUIDv7."""
    source = _source.get()
    return uuid7() if source is None else next(source)


@contextmanager
def ids_from(source: Iterator[UUID]) -> Iterator[None]:
    """Inside, the ids of this task (and of those it starts) come from `source`: data that has the same ids everywhere."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def parse_id(value: str) -> UUID | None:
    """The UUID that `value` spells in its canonical form, else None."""
    try:
        parsed = UUID(value)
    except ValueError:
        return None
    return parsed if str(parsed) == value.lower() else None
