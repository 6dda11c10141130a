"""What the lot pages show, read in one go each. Every statement begins with the tenant."""

from typing import Any
from uuid import UUID

from pydantic import Field

from admin.frame import PageArgs
from server.core import db
from server.core.days import Day
from server.core.errors import NotFound
from server.domains.quality.inspection.parted import REJECTED_GONE

Row = Any  # a mapping of column names

_OPEN = "EXISTS (SELECT FROM hold h WHERE h.tenant_id = l.tenant_id AND h.lot_id = l.id AND h.closed_at IS NULL"
# An inspection of the lot refused some of it that still lies in it, whatever its records say of the pieces looked at: a sample
# may fail by its number of rejects. One by the same plan that passed since answers for it.
_INSPECTION_FAILED = f"""EXISTS (
    SELECT FROM inspection i WHERE i.tenant_id = $1 AND i.lot_id = l.id AND (i.verdict = 'fail' OR i.rejected > 0)
    AND NOT {REJECTED_GONE.format(i="i")} AND NOT EXISTS (
        SELECT FROM inspection n WHERE n.tenant_id = $1 AND n.lot_id = i.lot_id AND n.plan_id = i.plan_id AND n.id <> i.id
        AND n.verdict = 'pass' AND n.entered_at > coalesce(i.entered_at, i.due_from)))"""  # noqa: S608 - constants
COLUMNS = f"""
l.id, l.kind, l.lot_no, l.supplier_lot_no, l.quantity, l.unit, l.used_quantity, l.counted_difference, l.state,
l.expires_at, l.produced_at, l.received_at, l.product_id, p.name AS product_name, p.sku, p.unit AS product_unit,
{_OPEN}) AS held, {_OPEN} AND h.kind = 'recalled') AS recalled,
coalesce(q.records, 0) AS records, coalesce(q.fails, 0) AS fails, coalesce(q.warnings, 0) AS warnings,
coalesce(q.not_judged, 0) AS not_judged, {_INSPECTION_FAILED} AS inspection_failed
"""
TABLES = """
FROM lot l JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
LEFT JOIN lot_quality q ON q.tenant_id = l.tenant_id AND q.lot_id = l.id
"""


class LotFilter(PageArgs):
    """How the list of lots is narrowed."""

    text: str | None = Field(None, max_length=80)
    state: str | None = Field(None, max_length=20)
    kind: str | None = Field(None, max_length=20)
    product: UUID | None = None
    produced_from: Day | None = None
    produced_to: Day | None = None


# A hold on what was used up, scrapped or sent back stops nothing any more; of recalled goods that left it does.
STOPPED = f"""({_OPEN}) AND (l.quantity IS NULL OR l.quantity + l.counted_difference > l.used_quantity
    OR {_OPEN} AND h.kind = 'recalled')))"""
_STATE = {
    "held": STOPPED,
    "recalled": f"{_OPEN} AND h.kind = 'recalled')",
    "expired": "l.expires_at <= now()",
    "failed": f"(q.fails > 0 OR {_INSPECTION_FAILED})",
    "pending": f"l.state = 'pending' AND NOT {_OPEN})",
    "released": "l.state = 'released'",
    "rejected": "l.state = 'rejected'",
}
STATES = tuple(_STATE)
KINDS = ("material", "intermediate", "finished", "unit", "package")


async def list_lots(tenant_id: UUID, wanted: LotFilter, after: UUID | None, limit: int) -> list[Row]:
    """Newest first. `text` is found anywhere in a lot number or supplier's lot number, `%` and `_` as they are."""
    narrowed = _STATE.get(wanted.state or "", "true")
    pattern = None if wanted.text is None else f"%{like(wanted.text)}%"
    sql = f"""
SELECT {COLUMNS} {TABLES}
WHERE l.tenant_id = $1 AND ($2::uuid IS NULL OR l.id < $2) AND {narrowed}
  AND ($3::text IS NULL OR l.kind = $3) AND ($4::uuid IS NULL OR l.product_id = $4)
  AND ($5::text IS NULL OR l.lot_no ILIKE $5 OR l.supplier_lot_no ILIKE $5)
  AND ($6::date IS NULL OR l.produced_on >= $6) AND ($7::date IS NULL OR l.produced_on <= $7)
ORDER BY l.id DESC LIMIT $8"""
    return await db.fetch(
        sql, tenant_id, after, wanted.kind, wanted.product, pattern, wanted.produced_from, wanted.produced_to, limit
    )


def like(text: str) -> str:
    """A pattern that matches exactly this text."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def get_lot(tenant_id: UUID, lot_id: UUID) -> Row:
    """The head of a lot page; NotFound where there is none."""
    sql = f"""
SELECT {COLUMNS}, l.production_ended_at, l.released_at, l.production_order, l.purchase_order, l.delivery_note,
       l.customer_order, l.code_text, l.remark, l.created_at, p.spec, p.standard, p.standard_edition, p.trade_secrets,
       s.name AS supplier_name, s.id AS supplier_id, pl.name AS place_name
{TABLES}
LEFT JOIN supplier s ON s.tenant_id = l.tenant_id AND s.id = l.supplier_id
LEFT JOIN place pl ON pl.tenant_id = l.tenant_id AND pl.id = l.place_id
WHERE l.tenant_id = $1 AND l.id = $2"""
    row = await db.fetchrow(sql, tenant_id, lot_id)
    if row is None:
        raise NotFound
    return row


async def lot_heads(tenant_id: UUID, lot_ids: list[UUID]) -> list[Row]:
    """Several lots as a list shows them, in no order."""
    return await db.fetch(
        f"SELECT {COLUMNS} {TABLES} WHERE l.tenant_id = $1 AND l.id = ANY($2::uuid[])", tenant_id, lot_ids
    )


async def holds(tenant_id: UUID, lot_id: UUID) -> list[Row]:
    return await db.fetch(
        "SELECT id, kind, cause, reason, opened_at, closed_at, close_reason FROM hold"
        " WHERE tenant_id = $1 AND lot_id = $2 ORDER BY id DESC",
        tenant_id, lot_id,
    )  # fmt: skip


async def history(tenant_id: UUID, lot_id: UUID) -> list[Row]:
    return await db.fetch(
        "SELECT at, state_from, state_to, reason, actor_name FROM lot_history"
        " WHERE tenant_id = $1 AND lot_id = $2 ORDER BY id DESC LIMIT 200",
        tenant_id, lot_id,
    )  # fmt: skip


async def links(tenant_id: UUID, lot_id: UUID) -> list[Row]:
    """Every link of this lot, in (`came`) or out, with the lot at the other end."""
    sql = f"""
SELECT k.id AS link_id, k.kind AS link_kind, k.quantity AS link_quantity, k.unit AS link_unit, k.at, k.until,
       k.to_lot = $2 AS came, {COLUMNS}
FROM link k
JOIN lot l ON l.tenant_id = k.tenant_id AND l.id = CASE WHEN k.to_lot = $2 THEN k.from_lot ELSE k.to_lot END
JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
LEFT JOIN lot_quality q ON q.tenant_id = l.tenant_id AND q.lot_id = l.id
WHERE k.tenant_id = $1 AND (k.to_lot = $2 OR k.from_lot = $2) AND k.reverses IS NULL
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = k.tenant_id AND r.reverses = k.id)
ORDER BY k.id LIMIT 500"""  # noqa: S608 - constants only
    return await db.fetch(sql, tenant_id, lot_id)


async def operations(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """What was done to make or change this lot, with parameters and devices; and what is being done with it."""
    rows = await db.fetch(
        """
SELECT o.id, o.name, o.shift, o.operator_name, o.started_at, o.ended_at, o.parameters::text AS parameters, o.unit,
       o.quantity_in, o.quantity_good, o.quantity_reworked, o.quantity_scrapped, pl.name AS line_name, ol.role,
       o.started_at IS NOT NULL AND o.ended_at IS NULL AS running,
       EXISTS (SELECT FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = o.id AND x.role = 'out') AS has_out,
       (SELECT coalesce(json_agg(json_build_object('name', d.name, 'code', d.code, 'calibration', od.calibration)), '[]')::text
        FROM operation_device od JOIN device d ON d.tenant_id = od.tenant_id AND d.id = od.device_id
        WHERE od.tenant_id = o.tenant_id AND od.operation_id = o.id) AS devices
FROM operation_lot ol JOIN operation o ON o.tenant_id = ol.tenant_id AND o.id = ol.operation_id
LEFT JOIN place pl ON pl.tenant_id = o.tenant_id AND pl.id = o.line_place_id
WHERE ol.tenant_id = $1 AND ol.lot_id = $2 AND (ol.role = 'out' OR (
    o.started_at IS NOT NULL AND o.ended_at IS NULL
    AND NOT EXISTS (SELECT FROM operation_lot x WHERE x.tenant_id = $1 AND x.operation_id = o.id AND x.lot_id = $2 AND x.role = 'out')))
ORDER BY o.started_at, o.id LIMIT 200""",
        tenant_id, lot_id,
    )  # fmt: skip
    return [
        {**row, "parameters": db.loads(row["parameters"]), "devices": db.loads(row["devices"])}
        for row in map(dict, rows)
    ]


async def deliveries(tenant_id: UUID, lot_id: UUID) -> list[Row]:
    return await db.fetch(
        "SELECT s.id AS shipment_id, s.shipment_no, s.delivery_note, s.departed_at, s.received_at, c.name AS customer_name, o.name AS outlet_name,"
        " n.quantity, n.unit, n.packages, n.returned_at FROM shipment_line n"
        " JOIN shipment s ON s.tenant_id = n.tenant_id AND s.id = n.shipment_id"
        " JOIN customer c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id"
        " LEFT JOIN outlet o ON o.tenant_id = s.tenant_id AND o.id = s.outlet_id"
        " WHERE n.tenant_id = $1 AND n.lot_id = $2 ORDER BY n.id DESC LIMIT 500",
        tenant_id, lot_id,
    )  # fmt: skip


async def attachments(tenant_id: UUID, lot_id: UUID) -> list[Row]:
    return await db.fetch(
        "SELECT a.id, a.file_name, a.media_type, a.size_bytes, a.title, a.created_at, la.kind FROM lot_attachment la"
        " JOIN attachment a ON a.tenant_id = la.tenant_id AND a.id = la.attachment_id"
        " WHERE la.tenant_id = $1 AND la.lot_id = $2 ORDER BY a.created_at",
        tenant_id, lot_id,
    )  # fmt: skip


async def parts_waiting(tenant_id: UUID, lot_id: UUID) -> Row | None:
    """What inspections accepted and rejected of this lot, a part of it rejected and still lying in it; None where there is
    nothing to part."""
    return await db.fetchrow(
        "SELECT sum(i.accepted - coalesce(p.accepted, 0)) AS accepted, sum(i.rejected - coalesce(p.rejected, 0)) AS rejected, min(i.unit) AS unit"
        " FROM inspection i LEFT JOIN LATERAL ("
        "   SELECT sum(quantity) FILTER (WHERE outcome = 'accepted') AS accepted, sum(quantity) FILTER (WHERE outcome = 'rejected') AS rejected"
        "   FROM inspection_part p WHERE p.tenant_id = $1 AND p.inspection_id = i.id) p ON true"
        " WHERE i.tenant_id = $1 AND i.lot_id = $2 AND i.quantity IS NOT NULL AND i.rejected > 0 AND i.rejected < i.quantity"
        " HAVING sum(i.rejected - coalesce(p.rejected, 0)) > 0",
        tenant_id, lot_id,
    )  # fmt: skip


async def publications(tenant_id: UUID, lot_id: UUID) -> list[Row]:
    return await db.fetch(
        "SELECT version, published_at, publisher_name, expires_at FROM publication"
        " WHERE tenant_id = $1 AND object_kind = 'lot' AND object_id = $2 ORDER BY version DESC LIMIT 50",
        tenant_id, lot_id,
    )  # fmt: skip
