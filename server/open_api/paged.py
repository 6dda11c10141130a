"""Pages whose sort key is one id."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.http.paging import PageQuery, decode_id, encode_cursor


def after_of(query: PageQuery) -> UUID | None:
    """The id that ended the page before; Invalid where the cursor is none of ours."""
    return decode_id(query.after)


def next_of(rows: Sequence[Any], query: PageQuery, key: str = "id") -> str | None:
    """The cursor of the next page; None where this one was not full."""
    if not rows or len(rows) < query.limit:
        return None
    last = rows[-1]
    return encode_cursor([str(last[key] if hasattr(last, "keys") else getattr(last, key))])
