"""Operations that goods come out of and of which nobody said that they ended: their last piece is not due yet, their end not known."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db

_RUNNING = """
SELECT x.lot_id, o.id, o.name, o.started_at FROM operation_lot x JOIN operation o ON o.tenant_id = $1 AND o.id = x.operation_id
WHERE x.tenant_id = $1 AND x.lot_id = ANY($2::uuid[]) AND x.role = 'out' AND o.started_at IS NOT NULL AND o.ended_at IS NULL
ORDER BY o.started_at, o.id
"""


class Running(NamedTuple):
    id: UUID
    name: str
    started_at: datetime


async def running_operations(tenant_id: UUID, speaking: Mapping[UUID, Collection[UUID]]) -> dict[UUID, list[Running]]:
    """By lot, those of all lots that speak for it; lots of which nothing runs are absent."""
    found: dict[UUID, list[Running]] = {}
    for row in await db.fetch(_RUNNING, tenant_id, list({lot for lots in speaking.values() for lot in lots})):
        for root, lots in speaking.items():
            if row["lot_id"] in lots:
                found.setdefault(root, []).append(Running(row["id"], row["name"], row["started_at"]))
    return found
