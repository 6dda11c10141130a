"""Counting, scrapping and moving: what happens to stock beside links and shipments."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.stock.commands import CountLot, MoveLot, ScrapLot
from server.domains.chain.stock.gate import why_not_moved
from server.domains.chain.stock.locking import add_used, lock_stock
from server.domains.chain.stock.quantities import converted, draw, plain

Fate = Literal["scrapped", "destroyed", "returned"]


async def count_lot(actor: Actor, lot_id: UUID, command: CountLot) -> Decimal:
    """Record a physical count; the difference from the books in the lot's unit, which from now on the books contain.

    Raises QuantityUnknown where the books hold no quantity to differ from.
    """
    stock = await lock_stock(actor.tenant, lot_id)
    if stock.left is None or stock.unit is None:
        raise problems.QuantityUnknown(field="quantity", lot_no=stock.lot_no)
    found = converted(command.quantity, command.unit or stock.unit, stock)
    difference = found - stock.left
    await db.execute(
        "INSERT INTO stock_count (tenant_id, lot_id, counted_at, counted_quantity, difference, unit, reason, created_by)"
        " VALUES ($1, $2, coalesce($3, now()), $4, $5, $6, $7, $8)",
        actor.tenant, lot_id, command.at, found, difference, stock.unit, command.reason, actor.id,
    )  # fmt: skip
    await db.execute(
        "UPDATE lot SET counted_difference = counted_difference + $3 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, lot_id, difference,
    )  # fmt: skip
    await audit.record(
        actor, "lot.counted", "lot", lot_id,
        before={"left": plain(stock.left)}, after={"left": plain(found), "difference": plain(difference)},
    )  # fmt: skip
    return difference


async def scrap_lot(
    actor: Actor, lot_id: UUID, command: ScrapLot, *, cause: str | None = None, fate: Fate = "scrapped"
) -> UUID:
    """Goods leave the books unused, whatever their state. Raises NotEnoughLeft, UnitsDiffer, AwaitsDisposition (but for
    the hold `cause` by whose decision they go). What is scrapped uses nothing up of a concession."""
    stock = await lock_stock(actor.tenant, lot_id)
    if problem := why_not_moved(stock, cause):
        raise problem
    if stock.kind == "package" and stock.inside:
        raise problems.HasContents(lot_no=stock.lot_no)
    unit = command.unit or stock.unit or ""
    conceded, stock.concession = stock.concession, None
    drawn = draw(stock, command.quantity, unit)
    if conceded is not None:
        await db.execute(
            "UPDATE lot SET conceded_quantity = conceded_quantity + $3 WHERE tenant_id = $1 AND id = $2",
            actor.tenant, lot_id, drawn,
        )  # fmt: skip
    scrap_id = new_id()
    await db.execute(
        "INSERT INTO scrap (tenant_id, id, lot_id, quantity, unit, drawn_quantity, reason, defect, at, created_by, fate)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, now()), $10, $11)",
        actor.tenant, scrap_id, lot_id, command.quantity, unit, drawn, command.reason, command.defect, command.at, actor.id,
        fate,
    )  # fmt: skip
    await add_used(actor.tenant, {lot_id: drawn})
    after = command.model_dump(mode="json") | {"scrap_id": scrap_id, "fate": fate}
    await audit.record(actor, "lot.scrapped", "lot", lot_id, after=after)
    return scrap_id


async def move_lot(actor: Actor, lot_id: UUID, command: MoveLot) -> None:
    """The lot stands elsewhere: its stay ends and another begins at the same moment. Raises NotFound for an unknown place."""
    await lock_stock(actor.tenant, lot_id)
    if not await db.fetchval("SELECT true FROM place WHERE tenant_id = $1 AND id = $2", actor.tenant, command.place_id):
        raise NotFound(field="place_id")
    at: datetime = command.at or await db.fetchval("SELECT now()")
    last = await db.fetchrow(
        "SELECT id, place_id, from_at FROM stay WHERE tenant_id = $1 AND lot_id = $2 AND to_at IS NULL",
        actor.tenant,
        lot_id,
    )
    if last is not None and at < last["from_at"]:
        raise problems.LotMoveBackwards(field="at")
    if last is not None:
        await db.execute("UPDATE stay SET to_at = $3 WHERE tenant_id = $1 AND id = $2", actor.tenant, last["id"], at)
    await db.execute(
        "INSERT INTO stay (tenant_id, lot_id, place_id, from_at) VALUES ($1, $2, $3, $4)",
        actor.tenant, lot_id, command.place_id, at,
    )  # fmt: skip
    await db.execute(
        "UPDATE lot SET place_id = $3 WHERE tenant_id = $1 AND id = $2", actor.tenant, lot_id, command.place_id
    )
    before = {"place_id": last["place_id"] if last else None}
    await audit.record(actor, "lot.moved", "lot", lot_id, before=before, after={"place_id": command.place_id, "at": at})
