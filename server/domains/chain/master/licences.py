"""Licences that had ended when goods were used or made: of their suppliers, of the materials, of the enterprise itself."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from server.core import db

# When a licence must have held: the supplier's and the material's when it was used (or received), our own when we made it.
# One that ended is no finding where another of its kind and holder held on that day.
_EXPIRED = """
WITH wanted AS (
    SELECT l.id AS lot_id, f.id AS source_id, f.lot_no, f.supplier_id, f.product_id, false AS own,
           (coalesce(k.at, k.created_at) AT TIME ZONE 'Asia/Shanghai')::date AS on_day
    FROM lot l JOIN link k ON k.tenant_id = $1 AND k.to_lot = l.id AND k.kind IN ('consumed', 'installed') AND k.reverses IS NULL
    JOIN lot f ON f.tenant_id = $1 AND f.id = k.from_lot
    WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
  UNION
    SELECT l.id, l.id, l.lot_no, l.supplier_id, l.product_id, l.supplier_id IS NULL,
           (coalesce(l.received_at, l.production_ended_at, l.produced_at, l.created_at) AT TIME ZONE 'Asia/Shanghai')::date
    FROM lot l WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])
)
SELECT DISTINCT w.lot_id, c.id AS certificate_id, c.kind, c.number, c.valid_to, w.on_day, w.lot_no,
       coalesce(s.name, p.name) AS holder
FROM wanted w
JOIN certificate c ON c.tenant_id = $1
    AND (c.supplier_id = w.supplier_id OR c.product_id = w.product_id OR (w.own AND c.supplier_id IS NULL AND c.product_id IS NULL))
LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = c.supplier_id
LEFT JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id
WHERE c.valid_to < w.on_day
  AND NOT EXISTS (SELECT FROM certificate o WHERE o.tenant_id = $1 AND o.kind = c.kind
                  AND o.supplier_id IS NOT DISTINCT FROM c.supplier_id AND o.product_id IS NOT DISTINCT FROM c.product_id
                  AND coalesce(o.valid_to >= w.on_day, true) AND coalesce(o.valid_from <= w.on_day, true))
ORDER BY w.lot_id, c.valid_to, c.id
"""


class ExpiredLicence(NamedTuple):
    """`valid_to` was over on `on_day`, when `lot_no` was used, received or made. `holder`: None is the enterprise itself."""

    certificate_id: UUID
    kind: str
    number: str
    valid_to: date
    on_day: date
    lot_no: str
    holder: str | None


async def licences_expired(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, list[ExpiredLicence]]:
    """By lot; lots without a finding are missing in the answer."""
    found: dict[UUID, list[ExpiredLicence]] = defaultdict(list)
    for row in await db.fetch(_EXPIRED, tenant_id, list(lot_ids)):
        lot_id, *licence = row
        found[lot_id].append(ExpiredLicence(*licence))
    return dict(found)
