"""/api/v1/lots/{id}/…: counting, scrapping and moving a lot, and the label that goes on a package."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from server.domains import chain, quality
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import chain as chain_examples
from server.open_api.examples import demo

routes = RouteTable("stock")


class Counted(Out):
    """`difference`: what was found minus what the books said, in the lot's unit."""

    difference: Decimal


class StayOut(Out):
    place_id: UUID
    place_name: str
    from_at: datetime
    to_at: datetime | None


class StayList(Out):
    items: list[StayOut]


class LabelContent(Out):
    """A line of a shipping label: how much of which lot is inside, through cases too."""

    lot_id: UUID
    lot_no: str
    kind: str
    product_name: str
    spec: str | None
    quantity: Decimal | None
    unit: str | None
    expires_on: date | None


class ShippingLabel(Out):
    """What a case or pallet carries outside; the receiver is known once it is on a shipment."""

    lot_id: UUID
    lot_no: str
    unit: str | None
    producer: str
    contents: list[LabelContent]
    shipment_no: str | None
    customer_name: str | None
    outlet_name: str | None
    outlet_address: str | None
    delivery_note: str | None


@routes.post(
    "/api/v1/lots/{id}/count",
    permission="chain.write",
    body=chain.CountLot,
    returns=Counted,
    status=201,
    example=chain_examples.COUNT,
    path_example={"id": demo.CULTURE_LOT},
)
async def count_lot(call: Call, body: chain.CountLot) -> Counted:
    return Counted(difference=await chain.count_lot(call.actor, call.id(), body))


@routes.post(
    "/api/v1/lots/{id}/scrap",
    permission="chain.write",
    body=chain.ScrapLot,
    returns=Created,
    status=201,
    example=chain_examples.SCRAP,
    path_example={"id": demo.BOTTLES_LOT},
)
async def scrap_lot(call: Call, body: chain.ScrapLot) -> Created:
    return Created(id=await quality.scrap_lot(call.actor, call.id(), body))


@routes.post(
    "/api/v1/lots/{id}/move",
    permission="chain.write",
    body=chain.MoveLot,
    status=204,
    example=chain_examples.MOVE,
    path_example={"id": demo.CULTURE_LOT},
)
async def move_lot(call: Call, body: chain.MoveLot) -> None:
    await chain.move_lot(call.actor, call.id(), body)


@routes.get("/api/v1/lots/{id}/stays", permission="chain.read", returns=StayList)
async def list_stays(call: Call) -> StayList:
    await chain.queries.lot(call.actor.tenant, call.id())
    return StayList(items=[StayOut.of(row) for row in await chain.queries.stays(call.actor.tenant, call.id())])


@routes.get(
    "/api/v1/lots/{id}/shipping-label",
    permission="chain.read",
    returns=ShippingLabel,
    path_example={"id": demo.PALLET_LOT},
)
async def shipping_label(call: Call) -> ShippingLabel:
    return ShippingLabel.of(await chain.shipping_label(call.actor.tenant, call.id()))
