"""Where the goods of a lot are that got another number after its labels were printed: split off, merged, packed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.core import db
from server.core.actor import Actor

SameGoodsReason = Literal["split", "merged", "packed"]

# Struck-out links count no more; what was taken out of its case is not in it any more.
# A lot reached in several ways is named once, by the nearest to being the very same goods.
_HOLDS = """
k.kind IN ('split', 'merged', 'packed') AND k.until IS NULL AND k.reverses IS NULL
    AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
"""
_SAME_GOODS = f"""
WITH RECURSIVE goods(id) AS (
    SELECT unnest($2::uuid[])
  UNION
    SELECT k.to_lot FROM goods JOIN link k ON k.tenant_id = $1 AND k.from_lot = goods.id
    WHERE {_HOLDS}
)
SELECT DISTINCT ON (l.id) l.id AS lot_id, l.lot_no, k.kind AS reason, f.lot_no AS from_lot_no
FROM goods
JOIN link k ON k.tenant_id = $1 AND k.from_lot = goods.id AND {_HOLDS}
JOIN lot l ON l.tenant_id = $1 AND l.id = k.to_lot
JOIN lot f ON f.tenant_id = $1 AND f.id = k.from_lot
WHERE l.id NOT IN (SELECT unnest($2::uuid[]))
ORDER BY l.id, array_position(ARRAY['split', 'merged', 'packed'], k.kind), f.lot_no
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
