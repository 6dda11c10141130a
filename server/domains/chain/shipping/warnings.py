"""Dates that speak against a shipment. It is stored all the same: what left has left."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db

# The goods, also inside packages and pieces, as they were sent.
_EARLY = """
SELECT g.lot_no, l.released_at, s.departed_at FROM shipment s
CROSS JOIN LATERAL shipment_goods(s.tenant_id, s.id) g
JOIN lot l ON l.tenant_id = $1 AND l.id = g.lot_id AND l.released_at > s.departed_at
WHERE s.tenant_id = $1 AND s.id = $2 ORDER BY g.lot_no
"""


class LeftEarly(NamedTuple):
    """Goods that left, by what is on record, before they were released."""

    lot_no: str
    released_at: datetime
    departed_at: datetime


async def left_before_release(tenant_id: UUID, shipment_id: UUID) -> list[LeftEarly]:
    """Of the goods of this shipment those that were released after it departed; none while it has not departed."""
    return [LeftEarly(*row) for row in await db.fetch(_EARLY, tenant_id, shipment_id)]
