"""Ordering codes for a lot: the chain hands down what their segments and labels print; `codes` never reads a lot."""

from datetime import date, datetime, timedelta
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE
from server.core.errors import NotFound
from server.domains import codes


async def order_codes(actor: Actor, command: codes.NewOrder, key_number: int) -> UUID:
    """An order for codes of one of the enterprise's lots; its id. `key_number` is the code key in force."""
    return await codes.order_codes(actor, command, await printed_of(actor.tenant, command.lot_id), key_number)


async def printed_of(tenant_id: UUID, lot_id: UUID) -> codes.Printed:
    """What codes and labels of a lot print; NotFound where it is missing or another's."""
    row = await db.fetchrow(
        "SELECT l.lot_no, l.produced_on, l.expires_at, p.sku, p.name, p.category, p.gtin"
        " FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id WHERE l.tenant_id = $1 AND l.id = $2",
        tenant_id, lot_id,
    )  # fmt: skip
    if row is None:
        raise NotFound
    return codes.Printed(
        lot_no=row["lot_no"],
        product=row["sku"],
        product_name=row["name"],
        category=row["category"],
        gtin=row["gtin"],
        produced_on=row["produced_on"],
        expires_on=last_day(row["expires_at"]),
    )


def last_day(expires_at: datetime | None) -> date | None:
    """The last day at the edge on which something that expires at this moment is good."""
    return (expires_at - timedelta(microseconds=1)).astimezone(EDGE).date() if expires_at else None
