"""Where the goods of a lot are that got another number after its labels were printed: split off, merged, packed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.core import db
from server.core.actor import Actor

SameGoodsReason = Literal["split", "merged", "packed"]

# Struck-out links count no more; what was taken out of its case is not in it any more.
# OFFSET 0 has the links of each lot looked up by their index: where the planner still believes the tables to be small, it
# would compare every lot with every link.
_ONWARD = """
goods CROSS JOIN LATERAL (
    SELECT k.from_lot, k.to_lot, k.kind FROM link k
    WHERE k.tenant_id = $1 AND k.from_lot = goods.id AND k.kind IN ('split', 'merged', 'packed')
      AND k.until IS NULL AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
    OFFSET 0) onward
"""
# A lot reached in several ways is named once, by the nearest to being the very same goods.
_SAME_GOODS = f"""
WITH RECURSIVE goods(id) AS (
    SELECT unnest($2::uuid[])
  UNION
    SELECT onward.to_lot FROM {_ONWARD}
)
SELECT DISTINCT ON (l.id) l.id AS lot_id, l.lot_no, onward.kind AS reason, f.lot_no AS from_lot_no
FROM {_ONWARD}
JOIN lot l ON l.tenant_id = $1 AND l.id = onward.to_lot
JOIN lot f ON f.tenant_id = $1 AND f.id = onward.from_lot
WHERE l.id NOT IN (SELECT unnest($2::uuid[]))
ORDER BY l.id, array_position(ARRAY['split', 'merged', 'packed'], onward.kind), f.lot_no
"""  # noqa: S608 - our own condition


@dataclass(frozen=True, slots=True)
class SameGoods:
    """A lot that holds goods of another: `reason` is how they came into it, `from_lot_no` from which."""

    lot_id: UUID
    lot_no: str
    reason: SameGoodsReason
    from_lot_no: str


async def same_goods(actor: Actor, lot_ids: Iterable[UUID]) -> list[SameGoods]:
    """Every other lot that holds goods of these today, at any depth, without those made of them. One statement."""
    return [SameGoods(**row) for row in await db.fetch(_SAME_GOODS, actor.tenant, list(lot_ids))]
