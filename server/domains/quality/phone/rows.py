"""Lots and tasks as a phone shows them."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.core import db
from server.core.clock import EDGE, end_of_day, now
from server.domains.quality.inspection import plan_for
from server.domains.quality.inspection.severity import severity_now
from server.domains.quality.phone.handovers import open_handovers

MOST_TASKS, MOST_MISSED, MOST_LOTS, MOST_CODES = 300, 200, 300, 20
MOST_PIECES_OF_LOT, MOST_PIECES = 2_000, 10_000
MARK_BYTES = 6  # of the digest of a code: two of ten thousand codes agree once in six million packs
RECENT = timedelta(days=30)
_TASK = """
SELECT i.id, p.name AS plan_name, i.plan_id, i.trigger, i.reason, i.mandatory, i.form_id, i.lot_id, l.lot_no, i.device_id, d.name AS device_name,
       i.place_id, c.name AS place_name, i.shipment_id, s.shipment_no, i.working_day, i.operation_id, o.step_id, i.product_id, q.name AS product_name,
       i.supplier_id, i.due_from, i.due_at, i.quantity, i.unit, i.accepted, i.rejected, i.pending,
       v.sampling ->> 'aql' AS aql, v.sampling ->> 'level' AS level,
       CASE WHEN i.due_at < now() THEN 'missed' WHEN i.due_from > now() THEN 'upcoming' ELSE 'due' END AS state
FROM inspection i
JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
JOIN inspection_plan_version v ON v.tenant_id = i.tenant_id AND v.id = i.plan_version_id
LEFT JOIN lot l ON l.tenant_id = i.tenant_id AND l.id = i.lot_id
LEFT JOIN product q ON q.tenant_id = i.tenant_id AND q.id = i.product_id
LEFT JOIN device d ON d.tenant_id = i.tenant_id AND d.id = i.device_id
LEFT JOIN place c ON c.tenant_id = i.tenant_id AND c.id = i.place_id
LEFT JOIN shipment s ON s.tenant_id = i.tenant_id AND s.id = i.shipment_id
LEFT JOIN operation o ON o.tenant_id = i.tenant_id AND o.id = i.operation_id
WHERE i.tenant_id = $1 AND i.id = ANY({chosen})
ORDER BY i.due_at < now(), i.due_at, i.id
"""
_TODAY = _TASK.format(
    chosen="""ARRAY(
    (SELECT id FROM inspection WHERE tenant_id = $1 AND state = 'open' AND due_at >= now() AND due_from <= $2 ORDER BY due_at, id LIMIT $3)
    UNION ALL
    (SELECT id FROM inspection WHERE tenant_id = $1 AND state = 'open' AND due_at < now() ORDER BY due_at DESC, id LIMIT $4))"""
)
_OF_LOTS = _TASK.format(
    chosen="""ARRAY(
    SELECT id FROM inspection WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[]) AND state = 'open' AND due_from <= $3 ORDER BY due_at, id LIMIT 50)"""
)
_ONE = _TASK.format(chosen="ARRAY[$2::uuid]")
_LOT = """
SELECT l.id, l.lot_no, l.code_text, l.kind, l.product_id, q.name AS product_name, l.quantity, l.unit, l.place_id, c.name AS place_name,
       CASE WHEN EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL) THEN 'held'
            WHEN l.state = 'released' THEN 'passed' WHEN l.state = 'rejected' THEN 'rejected' ELSE 'waiting' END AS state,
       (SELECT a.attachment_id FROM lot_attachment a WHERE a.tenant_id = $1 AND a.lot_id = l.id AND a.kind = 'photo'
        ORDER BY a.attachment_id DESC LIMIT 1) AS photo,
       (SELECT k.from_lot FROM link k WHERE k.tenant_id = $1 AND k.to_lot = l.id AND k.kind = 'split' LIMIT 1) AS split_from
FROM lot l JOIN product q ON q.tenant_id = $1 AND q.id = l.product_id
LEFT JOIN place c ON c.tenant_id = $1 AND c.id = l.place_id
WHERE l.tenant_id = $1
"""
_LOTS = f"{_LOT} AND l.id = ANY($2::uuid[]) ORDER BY l.id DESC"
_WAITING = f"""{_LOT} AND l.state = 'pending' AND l.kind <> 'unit' AND l.created_at > $2
ORDER BY l.id DESC LIMIT $3"""
_CODES = """
SELECT each.lot_id, found.text FROM unnest($2::uuid[]) each(lot_id), LATERAL (
    SELECT c.text FROM code_order o JOIN code c ON c.tenant_id = $1 AND c.order_id = o.id
    WHERE o.tenant_id = $1 AND o.lot_id = each.lot_id AND o.level = 'lot' ORDER BY o.id DESC, c.serial LIMIT $3) found
"""
# The pieces of lots that are due, where there are few enough for a phone to hold.
_PIECES = """
WITH named AS (
    SELECT r.lot_id, r.order_id, r.serials, sum(upper(r.serials) - lower(r.serials)) OVER (PARTITION BY r.lot_id) AS own
    FROM code_range r JOIN code_order o ON o.tenant_id = $1 AND o.id = r.order_id AND o.level = 'item'
    WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[])
), held AS (
    SELECT *, sum(upper(serials) - lower(serials)) OVER (ORDER BY lot_id, order_id, serials) AS so_far FROM named WHERE own <= $3
)
SELECT h.lot_id, c.text FROM held h JOIN code c ON c.order_id = h.order_id AND c.serial >= lower(h.serials) AND c.serial < upper(h.serials)
WHERE h.so_far <= $4
"""
_BELOW = """
WITH RECURSIVE below(id) AS (
    SELECT $2::uuid UNION SELECT p.id FROM below b JOIN place p ON p.tenant_id = $1 AND p.parent_id = b.id)
SELECT id FROM below
"""
Task = Mapping[str, Any]
Lot = Mapping[str, Any]


async def tasks_today(tenant_id: UUID) -> list[dict[str, Any]]:
    """What is due before the day ends, what is most urgent first; then what was missed, the latest of it."""
    until = end_of_day(now().astimezone(EDGE).date())
    return await _tasks(tenant_id, await db.fetch(_TODAY, tenant_id, until, MOST_TASKS, MOST_MISSED))


async def tasks_of(tenant_id: UUID, lot_ids: Collection[UUID], until: datetime) -> list[dict[str, Any]]:
    """What is due on these lots."""
    return await _tasks(tenant_id, await db.fetch(_OF_LOTS, tenant_id, list(lot_ids), until))


async def task(tenant_id: UUID, inspection_id: UUID) -> dict[str, Any] | None:
    """One, whatever its state."""
    found = await _tasks(tenant_id, await db.fetch(_ONE, tenant_id, inspection_id))
    return found[0] if found else None


async def _tasks(tenant_id: UUID, rows: Collection[Any]) -> list[dict[str, Any]]:
    """With the sampling plan as the supplier stands now, and to whom it was handed."""
    if not rows:
        return []
    handed = {each["inspection_id"]: each for each in await open_handovers(tenant_id)}
    severities: dict[tuple[Any, ...], Any] = {}
    found = []
    for row in map(dict, rows):
        sampling = None
        if row["aql"] is not None and row["quantity"] is not None:
            named = (row["plan_id"], row["supplier_id"], row["product_id"])
            if named not in severities:
                severities[named] = await severity_now(tenant_id, *named)
            plan = plan_for(row["quantity"], row["level"], row["aql"], severities[named])
            sampling = plan._asdict() | {"reject": plan.reject}
        found.append(row | {"sampling": sampling, "handed_to": handed.get(row["id"])})
    return found


async def lots_today(tenant_id: UUID, due: Collection[UUID], place_id: UUID | None) -> list[dict[str, Any]]:
    """The lots that something is due on, and those that still wait to be released, the newest first; of one place and what
    lies below it, where one is named (and those that stand nowhere)."""
    rows = [dict(row) for row in await db.fetch(_LOTS, tenant_id, list(due))]
    rows += [
        dict(row) for row in await db.fetch(_WAITING, tenant_id, now() - RECENT, MOST_LOTS) if row["id"] not in due
    ]
    codes: dict[UUID, list[str]] = {}
    for code in await db.fetch(_CODES, tenant_id, [row["id"] for row in rows], MOST_CODES):
        codes.setdefault(code["lot_id"], []).append(code["text"])
    marks = await _marks(tenant_id, due)
    for row in rows:
        row["codes"], row["marks"] = codes.get(row["id"], []), marks.get(row["id"])
    if place_id is None:
        return rows
    here = {row["id"] for row in await db.fetch(_BELOW, tenant_id, place_id)}
    return [row for row in rows if row["place_id"] is None or row["place_id"] in here]


async def _marks(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """By which a phone knows the pieces of a lot again: the beginnings of their codes' digests, one after the other."""
    marks: dict[UUID, bytearray] = {}
    for row in await db.fetch(_PIECES, tenant_id, list(lot_ids), MOST_PIECES_OF_LOT, MOST_PIECES):
        marks.setdefault(row["lot_id"], bytearray()).extend(hashlib.sha256(row["text"].encode()).digest()[:MARK_BYTES])
    return {lot_id: bytes(found) for lot_id, found in marks.items()}


async def lots(tenant_id: UUID, lot_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """By id."""
    return {row["id"]: dict(row) for row in await db.fetch(_LOTS, tenant_id, list(lot_ids))}
