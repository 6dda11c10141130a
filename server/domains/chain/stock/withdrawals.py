"""Goods that leave a lot for another use than a lot, a customer or the bin: the balance names them by their reason."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.ids import new_id
from server.domains.chain import problems
from server.domains.chain.stock.locking import add_used, lock_stock
from server.domains.chain.stock.quantities import draw


class Withdrawn(NamedTuple):
    id: UUID
    unit: str
    lot_no: str


async def withdraw(
    actor: Actor, lot_id: UUID, reason: str, quantity: Decimal, unit: str | None, at: datetime
) -> Withdrawn:
    """Take goods out of a lot, whatever its state. Raises NotFound, NotEnoughLeft, UnitsDiffer, HasContents."""
    stock = await lock_stock(actor.tenant, lot_id)
    if stock.kind == "package":
        raise problems.HasContents(lot_no=stock.lot_no)
    given = unit or stock.unit or ""
    drawn = draw(stock, quantity, given)
    withdrawal_id = new_id()
    await db.execute(
        "INSERT INTO withdrawal (tenant_id, id, lot_id, reason, quantity, unit, drawn_quantity, at, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        actor.tenant, withdrawal_id, lot_id, reason, quantity, given, drawn, at, actor.id,
    )  # fmt: skip
    await add_used(actor.tenant, {lot_id: drawn})
    return Withdrawn(withdrawal_id, given, stock.lot_no)
