"""What an enterprise reads of the scans of its own codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db

_SCANS = """
SELECT at, id, channel, result, device_hash FROM scan
WHERE tenant_id = $1 AND code = $2 AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4)) ORDER BY at DESC, id DESC LIMIT $5
"""


async def scans_of(tenant_id: UUID, code: str, before: tuple[datetime, int] | None, limit: int) -> Sequence[Any]:
    """The scans of one code before a moment and id, newest first."""
    at, id = before or (None, None)
    return await db.fetch(_SCANS, tenant_id, code, at, id, limit)
