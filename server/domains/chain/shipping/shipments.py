"""Goods leave: only what may be used leaves, and no serial twice."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db, outbox
from server.core.actor import Actor
from server.core.errors import NotFound, Problem
from server.core.ids import new_id
from server.domains import codes
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.lots.serials import assert_loaded, assert_serials, pieces_in
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.shipping.commands import (
    CancelLine,
    Departure,
    NewShipment,
    NewShipmentLine,
)
from server.domains.chain.stock.gate import why_not_for, why_piece_stopped, why_unusable
from server.domains.chain.stock.goods import ONE_PIECE_KINDS, ZERO, Stock, packages_of
from server.domains.chain.stock.locking import add_used, lock_graph, lock_stocks
from server.domains.chain.stock.quantities import assert_spares_stopped, assert_whole, draw, pieces_as_said

_HEAD = (
    "shipment_no", "customer_id", "outlet_id", "delivery_note", "customer_order", "carrier", "vehicle", "seal",
    "temperature_low", "temperature_high", "temperature_unit", "conditions", "departed_at",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO shipment (tenant_id, id, created_by, {', '.join(_HEAD)})"  # noqa: S608 - our own column names
    f" VALUES ($1, $2, $3, {', '.join(f'${position + 4}' for position in range(len(_HEAD)))})"
)
_LINES = """
INSERT INTO shipment_line (tenant_id, id, shipment_id, lot_id, quantity, unit, drawn_quantity, packages, order_id, serials, price)
SELECT $1, r.id, $2, r.lot_id, r.quantity, r.unit, r.drawn, r.packages, r.order_id,
       CASE WHEN r.order_id IS NOT NULL THEN int4range(r.first, r.last + 1) END, r.price
FROM unnest($3::uuid[], $4::uuid[], $5::numeric[], $6::text[], $7::numeric[], $8::int[], $9::uuid[], $10::int[], $11::int[],
            $12::numeric[]) AS r(id, lot_id, quantity, unit, drawn, packages, order_id, first, last, price)
"""


class OutletOfOther(Problem):
    status = 422
    code = "outlet_of_other_customer"


class DepartedAfterReceipt(Problem):
    """It was received already, so it left before that."""

    status = 422
    code = "departed_after_receipt"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A line that passed the gate."""

    id: UUID
    line: NewShipmentLine
    quantity: Decimal | None
    unit: str | None
    drawn: Decimal


async def ship(actor: Actor, command: NewShipment) -> UUID:
    """Send lots, packages or serials to a customer. Raises what stops the first line that may not leave."""
    await _check_receiver(actor.tenant, command)
    stocks = await _lock(actor.tenant, command)
    leaving = [await _leave(actor.tenant, command, n, stocks) for n in range(len(command.lines))]
    shipment_id = new_id()
    await db.execute(_INSERT, actor.tenant, shipment_id, actor.id, *(getattr(command, name) for name in _HEAD))
    await _write_lines(actor.tenant, shipment_id, leaving)
    drawn: dict[UUID, Decimal] = {}
    for item in leaving:
        drawn[item.line.lot_id] = drawn.get(item.line.lot_id, ZERO) + item.drawn
    await add_used(actor.tenant, drawn)
    await _ship_codes(actor, shipment_id, leaving, stocks)
    if command.departed_at is not None:
        await assert_inspected(actor.tenant, shipment_id)
    after = command.model_dump(mode="json", exclude_none=True)
    await audit.record(actor, "shipment.created", "shipment", shipment_id, after=after)
    await tell_changed(actor, shipment_id)
    return shipment_id


async def tell_changed(actor: Actor, shipment_id: UUID) -> None:
    """News for those above: the shipment was made, or left."""
    payload = {"shipment_id": shipment_id}
    await outbox.append("ShipmentChanged", key=str(shipment_id), payload=payload, tenant_id=actor.tenant)


async def _lock(tenant_id: UUID, command: NewShipment) -> dict[UUID, Stock]:
    """The lots of its lines. Raises what stops a piece that their serials name and that has a record of its own."""
    await lock_graph(tenant_id)
    lines = command.lines
    pieces = await pieces_in(tenant_id, [line.serials for line in lines if line.serials is not None])
    stocks = await lock_stocks(tenant_id, [*(line.lot_id for line in lines), *pieces])
    for piece in pieces:
        if problem := why_piece_stopped(stocks[piece]) or why_not_for(stocks[piece], command.customer_id):
            raise problem
    return stocks


async def _ship_codes(actor: Actor, shipment_id: UUID, leaving: Sequence[Leaving], stocks: dict[UUID, Stock]) -> None:
    """The codes of the lines' serials, and all that lie in its packages at any depth, go with the shipment."""
    for number, item in enumerate(leaving):
        if item.line.serials is not None:
            serials = codes.SerialRange(first=item.line.serials.first, last=item.line.serials.last)
            with named(f"lines.{number}.serials"):
                await codes.ship_codes(actor, item.line.serials.order_id, serials, shipment_id)
    packages = {inner for item in leaving for inner in packages_of(stocks[item.line.lot_id])}
    if packages:
        await codes.ship_packed(actor, sorted(packages), shipment_id)


@contextmanager
def named(field: str) -> Iterator[None]:
    """What is refused inside names this input."""
    try:
        yield
    except Problem as problem:
        problem.field = field
        raise


async def _check_receiver(tenant_id: UUID, command: NewShipment) -> None:
    if not await db.fetchval(
        "SELECT true FROM customer WHERE tenant_id = $1 AND id = $2", tenant_id, command.customer_id
    ):
        raise NotFound(field="customer_id")
    if command.outlet_id is None:
        return
    owner = await db.fetchval(
        "SELECT customer_id FROM outlet WHERE tenant_id = $1 AND id = $2", tenant_id, command.outlet_id
    )
    if owner is None:
        raise NotFound(field="outlet_id")
    if owner != command.customer_id:
        raise OutletOfOther(field="outlet_id")


async def _leave(tenant_id: UUID, command: NewShipment, number: int, stocks: dict[UUID, Stock]) -> Leaving:
    """The gate for one line: what leaves, in the line's unit and in the lot's."""
    line, field = command.lines[number], f"lines.{number}"
    stock = stocks.get(line.lot_id)
    if stock is None:
        raise NotFound(field=f"{field}.lot_id")
    if problem := why_unusable(stock) or why_not_for(stock, command.customer_id):
        problem.field = f"{field}.lot_id"
        raise problem
    quantity, unit = line.quantity, line.unit or stock.unit
    if line.serials is not None:
        with named(f"{field}.serials"):
            await assert_serials(tenant_id, stock.id, stock.lot_no, line.serials)
        with named(f"{field}.quantity"):
            quantity = pieces_as_said(quantity, unit, line.serials.count, stock)
    if quantity is None and stock.kind in ONE_PIECE_KINDS and stock.quantity is not None:
        quantity, unit = stock.quantity, stock.unit
    if quantity is None and stock.quantity is not None:
        raise problems.QuantityRequired(field=f"{field}.quantity", lot_no=stock.lot_no)
    with named(f"{field}.quantity"):
        assert_whole(quantity, unit, stock)
        drawn = draw(stock, quantity, unit)
        stock.by_name = line.serials is not None
        assert_spares_stopped(stock, drawn, command.customer_id)
    return Leaving(new_id(), line, quantity, unit if quantity is not None else None, drawn)


async def _write_lines(tenant_id: UUID, shipment_id: UUID, leaving: Sequence[Leaving]) -> None:
    serials = [item.line.serials for item in leaving]
    await db.execute(
        _LINES, tenant_id, shipment_id, [item.id for item in leaving], [item.line.lot_id for item in leaving],
        [item.quantity for item in leaving], [item.unit for item in leaving], [item.drawn for item in leaving],
        [item.line.packages for item in leaving], [s.order_id if s else None for s in serials],
        [s.first if s else None for s in serials], [s.last if s else None for s in serials],
        [item.line.price for item in leaving],
    )  # fmt: skip


async def depart(actor: Actor, shipment_id: UUID, command: Departure) -> None:
    """The goods leave the gate of the plant: what was stopped since it was loaded stays here, by name. Where they were
    received already they passed when that was said, and only the time is added."""
    shipment = await locked_shipment(actor.tenant, shipment_id)
    if shipment["departed_at"] is not None:
        raise problems.AlreadyDeparted
    departed_at: datetime = command.departed_at or await db.fetchval("SELECT now()")
    if shipment["received_at"] is None:
        await assert_may_leave(actor.tenant, shipment, await standing_lines(actor.tenant, shipment_id))
    elif departed_at > shipment["received_at"]:
        raise DepartedAfterReceipt(field="departed_at")
    await db.execute(
        "UPDATE shipment SET departed_at = $3, vehicle = coalesce($4, vehicle), seal = coalesce($5, seal)"
        " WHERE tenant_id = $1 AND id = $2",
        actor.tenant, shipment_id, departed_at, command.vehicle, command.seal,
    )  # fmt: skip
    await audit.record(actor, "shipment.departed", "shipment", shipment_id, after={"departed_at": departed_at})
    await tell_changed(actor, shipment_id)


async def assert_may_leave(
    tenant_id: UUID, shipment: asyncpg.Record, lines: Sequence[asyncpg.Record]
) -> dict[UUID, Stock]:
    """The lots of these lines of the shipment, locked. Raises what stops the first of them, or of the pieces that their
    serials name, for this customer too; a code that is out of use since, or the inspection before the shipment that is
    missing or failed."""
    pieces = await pieces_in(tenant_id, [serials for line in lines if (serials := _serials_of(line))])
    stocks = await lock_stocks(tenant_id, [*(line["lot_id"] for line in lines), *pieces])
    for line in lines:
        stock = stocks[line["lot_id"]]
        if problem := why_unusable(stock) or why_not_for(stock, shipment["customer_id"]):
            raise problem
    for piece in pieces:
        if problem := why_piece_stopped(stocks[piece]) or why_not_for(stocks[piece], shipment["customer_id"]):
            raise problem
    await assert_loaded(tenant_id, shipment["id"])
    await assert_inspected(tenant_id, shipment["id"])
    return stocks


async def assert_meant_for(
    tenant_id: UUID, line: asyncpg.Record, stocks: Mapping[UUID, Stock], customer_id: UUID
) -> None:
    """Raises what keeps the goods of a line, or the pieces its serials name, from this customer. All are locked already."""
    serials = _serials_of(line)
    for lot_id in (line["lot_id"], *await pieces_in(tenant_id, [serials] if serials else [])):
        if problem := why_not_for(stocks[lot_id], customer_id):
            raise problem


async def assert_inspected(tenant_id: UUID, shipment_id: UUID) -> None:
    """Raises the first inspection that has to come before this shipment leaves and failed, or is mandatory and not done.

    Whether a plan asked for it is read from the plans themselves: it need not have been made due yet."""
    row = await db.fetchrow("SELECT * FROM shipment_stopped_by($1, $2) LIMIT 1", tenant_id, shipment_id)
    if row is None:
        return
    refused = problems.ShipmentInspectionFailed if row["failed"] else problems.ShipmentInspectionMissing
    raise refused(plan=row["plan_name"], lot_no=row["lot_no"] or await _number(tenant_id, shipment_id))


async def _number(tenant_id: UUID, shipment_id: UUID) -> str:
    return str(
        await db.fetchval("SELECT shipment_no FROM shipment WHERE tenant_id = $1 AND id = $2", tenant_id, shipment_id)
    )


async def standing_lines(tenant_id: UUID, shipment_id: UUID) -> list[asyncpg.Record]:
    """The lines that were not taken back."""
    return await db.fetch(
        "SELECT *, lower(serials) AS first, upper(serials) - 1 AS last FROM shipment_line"
        " WHERE tenant_id = $1 AND shipment_id = $2 AND returned_at IS NULL ORDER BY id",
        tenant_id, shipment_id,
    )  # fmt: skip


def _serials_of(line: asyncpg.Record) -> SerialRange | None:
    if line["order_id"] is None:
        return None
    return SerialRange(order_id=line["order_id"], first=line["first"], last=line["last"])


async def cancel_line(actor: Actor, shipment_id: UUID, line_id: UUID, command: CancelLine) -> None:
    """A line is taken off before departure: its goods and serials are stock again."""
    shipment = await locked_shipment(actor.tenant, shipment_id)
    if shipment["departed_at"] is not None or shipment["received_at"] is not None:
        raise problems.AlreadyDeparted
    line = next((row for row in await standing_lines(actor.tenant, shipment_id) if row["id"] == line_id), None)
    if line is None:
        raise NotFound
    stocks = await lock_stocks(actor.tenant, [line["lot_id"]])
    await db.execute(
        "UPDATE shipment_line SET returned_at = now(), cancelled_at = now(), drawn_quantity = 0 WHERE tenant_id = $1 AND id = $2",
        actor.tenant, line_id,
    )  # fmt: skip
    await add_used(actor.tenant, {line["lot_id"]: -line["drawn_quantity"]})
    if serials := _serials_of(line):
        await codes.unship_codes(actor, serials.order_id, codes.SerialRange(first=serials.first, last=serials.last))
    if packages := packages_of(stocks[line["lot_id"]]):
        await codes.unship_packed(actor, packages, shipment_id)
    after = {"line": line_id, "reason": command.reason, "given_back": line["drawn_quantity"]}
    await audit.record(actor, "shipment.line_cancelled", "shipment", shipment_id, after=after)


async def locked_shipment(tenant_id: UUID, shipment_id: UUID) -> asyncpg.Record:
    """The shipment, after the graph, so that locks are taken in one order everywhere."""
    await lock_graph(tenant_id)
    row = await db.fetchrow(
        "SELECT * FROM shipment WHERE tenant_id = $1 AND id = $2 FOR UPDATE", tenant_id, shipment_id
    )
    if row is None:
        raise NotFound
    return row
