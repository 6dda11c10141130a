"""Retained samples that looked abnormal (留样异常), as long as no nonconformity was opened about their lot."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db

# Of each lot (`root`) the goods it was split off, merged or worked on again from: the sample of the whole speaks for its parts.
# A nonconformity that was opened about the lot, or a part of it, after the look answers it, and one that was open then.
_STANDING = """
WITH RECURSIVE goods(root, lot) AS (
    SELECT l, l FROM unnest($2::uuid[]) AS l
  UNION
    SELECT g.root, k.from_lot FROM goods g JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot
    WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT DISTINCT g.root, o.id, o.observed_at, o.observer_name, o.remark, s.id AS sample_id, s.sample_no, s.lot_id
FROM goods g
JOIN retained_sample s ON s.tenant_id = $1 AND s.lot_id = g.lot
JOIN retained_observation o ON o.tenant_id = $1 AND o.sample_id = s.id AND o.result = 'abnormal'
WHERE NOT EXISTS (
    SELECT FROM nonconformity n WHERE n.tenant_id = $1 AND (n.lot_id IN (s.lot_id, g.root) OR n.from_lot_id IN (s.lot_id, g.root))
    AND (n.opened_at >= o.observed_at OR n.closed_at >= o.observed_at OR n.state = 'open'))
ORDER BY g.root, o.observed_at, o.id
"""
_LOTS = """
SELECT DISTINCT s.lot_id FROM retained_observation o JOIN retained_sample s ON s.tenant_id = $1 AND s.id = o.sample_id
WHERE o.tenant_id = $1 AND o.result = 'abnormal'
"""


class Abnormal(NamedTuple):
    """A look at a sample that nobody has answered; `lot_id`: the lot that the sample was taken from."""

    id: UUID
    sample_id: UUID
    sample_no: str
    lot_id: UUID
    observed_at: datetime
    observer_name: str
    remark: str | None


async def abnormal_samples(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, list[Abnormal]]:
    """The unanswered looks that speak for each of these lots; lots without one are missing in the answer."""
    found: dict[UUID, list[Abnormal]] = {}
    if not lot_ids:
        return found
    for row in await db.fetch(_STANDING, tenant_id, list(lot_ids)):
        found.setdefault(row["root"], []).append(
            Abnormal(
                row["id"], row["sample_id"], row["sample_no"], row["lot_id"], row["observed_at"], row["observer_name"],
                row["remark"],
            )
        )  # fmt: skip
    return found


async def all_abnormal(tenant_id: UUID) -> list[Abnormal]:
    """Every unanswered look of the enterprise, the oldest first."""
    lots = [row["lot_id"] for row in await db.fetch(_LOTS, tenant_id)]
    found = await abnormal_samples(tenant_id, lots)
    once = {each.id: each for looks in found.values() for each in looks}
    return sorted(once.values(), key=lambda each: each.observed_at)
