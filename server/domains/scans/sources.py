"""The facts a publication is made of, read in the enterprise's own scope."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from server.core import db
from server.core.errors import NotFound

Row = Mapping[str, Any] | asyncpg.Record

_LOT = """
SELECT l.id, l.lot_no, l.state, l.produced_at, l.produced_on, l.expires_at, l.quantity, l.unit,
       p.id AS product_id, p.name, p.name_en, p.spec, p.brand, p.gtin, p.standard, p.standard_edition, p.category, p.category_en,
       p.label::text AS label, p.publish_allow, p.publish_on_release,
       t.name AS tenant_name, t.credit_code, t.address
FROM lot l JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id JOIN tenant t ON t.id = l.tenant_id
WHERE l.tenant_id = $1 AND l.id = $2 FOR NO KEY UPDATE OF l
"""
_CERTIFICATES = """
SELECT kind, kind_en, number, valid_to, product_id FROM certificate
WHERE tenant_id = $1 AND supplier_id IS NULL AND (product_id IS NULL OR product_id = $2)
  AND (valid_to IS NULL OR valid_to >= CURRENT_DATE) ORDER BY product_id NULLS FIRST, kind, number
"""
_MATERIALS = """
WITH RECURSIVE inside(id) AS (
    SELECT $2::uuid
    UNION
    SELECT k.from_lot FROM inside i JOIN link k ON k.tenant_id = $1 AND k.to_lot = i.id
    WHERE k.reverses IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT l.id, p.name, p.name_en, s.name AS supplier, s.origin, coalesce(l.supplier_lot_no, l.lot_no) AS lot_no, l.received_at,
       q.records, q.fails, q.not_judged
FROM inside i
JOIN lot l ON l.tenant_id = $1 AND l.id = i.id AND l.kind = 'material'
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = l.supplier_id
LEFT JOIN lot_quality q ON q.tenant_id = $1 AND q.lot_id = l.id
WHERE l.id <> $2 ORDER BY p.name, l.received_at, l.id
"""
# The lots whose order of events is told with these: what they were made of, at any depth, and in a package what lies in it.
# A piece with records of its own went by the release of its lot.
_TOLD_WITH = """
WITH RECURSIVE inside(id) AS (
    SELECT unnest($2::uuid[])
    UNION
    SELECT k.from_lot FROM inside i JOIN link k ON k.tenant_id = $1 AND k.to_lot = i.id
    WHERE k.reverses IS NULL AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = k.id)
)
SELECT i.id FROM inside i JOIN lot l ON l.tenant_id = $1 AND l.id = i.id
WHERE l.id = ANY($2::uuid[]) OR (l.kind <> 'package' AND (l.kind <> 'unit' OR l.code_text IS NULL))
"""
_FILES = """
SELECT f.kind, encode(a.digest, 'hex') AS digest, a.file_name, a.media_type, a.title
FROM lot_attachment f JOIN attachment a ON a.tenant_id = f.tenant_id AND a.id = f.attachment_id
WHERE f.tenant_id = $1 AND f.lot_id = $2 AND f.kind IN ('inspection_report', 'photo') ORDER BY a.created_at, a.id
"""
_FORMS = """
SELECT r.id, f.name, f.name_en FROM record r
JOIN form_version v ON v.tenant_id = r.tenant_id AND v.id = r.form_version_id
JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE r.tenant_id = $1 AND r.id = ANY($2::uuid[])
"""
_SHIPMENT = """
SELECT s.id, s.shipment_no, s.departed_at, s.received_at, s.temperature_low, s.temperature_high, s.temperature_unit,
       coalesce(o.name, c.name) AS destination, t.name AS origin
FROM shipment s JOIN tenant t ON t.id = s.tenant_id JOIN customer c ON c.tenant_id = $1 AND c.id = s.customer_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = s.outlet_id
WHERE s.tenant_id = $1 AND s.id = $2 FOR NO KEY UPDATE OF s
"""
_SHIPMENTS_OF_LOT = """
WITH RECURSIVE outside(id) AS (
    SELECT $2::uuid
    UNION
    SELECT k.to_lot FROM outside o JOIN link k ON k.tenant_id = $1 AND k.from_lot = o.id AND k.kind = 'packed'
    WHERE k.until IS NULL AND k.reverses IS NULL
)
SELECT DISTINCT n.shipment_id FROM outside o JOIN shipment_line n ON n.tenant_id = $1 AND n.lot_id = o.id
WHERE n.returned_at IS NULL LIMIT 2
"""
_TEMPERATURES = """
SELECT m.at, m.value FROM record r JOIN measurement m ON m.tenant_id = r.tenant_id AND m.record_id = r.id
WHERE r.tenant_id = $1 AND r.shipment_id = $2 AND m.value IS NOT NULL AND m.unit IN ('°C', '℃')
  AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = r.tenant_id AND c.corrects = r.id)
ORDER BY m.at LIMIT 5000
"""


async def lot(tenant_id: UUID, lot_id: UUID) -> Row:
    """The lot with product and producer, locked: two publications of it wait for each other. Raises NotFound."""
    row = await db.fetchrow(_LOT, tenant_id, lot_id)
    if row is None:
        raise NotFound
    return row


async def shipment(tenant_id: UUID, shipment_id: UUID) -> Row:
    """The shipment, locked. Raises NotFound."""
    row = await db.fetchrow(_SHIPMENT, tenant_id, shipment_id)
    if row is None:
        raise NotFound
    return row


async def certificates(tenant_id: UUID, product_id: UUID) -> Sequence[Row]:
    """Valid ones of the enterprise and of the product, never a supplier's."""
    return await db.fetch(_CERTIFICATES, tenant_id, product_id)


async def materials(tenant_id: UUID, lot_id: UUID) -> Sequence[Row]:
    """Every material lot in it, at any depth."""
    return await db.fetch(_MATERIALS, tenant_id, lot_id)


async def told_with(tenant_id: UUID, lot_ids: Sequence[UUID]) -> list[UUID]:
    """These lots and all lots they were made of: what is published of them says when all of it happened."""
    return [row["id"] for row in await db.fetch(_TOLD_WITH, tenant_id, list(lot_ids))]


async def files(tenant_id: UUID, lot_id: UUID) -> Sequence[Row]:
    """Its inspection reports and photos."""
    return await db.fetch(_FILES, tenant_id, lot_id)


async def form_names(tenant_id: UUID, record_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """`name` and `name_en` of the forms behind these records."""
    return {row["id"]: row for row in await db.fetch(_FORMS, tenant_id, record_ids)}


async def only_shipment(tenant_id: UUID, lot_id: UUID) -> UUID | None:
    """The shipment every piece of the lot went with; None where there is none or more than one."""
    rows = await db.fetch(_SHIPMENTS_OF_LOT, tenant_id, lot_id)
    return rows[0]["shipment_id"] if len(rows) == 1 else None


async def temperatures(tenant_id: UUID, shipment_id: UUID) -> Sequence[Row]:
    """What was recorded on the way, oldest first."""
    return await db.fetch(_TEMPERATURES, tenant_id, shipment_id)


async def lots_of_shipment(tenant_id: UUID, shipment_id: UUID) -> list[UUID]:
    rows = await db.fetch(
        "SELECT DISTINCT lot_id FROM shipment_line WHERE tenant_id = $1 AND shipment_id = $2", tenant_id, shipment_id
    )
    return [row["lot_id"] for row in rows]
