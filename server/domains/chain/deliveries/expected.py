"""Deliveries (送货): expected by the plant, announced lot by lot by the supplier or by staff."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.core.impossible import ImpossibleValue
from server.core.units import find_unit
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.deliveries.commands import AnnouncedLot, CancelDelivery, NewDelivery
from server.domains.chain.deliveries.links import end_links, may_announce

MOST_LINES = 50
TO_ANNOUNCE = ("expected", "announced")
TO_RECEIVE = (*TO_ANNOUNCE, "partial")
_DELIVERIES = """
SELECT d.id, d.delivery_no, d.supplier_id, s.name AS supplier_name, d.purchase_order, d.expected_on, d.remark, d.state, d.created_at,
       d.cancelled_at, d.cancel_reason, k.expires_at AS link_expires_at
FROM delivery d
JOIN supplier s ON s.tenant_id = $1 AND s.id = d.supplier_id
LEFT JOIN delivery_link k ON k.tenant_id = $1 AND k.delivery_id = d.id AND k.revoked_at IS NULL AND k.expires_at > now()
WHERE d.tenant_id = $1
"""
_ITEMS = """
SELECT i.product_id, p.name AS product_name, p.spec, i.quantity, i.unit
FROM delivery_item i JOIN product p ON p.tenant_id = $1 AND p.id = i.product_id
WHERE i.tenant_id = $1 AND i.delivery_id = $2 ORDER BY i.position
"""
_LINES = """
SELECT l.id, l.product_id, p.name AS product_name, l.supplier_lot_no, l.quantity, l.unit, l.produced_on, l.expires_on,
       l.report_id, l.source, l.entered_at, l.lot_id, t.lot_no,
       (SELECT CASE WHEN count(*) = 0 THEN NULL WHEN bool_and(n.absent) THEN 'absent' WHEN l.lot_id IS NULL THEN 'refused' ELSE 'received' END
        FROM handover_line n WHERE n.tenant_id = $1 AND n.delivery_line_id = l.id) AS outcome
FROM delivery_line l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN lot t ON t.tenant_id = $1 AND t.id = l.lot_id
WHERE l.tenant_id = $1 AND l.delivery_id = $2 ORDER BY l.entered_at, l.id
"""
_ANNOUNCE = """
INSERT INTO delivery_line (tenant_id, id, delivery_id, product_id, supplier_lot_no, quantity, unit, produced_on, expires_on, report_id, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (tenant_id, delivery_id, product_id, supplier_lot_no) DO UPDATE SET quantity = $6, unit = $7, produced_on = $8,
    expires_on = $9, report_id = coalesce($10, delivery_line.report_id), source = $11, entered_at = now()
RETURNING id
"""


class DeliveryClosed(Conflict):
    """It has arrived, or will not."""

    code = "delivery_closed"


class DeliveryFull(Conflict):
    code = "delivery_full"


async def create_delivery(actor: Actor, command: NewDelivery) -> tuple[UUID, str]:
    """(id, delivery number). Raises NotFound for an unknown supplier or material."""
    if not await db.fetchval(
        "SELECT true FROM supplier WHERE tenant_id = $1 AND id = $2", actor.tenant, command.supplier_id
    ):
        raise NotFound(field="supplier_id")
    units = await _units(actor.tenant, command)
    delivery_id, number = new_id(), await _next_number(actor.tenant)
    await db.execute(
        "INSERT INTO delivery (tenant_id, id, delivery_no, supplier_id, purchase_order, expected_on, remark, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        actor.tenant, delivery_id, number, command.supplier_id, command.purchase_order, command.expected_on, command.remark, actor.id,
    )  # fmt: skip
    rows = [
        (actor.tenant, new_id(), delivery_id, position, item.product_id, item.quantity, unit)
        for position, (item, unit) in enumerate(zip(command.items, units, strict=True))
    ]
    await db.executemany(
        "INSERT INTO delivery_item (tenant_id, id, delivery_id, position, product_id, quantity, unit)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        rows,
    )
    after = command.model_dump(mode="json") | {"delivery_no": number}
    await audit.record(actor, "delivery.created", "delivery", delivery_id, after=after)
    return delivery_id, number


async def _units(tenant_id: UUID, command: NewDelivery) -> list[str]:
    known = await product_units(tenant_id, [item.product_id for item in command.items])
    for position, item in enumerate(command.items):
        if item.product_id not in known:
            raise NotFound(field=f"items.{position}.product_id")
        check_unit(item.unit or known[item.product_id], f"items.{position}.unit")
    return [item.unit or known[item.product_id] for item in command.items]


async def product_units(tenant_id: UUID, product_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The units in which these products are kept; unknown products are missing."""
    rows = await db.fetch(
        "SELECT id, unit FROM product WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(product_ids)
    )
    return {row["id"]: row["unit"] for row in rows}


def check_unit(unit: str, field: str) -> None:
    """UnitUnknown where nobody could convert it later."""
    try:
        find_unit(unit)
    except ImpossibleValue as unknown:
        raise problems.UnitUnknown(field=field, unit=unknown.params["unit"]) from None


async def _next_number(tenant_id: UUID) -> str:
    """The day and a running number of it: short enough to be said at the gate."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('delivery:' || $1::text, 0))", str(tenant_id))
    day = f"{now().astimezone(EDGE):%y%m%d}"
    last: str | None = await db.fetchval(
        "SELECT delivery_no FROM delivery WHERE tenant_id = $1 AND starts_with(delivery_no, $2)"
        " ORDER BY length(delivery_no) DESC, delivery_no DESC LIMIT 1",
        tenant_id, f"{day}-",
    )  # fmt: skip
    return f"{day}-{int(last.partition('-')[2]) + 1 if last else 1:02d}"


async def open_delivery(tenant_id: UUID, delivery_id: UUID, states: Collection[str] = TO_ANNOUNCE) -> asyncpg.Record:
    """The delivery, locked. Raises NotFound, and DeliveryClosed for one that is in none of the states."""
    row = await db.fetchrow(
        "SELECT * FROM delivery WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant_id, delivery_id
    )
    if row is None:
        raise NotFound
    if row["state"] not in states:
        raise DeliveryClosed(delivery_no=row["delivery_no"])
    return row


async def cancel_delivery(actor: Actor, delivery_id: UUID, command: CancelDelivery) -> None:
    """It will not come: its link ends, and nothing is announced or received for it any more. Of one that came in part, the
    rest will not come: it is received. Raises NotFound, and DeliveryClosed once it was received or cancelled."""
    delivery = await open_delivery(actor.tenant, delivery_id, TO_RECEIVE)
    state, act = ("received", "rest_cancelled") if delivery["state"] == "partial" else ("cancelled", "cancelled")
    await db.execute(
        "UPDATE delivery SET state = $3, cancelled_at = now(), cancel_reason = $4 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, delivery_id, state, command.reason,
    )  # fmt: skip
    await end_links(actor.tenant, delivery_id)
    before, after = {"state": delivery["state"]}, {"state": state, "reason": command.reason}
    await audit.record(actor, f"delivery.{act}", "delivery", delivery_id, before=before, after=after)


async def announce_lot(actor: Actor, delivery_id: UUID, command: AnnouncedLot, report_id: UUID | None = None) -> str:
    """Say what lot is coming; the delivery's number. A link may do this for its own delivery, and nothing else.

    Raises NotFound for a material that is not expected, DeliveryClosed, DeliveryFull, UnitUnknown.
    """
    if actor.kind == "link":
        actor.require(may_announce(delivery_id))
    delivery = await open_delivery(actor.tenant, delivery_id)
    expected = {row["product_id"]: row["unit"] for row in await db.fetch(_ITEMS, actor.tenant, delivery_id)}
    if command.product_id not in expected:
        raise NotFound(field="product_id")
    unit = command.unit or expected[command.product_id]
    check_unit(unit, "unit")
    key = (actor.tenant, delivery_id, command.product_id, command.supplier_lot_no)
    before = await db.fetchrow(
        "SELECT quantity, unit, produced_on, expires_on FROM delivery_line"
        " WHERE tenant_id = $1 AND delivery_id = $2 AND product_id = $3 AND supplier_lot_no = $4",
        *key,
    )
    if before is None and await db.fetchval(
        "SELECT count(*) >= $3 FROM delivery_line WHERE tenant_id = $1 AND delivery_id = $2", *key[:2], MOST_LINES
    ):
        raise DeliveryFull(field="supplier_lot_no", limit=MOST_LINES)
    source = "supplier" if actor.kind == "link" else "staff"
    await db.fetchval(
        _ANNOUNCE, actor.tenant, new_id(), *key[1:], command.quantity, unit, command.produced_on, command.expires_on,
        report_id, source,
    )  # fmt: skip
    await db.execute("UPDATE delivery SET state = 'announced' WHERE tenant_id = $1 AND id = $2", *key[:2])
    after = command.model_dump(mode="json", exclude_none=True) | {"report_id": report_id, "source": source}
    was = dict(before) if before else None
    await audit.record(actor, "delivery.announced", "delivery", delivery_id, before=was, after=after)
    number: str = delivery["delivery_no"]
    return number


async def deliveries(
    tenant_id: UUID, filters: Mapping[str, Any], before: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Deliveries, the newest first, that equal every given filter."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    sql, args = _DELIVERIES + " AND d.id < $2", [tenant_id, before or UUID(int=2**128 - 1), limit, *wanted.values()]
    for position, name in enumerate(wanted):
        sql += f" AND d.{_EQUAL[name]} = ${position + 4}"
    return await db.fetch(sql + " ORDER BY d.id DESC LIMIT $3", *args)


_EQUAL = {name: name for name in ("delivery_no", "supplier_id", "state", "purchase_order")}


async def delivery(tenant_id: UUID, delivery_id: UUID) -> dict[str, Any]:
    """The delivery with what is expected (`items`) and what is announced (`lines`); NotFound."""
    row = await db.fetchrow(_DELIVERIES + " AND d.id = $2", tenant_id, delivery_id)
    if row is None:
        raise NotFound
    return dict(row) | {
        "items": [dict(item) for item in await db.fetch(_ITEMS, tenant_id, delivery_id)],
        "lines": [dict(line) for line in await db.fetch(_LINES, tenant_id, delivery_id)],
    }
