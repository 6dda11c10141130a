"""Keyset paging: a page begins after the last row of the one before, so rows added meanwhile move nothing."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import FieldError, Invalid
from server.core.ids import parse_id


class PageQuery(BaseModel):
    """`after` is the cursor of the page before; `limit` rows at most."""

    model_config = ConfigDict(extra="forbid")
    limit: int = Field(50, ge=1, le=500)
    after: str | None = Field(None, max_length=500)


def encode_cursor(values: list[Any]) -> str:
    """An opaque text for the sort key of a page's last row."""
    return urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """The sort key, `length` values; Invalid where the text is no cursor of ours."""
    if cursor is None:
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        values = None
    if not isinstance(values, list) or len(values) != length:
        raise Invalid([FieldError("after", "cursor_invalid")])
    return values


def decode_id(cursor: str | None) -> UUID | None:
    """The id that a page begins after; Invalid where the text is no cursor of ours."""
    values = decode_cursor(cursor, 1)
    if values is None:
        return None
    if (parsed := parse_id(str(values[0]))) is None:
        raise Invalid([FieldError("after", "cursor_invalid")])
    return parsed
