"""Goods go back to their supplier (退货): they leave the plant and its books under a number, with who took them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.core.numbers import take_numbers
from server.domains.access import audit
from server.domains.chain.stock.commands import ScrapLot
from server.domains.chain.stock.counting import scrap_lot

_INSERT = """
INSERT INTO supplier_return (tenant_id, id, number, supplier_id, lot_id, disposition_id, scrap_id, quantity, unit, reason, carrier, vehicle,
                             receiver, left_at, created_by, creator_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_RETURNS = """
SELECT r.*, s.name AS supplier_name, l.lot_no, l.supplier_lot_no, p.name AS product_name, n.id AS nonconformity_id, n.number AS case_no
FROM supplier_return r
JOIN supplier s ON s.tenant_id = $1 AND s.id = r.supplier_id
JOIN lot l ON l.tenant_id = $1 AND l.id = r.lot_id
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
JOIN disposition d ON d.tenant_id = $1 AND d.id = r.disposition_id
JOIN nonconformity n ON n.tenant_id = $1 AND n.id = d.nonconformity_id
WHERE r.tenant_id = $1
"""


class Leaving(NamedTuple):
    """How goods left for their supplier; `at` None: now."""

    carrier: str | None
    vehicle: str | None
    receiver: str | None
    at: datetime | None


async def return_to_supplier(
    actor: Actor,
    lot_id: UUID,
    supplier_id: UUID,
    disposition_id: UUID,
    goods: ScrapLot,
    leaving: Leaving,
    *,
    cause: str,
) -> UUID:
    """The goods of a signed disposition leave the plant; the return. Raises NotFound and what refuses to take them out of
    the lot: NotEnoughLeft, UnitsDiffer, AwaitsDisposition of another hold than `cause`."""
    if not await db.fetchval("SELECT true FROM supplier WHERE tenant_id = $1 AND id = $2", actor.tenant, supplier_id):
        raise NotFound(field="supplier_id")
    at = leaving.at or now()
    goods = goods.model_copy(update={"at": at})
    scrap_id = await scrap_lot(actor, lot_id, goods, cause=cause, fate="returned")
    quantity, unit = await _drawn(actor.tenant, scrap_id)
    year, (sequence,) = await take_numbers(actor.tenant, "return", at)
    return_id, number = new_id(), f"TH{year}-{sequence:05d}"
    await db.execute(
        _INSERT, actor.tenant, return_id, number, supplier_id, lot_id, disposition_id, scrap_id, quantity, unit, goods.reason,
        leaving.carrier, leaving.vehicle, leaving.receiver, at, actor.id, actor.name,
    )  # fmt: skip
    after = {"number": number, "lot_id": lot_id, "supplier_id": supplier_id, "quantity": quantity, "unit": unit}
    await audit.record(actor, "supplier_return.made", "supplier_return", return_id, after=after | leaving._asdict())
    return return_id


async def _drawn(tenant_id: UUID, scrap_id: UUID) -> tuple[Decimal, str]:
    row = await db.fetchrow("SELECT quantity, unit FROM scrap WHERE tenant_id = $1 AND id = $2", tenant_id, scrap_id)
    assert row is not None
    return row["quantity"], row["unit"]


async def supplier_return(tenant_id: UUID, return_id: UUID) -> asyncpg.Record:
    """One return with the names around it; NotFound."""
    row = await db.fetchrow(_RETURNS + " AND r.id = $2", tenant_id, return_id)
    if row is None:
        raise NotFound
    return row


async def supplier_returns(
    tenant_id: UUID,
    *,
    supplier_id: UUID | None,
    lot_id: UUID | None,
    disposition_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[asyncpg.Record]:
    """Returns, the newest first, that equal every given filter."""
    return await db.fetch(
        _RETURNS + " AND ($2::uuid IS NULL OR r.supplier_id = $2) AND ($3::uuid IS NULL OR r.lot_id = $3)"
        " AND ($4::uuid IS NULL OR r.disposition_id = $4) AND ($5::uuid IS NULL OR r.id < $5) ORDER BY r.id DESC LIMIT $6",
        tenant_id, supplier_id, lot_id, disposition_id, before, limit,
    )  # fmt: skip
