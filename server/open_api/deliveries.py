"""/api/v1/deliveries: what suppliers bring, their links, the gate; /api/v1/handovers: who gave what to whom, signed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.core.errors import FieldError, Invalid
from server.domains import chain, quality
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import demo
from server.open_api.examples import materials as examples
from server.open_api.paged import after_of, next_of

routes = RouteTable("deliveries")


class DeliveryCreated(Out):
    id: UUID
    delivery_no: str


class DeliveryQuery(PageQuery):
    """Deliveries that equal every filter, the newest first. The gate looks one up by the number its driver says."""

    delivery_no: str | None = None
    supplier_id: UUID | None = None
    state: Literal["expected", "announced", "partial", "received", "cancelled"] | None = None
    purchase_order: str | None = None


class DeliverySummary(Out):
    """`state` partial: some of it came, and the gate waits for announced lots that did not. `link_expires_at`: a link stands
    until then; its address was shown once. `cancel_reason`: why it, or the rest of it, will not come."""

    id: UUID
    delivery_no: str
    supplier_id: UUID
    supplier_name: str
    purchase_order: str | None
    expected_on: date | None
    remark: str | None
    state: str
    created_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    link_expires_at: datetime | None


class DeliveryPage(Out):
    items: list[DeliverySummary]
    next: str | None


class DeliveryItemOut(Out):
    product_id: UUID
    product_name: str
    quantity: Decimal | None
    unit: str


class DeliveryLineOut(Out):
    """A lot as it was announced; `source`: supplier or staff; `lot_id`: what became of what was accepted of it. `outcome`:
    received, refused (all of it), absent (the gate took the delivery in without it); empty until a vehicle came."""

    id: UUID
    product_id: UUID
    product_name: str
    supplier_lot_no: str
    quantity: Decimal | None
    unit: str
    produced_on: date | None
    expires_on: date | None
    report_id: UUID | None
    source: str
    entered_at: datetime
    lot_id: UUID | None
    lot_no: str | None
    outcome: str | None


class DeliveryOut(DeliverySummary):
    items: list[DeliveryItemOut]
    lines: list[DeliveryLineOut]


class LinkMade(Out):
    """`url` is shown this once: whoever has it may announce lots of this delivery, and nothing else."""

    url: str
    expires_at: datetime


class Announced(Out):
    delivery_no: str


class ReceivedOut(Out):
    """The material lots that wait for their inspection."""

    handover_id: UUID
    lot_ids: list[UUID]


class HandoverQuery(BaseModel):
    """The handovers of a delivery or of a shipment: name one of the two."""

    model_config = ConfigDict(extra="forbid")
    delivery_id: UUID | None = None
    shipment_id: UUID | None = None


class HandoverLineOut(Out):
    """`lot_no`: of our lot, empty where the line was refused at the gate and so never became one. `absent`: announced
    (`announced_quantity`) and not on the vehicle: neither accepted nor refused."""

    delivery_line_id: UUID | None
    shipment_line_id: UUID | None
    lot_id: UUID | None
    lot_no: str | None
    supplier_lot_no: str | None
    product_name: str | None
    core_temperature: Decimal | None
    accepted: bool
    absent: bool
    announced_quantity: Decimal | None
    quantity: Decimal | None
    refused_quantity: Decimal | None
    unit: str | None
    remark: str | None


class HandoverOut(Out):
    """kind: receiving (from a supplier), loading (to a carrier), delivery (to a customer). Temperatures in °C."""

    id: UUID
    kind: str
    delivery_id: UUID | None
    shipment_id: UUID | None
    at: datetime
    place_name: str | None
    carrier: str | None
    vehicle: str | None
    seal: str | None
    seal_intact: bool | None
    temperature: Decimal | None
    remark: str | None
    person_name: str
    counterpart_name: str
    signature_id: UUID
    lines: list[HandoverLineOut]


class HandoverList(Out):
    items: list[HandoverOut]


@routes.post(
    "/api/v1/deliveries", permission="chain.write", body=chain.NewDelivery, returns=DeliveryCreated, status=201,
    example=examples.DELIVERY,
)  # fmt: skip
async def create_delivery(call: Call, body: chain.NewDelivery) -> DeliveryCreated:
    delivery_id, number = await chain.create_delivery(call.actor, body)
    return DeliveryCreated(id=delivery_id, delivery_no=number)


@routes.get("/api/v1/deliveries", permission="chain.read", query=DeliveryQuery, returns=DeliveryPage)
async def list_deliveries(call: Call) -> DeliveryPage:
    query: DeliveryQuery = call.query
    filters = query.model_dump(exclude={"limit", "after"})
    rows = await chain.deliveries(call.actor.tenant, filters, after_of(query), query.limit)
    return DeliveryPage(items=[DeliverySummary.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/deliveries/{id}", permission="chain.read", returns=DeliveryOut)
async def get_delivery(call: Call) -> DeliveryOut:
    return DeliveryOut.of(await chain.delivery(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/deliveries/{id}/link", permission="chain.write", body=chain.NewDeliveryLink, returns=LinkMade, status=201,
    example=examples.DELIVERY_LINK, path_example={"id": demo.EXPECTED_DELIVERY},
)  # fmt: skip
async def make_link(call: Call, body: chain.NewDeliveryLink) -> LinkMade:
    settings = call.services.settings
    made = await chain.make_delivery_link(call.actor, call.id(), body, settings.token_key)
    return LinkMade(url=f"{settings.base_url}/s/{made.token}", expires_at=made.expires_at)


@routes.post(
    "/api/v1/deliveries/{id}/link/revoke", permission="chain.write", status=204,
    path_example={"id": demo.LINKED_DELIVERY},
)  # fmt: skip
async def revoke_link(call: Call) -> None:
    await chain.revoke_delivery_link(call.actor, call.id())


@routes.post(
    "/api/v1/deliveries/{id}/lines", permission="chain.write", body=chain.AnnouncedLot, returns=Announced, status=201,
    example=examples.DELIVERY_LOT, path_example={"id": demo.EXPECTED_DELIVERY},
)  # fmt: skip
async def announce_lot(call: Call, body: chain.AnnouncedLot) -> Announced:
    return Announced(delivery_no=await chain.announce_lot(call.actor, call.id(), body))


@routes.post(
    "/api/v1/deliveries/{id}/receive", permission="chain.write", body=chain.ReceiveDelivery, returns=ReceivedOut, status=201,
    example=examples.DELIVERY_RECEIPT, path_example={"id": demo.ANNOUNCED_DELIVERY},
)  # fmt: skip
async def receive_delivery(call: Call, body: chain.ReceiveDelivery) -> ReceivedOut:
    return ReceivedOut.of(await quality.receive_delivery(call.actor, call.id(), body))


@routes.post(
    "/api/v1/deliveries/{id}/cancel", permission="chain.write", body=chain.CancelDelivery, returns=DeliveryOut,
    example=examples.DELIVERY_CANCELLATION, path_example={"id": demo.EXPECTED_DELIVERY},
)  # fmt: skip
async def cancel_delivery(call: Call, body: chain.CancelDelivery) -> DeliveryOut:
    await chain.cancel_delivery(call.actor, call.id(), body)
    return DeliveryOut.of(await chain.delivery(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/shipments/{id}/handover", permission="chain.write", body=chain.HandOverShipment, returns=Created, status=201,
    example=examples.HANDOVER, path_example={"id": demo.HANDOVER_SHIPMENT},
)  # fmt: skip
async def hand_over_shipment(call: Call, body: chain.HandOverShipment) -> Created:
    return Created(id=await chain.hand_over_shipment(call.actor, call.id(), body))


@routes.get("/api/v1/handovers", permission="chain.read", query=HandoverQuery, returns=HandoverList)
async def list_handovers(call: Call) -> HandoverList:
    query: HandoverQuery = call.query
    wanted = query.delivery_id or query.shipment_id
    if wanted is None:
        raise Invalid([FieldError("delivery_id", "input_missing")])
    rows = await chain.handovers(call.actor.tenant, wanted)
    return HandoverList(items=[HandoverOut.of(row) for row in rows])
