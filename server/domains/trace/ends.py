"""Where the products went: deliveries, customers, points of sale. Prices stay where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db
from server.domains.trace import queries


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Serials `first_serial` to `last_serial` of a code order, both included."""

    lot_id: str
    order_id: str
    first_serial: int
    last_serial: int


Row = asyncpg.Record


@dataclass(frozen=True, slots=True)
class Ends:
    """`deliveries`, one a shipment line: lot_id, shipment_id, shipment_no, customer_id and outlet_id (where the goods are;
    `diverted` where they arrived elsewhere than at sent_to_customer_id, sent_to_outlet_id), delivery_note,
    customer_order, departed_at, received_at, quantity, unit, packages, order_id, first_serial, last_serial, returned_at,
    refused_quantity (of `quantity`, back in the lot `returned_lot_id`).
    A lot that left inside a case is reached through the case: a package is a lot."""

    deliveries: Sequence[Row] = ()
    customers: Sequence[Row] = ()
    outlets: Sequence[Row] = ()


def stayed(delivery: Row) -> Decimal | None:
    """How much of a delivery is with the customer: not what was refused, nothing of what came back; None where unknown."""
    if delivery["returned_at"] is not None:
        return Decimal(0)
    return (
        None if delivery["quantity"] is None else Decimal(delivery["quantity"]) - Decimal(delivery["refused_quantity"])
    )


async def find_ends(tenant_id: UUID, lot_ids: Sequence[str], pieces: Sequence[str]) -> Ends:
    """All deliveries of these lots, and to whom. `pieces`: those of the lots that are pieces with a code, which leave under
    the number of their lot or in a package."""
    deliveries = await db.fetch(queries.DELIVERIES, tenant_id, ",".join(lot_ids))
    if pieces:
        deliveries = deliveries + await db.fetch(queries.PIECES, tenant_id, ",".join(pieces), ",".join(lot_ids))
    if not deliveries:
        return Ends()
    customers = await db.fetch(queries.CUSTOMERS, tenant_id, ",".join({row["customer_id"] for row in deliveries}))
    outlet_ids = {row["outlet_id"] for row in deliveries} - {None}
    outlets = await db.fetch(queries.OUTLETS, tenant_id, ",".join(outlet_ids))
    return Ends(deliveries, customers, outlets)


async def find_code_ranges(tenant_id: UUID, lot_ids: Sequence[str]) -> list[CodeRange]:
    """Which serials of which orders belong to these lots today."""
    return [CodeRange(**row) for row in await db.fetch(queries.CODE_RANGES, tenant_id, ",".join(lot_ids))]
