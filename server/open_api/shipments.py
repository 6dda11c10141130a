"""/api/v1/shipments: what leaves for whom, under which conditions, and what the receiver says."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from i18n import text
from server.core import db
from server.domains import chain
from server.domains.quality import events
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Out
from server.open_api.examples import chain as chain_examples
from server.open_api.links import worded
from server.open_api.paged import after_of, next_of

routes = RouteTable("shipments")
PRESENT = {"present": True}


class SpanOut(Out):
    first: int
    last: int


class LineOut(Out):
    """`price` is shown to an authority as present where the product marks prices as a trade secret. `returned_at`:
    nothing of it stays with the customer. `returned_lot_id`: the lot in which refused goods stand now, stopped.
    `received_outlet_id`: where it arrived, if elsewhere than the shipment was sent to."""

    id: UUID
    lot_id: UUID
    lot_no: str
    kind: str
    product_name: str
    quantity: Decimal | None
    unit: str | None
    packages: int | None
    order_id: UUID | None
    first_serial: int | None
    last_serial: int | None
    price: Decimal | dict[str, bool] | None
    returned_at: datetime | None
    refused_quantity: Decimal
    refused_serials: list[SpanOut]
    returned_lot_id: UUID | None
    received_outlet_id: UUID | None
    received_outlet_name: str | None


class ShipmentSummary(Out):
    id: UUID
    shipment_no: str
    customer_id: UUID
    customer_name: str
    outlet_id: UUID | None
    outlet_name: str | None
    delivery_note: str | None
    customer_order: str | None
    departed_at: datetime | None
    received_at: datetime | None
    created_at: datetime


class ShipmentOut(ShipmentSummary):
    """`warnings`: what the dates say against it, in the reader's words."""

    carrier: str | None
    vehicle: str | None
    seal: str | None
    temperature_low: Decimal | None
    temperature_high: Decimal | None
    temperature_unit: str
    conditions: str | None
    receiver: str | None
    receipt: dict[str, Any] | None
    lines: list[LineOut]
    warnings: list[str]


class ShipmentCreated(Out):
    """`warnings`: what the dates say against it, in the reader's words; the shipment is stored all the same."""

    id: UUID
    warnings: list[str]


class ShipmentPage(Out):
    items: list[ShipmentSummary]
    next: str | None


class ShipmentQuery(PageQuery):
    shipment_no: str | None = None
    customer_id: UUID | None = None
    outlet_id: UUID | None = None
    delivery_note: str | None = None
    customer_order: str | None = None
    lot_id: UUID | None = None


@routes.post(
    "/api/v1/shipments",
    permission="chain.ship",
    body=chain.NewShipment,
    returns=ShipmentCreated,
    status=201,
    example=chain_examples.SHIPMENT,
)
async def create_shipment(call: Call, body: chain.NewShipment) -> ShipmentCreated:
    shipment_id = await chain.ship(call.actor, body)
    await events.fall_due(call.actor, shipments=[shipment_id])
    return ShipmentCreated(id=shipment_id, warnings=await shipment_warnings(call, shipment_id))


async def shipment_warnings(call: Call, shipment_id: UUID) -> list[str]:
    """What the dates say against a shipment, in the reader's words."""
    return [
        text("chain.chronology_of_lot", call.language, lot_no=each.lot_no, said=worded(
            chain.Warned("release", each.released_at, "departure", each.departed_at), call.language))
        for each in await chain.left_before_release(call.actor.tenant, shipment_id)
    ]  # fmt: skip


@routes.get("/api/v1/shipments", permission="chain.read", query=ShipmentQuery, returns=ShipmentPage)
async def list_shipments(call: Call) -> ShipmentPage:
    query: ShipmentQuery = call.query
    filters = query.model_dump(exclude={"limit", "after", "lot_id"})
    rows = await chain.queries.shipments(
        call.actor.tenant, filters, lot_id=query.lot_id, before=after_of(query), limit=query.limit
    )
    return ShipmentPage(items=[ShipmentSummary.of(row) for row in rows], next=next_of(rows, query))


async def shown(call: Call) -> ShipmentOut:
    """The shipment of the path as it is now."""
    row = dict(await chain.queries.shipment(call.actor.tenant, call.id()))
    lines = [dict(line) for line in await chain.queries.shipment_lines(call.actor.tenant, call.id())]
    for line in lines:
        line["refused_serials"] = [db.loads(span) for span in line["refused_serials"]]
        if call.masks_secrets and line["price_secret"] and line["price"] is not None:
            line["price"] = PRESENT
    warnings = await shipment_warnings(call, call.id())
    return ShipmentOut.model_validate(row | {"receipt": db.loads(row["receipt"]), "lines": lines, "warnings": warnings})


@routes.get("/api/v1/shipments/{id}", permission="chain.read", returns=ShipmentOut)
async def get_shipment(call: Call) -> ShipmentOut:
    return await shown(call)


@routes.post(
    "/api/v1/shipments/{id}/depart",
    permission="chain.ship",
    body=chain.Departure,
    returns=ShipmentOut,
    example=chain_examples.DEPARTURE,
)
async def depart(call: Call, body: chain.Departure) -> ShipmentOut:
    await chain.depart(call.actor, call.id(), body)
    await events.fall_due(call.actor, shipments=[call.id()])
    return await shown(call)


@routes.post(
    "/api/v1/shipments/{id}/receipt",
    permission="chain.ship",
    body=chain.Receipt,
    returns=ShipmentOut,
    example=chain_examples.RECEIPT,
)
async def receive(call: Call, body: chain.Receipt) -> ShipmentOut:
    await chain.receive(call.actor, call.id(), body)
    return await shown(call)


@routes.post(
    "/api/v1/shipments/{id}/lines/{line_id}/cancel",
    permission="chain.ship",
    body=chain.CancelLine,
    returns=ShipmentOut,
    example=chain_examples.LINE_CANCELLATION,
)
async def cancel_line(call: Call, body: chain.CancelLine) -> ShipmentOut:
    await chain.cancel_line(call.actor, call.id(), call.id("line_id"), body)
    return await shown(call)
