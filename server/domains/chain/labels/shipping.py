"""What the label of a case or pallet says: the goods inside at any depth, and for whom they are."""

from typing import Any
from uuid import UUID

from server.core import db
from server.domains.chain import queries
from server.domains.chain.labels.coding import last_day

_CONTENTS = """
WITH RECURSIVE inside(lot, link) AS (
    SELECT $2::uuid, NULL::uuid
  UNION
    SELECT l.from_lot, l.id FROM inside i JOIN link l ON l.tenant_id = $1 AND l.to_lot = i.lot
    WHERE l.kind = 'packed' AND l.until IS NULL AND l.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
)
SELECT t.id AS lot_id, t.lot_no, t.kind, t.expires_at, p.name AS product_name, p.spec, l.unit,
       CASE WHEN count(*) = count(l.quantity) THEN sum(l.quantity) END AS quantity
FROM inside i
JOIN link l ON l.tenant_id = $1 AND l.id = i.link
JOIN lot t ON t.tenant_id = $1 AND t.id = i.lot
JOIN product p ON p.tenant_id = $1 AND p.id = t.product_id
GROUP BY t.id, t.lot_no, t.kind, t.expires_at, p.name, p.spec, l.unit ORDER BY t.lot_no
"""
# On its own line, or on that of a package around it.
_SHIPMENT = """
WITH RECURSIVE around(lot) AS (
    SELECT $2::uuid
  UNION
    SELECT l.to_lot FROM around a JOIN link l ON l.tenant_id = $1 AND l.from_lot = a.lot
    JOIN lot t ON t.tenant_id = $1 AND t.id = a.lot AND t.kind = 'package'
    WHERE l.kind = 'packed' AND l.until IS NULL AND l.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
)
SELECT s.shipment_no, s.delivery_note, c.name AS customer_name, o.name AS outlet_name, o.address AS outlet_address
FROM around a
JOIN shipment_line n ON n.tenant_id = $1 AND n.lot_id = a.lot AND n.returned_at IS NULL
JOIN shipment s ON s.tenant_id = $1 AND s.id = n.shipment_id
JOIN customer c ON c.tenant_id = $1 AND c.id = s.customer_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = s.outlet_id
ORDER BY s.id DESC LIMIT 1
"""
_NOWHERE = {
    "shipment_no": None,
    "delivery_note": None,
    "customer_name": None,
    "outlet_name": None,
    "outlet_address": None,
}


async def shipping_label(tenant_id: UUID, lot_id: UUID) -> dict[str, Any]:
    """The label's texts. Raises NotFound."""
    lot = await queries.lot(tenant_id, lot_id)
    contents = await db.fetch(_CONTENTS, tenant_id, lot_id)
    shipment = await db.fetchrow(_SHIPMENT, tenant_id, lot_id)
    producer = await db.fetchval("SELECT name FROM tenant WHERE id = $1", tenant_id)
    return {
        "lot_id": lot_id, "lot_no": lot["lot_no"], "unit": lot["unit"], "producer": producer,
        "contents": [dict(row) | {"expires_on": last_day(row["expires_at"])} for row in contents],
        **(dict(shipment) if shipment else _NOWHERE),
    }  # fmt: skip
