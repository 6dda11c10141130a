"""News that must reach somebody: appended in the transaction of the fact, delivered by a worker at least once."""

from typing import Any
from uuid import UUID

from server.core import db


async def append(topic: str, *, key: str, payload: dict[str, Any], tenant_id: UUID | None) -> None:
    """Append one event. Events of one `key` are delivered in order; the payload holds ids, no personal data."""
    await db.execute(
        "INSERT INTO outbox (tenant_id, topic, key, payload) VALUES ($1, $2, $3, $4::jsonb)",
        tenant_id, topic, key, db.dumps(payload),
    )  # fmt: skip
