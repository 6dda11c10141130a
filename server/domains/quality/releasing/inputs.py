"""What went into goods and is stopped by now, or was conceded for one customer: whoever releases them should know."""

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from server.core import db

_STOPPED = """
WITH RECURSIVE up(root, lot) AS (
    SELECT l, l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT u.root, k.from_lot FROM up u JOIN link k ON k.tenant_id = $1 AND k.to_lot = u.lot
    WHERE k.kind <> 'packed' AND k.reverses IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT u.root, l.id, l.lot_no,
       (SELECT h.reason FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL ORDER BY h.id LIMIT 1) AS reason,
       l.state = 'rejected' AS rejected, c.name AS customer
FROM up u JOIN lot l ON l.tenant_id = $1 AND l.id = u.lot
LEFT JOIN customer c ON c.tenant_id = $1 AND c.id = l.conceded_customer_id
WHERE u.lot <> u.root AND (l.state = 'rejected' OR l.conceded_customer_id IS NOT NULL OR EXISTS (
    SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL))
ORDER BY u.root, l.lot_no
"""


class StoppedInput(NamedTuple):
    """A lot at any depth in the goods; `reason`: of its oldest open hold; `customer`: for whom alone it was conceded."""

    id: UUID
    lot_no: str
    reason: str | None
    rejected: bool
    customer: str | None

    @property
    def kind(self) -> Literal["on_hold", "rejected", "conceded"]:
        """What counts first."""
        if self.reason is not None:
            return "on_hold"
        return "rejected" if self.rejected else "conceded"


async def stopped_inputs(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, list[StoppedInput]]:
    """By lot; lots in which nothing is stopped are absent."""
    found: dict[UUID, list[StoppedInput]] = {}
    for root, *stopped in await db.fetch(_STOPPED, tenant_id, list(lot_ids)):
        found.setdefault(root, []).append(StoppedInput(*stopped))
    return found
