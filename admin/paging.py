"""Pages of lists: one row more than is shown tells whether there is a next page."""

from collections.abc import Sequence
from typing import TypeVar

from admin.frame import PAGE_ROWS
from server.http.paging import encode_cursor

T = TypeVar("T")
FETCHED = PAGE_ROWS + 1


def cut(rows: Sequence[T], key: str = "id") -> tuple[list[T], str | None]:
    """(the rows of this page, the cursor of the next or None)."""
    shown = list(rows[:PAGE_ROWS])
    more = len(rows) > PAGE_ROWS
    return shown, encode_cursor([_value(shown[-1], key)]) if more else None


def _value(row: object, key: str) -> object:
    return row[key] if hasattr(row, "keys") else getattr(row, key)  # type: ignore[index]
