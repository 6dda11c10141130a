"""/api/v1/holds: what stops lots, opened for many at once and lifted one by one."""

from uuid import UUID

from server.domains import chain, quality
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import HoldOut, Out
from server.open_api.examples import chain as chain_examples

routes = RouteTable("holds")


class HoldList(Out):
    items: list[HoldOut]


class HoldsOpened(Out):
    """The hold opened on each lot; lots that this cause stopped already are not among them."""

    holds: dict[UUID, UUID]


@routes.post(
    "/api/v1/holds",
    permission="chain.hold",
    body=chain.NewHold,
    returns=HoldsOpened,
    status=201,
    example=chain_examples.HOLD,
)
async def open_hold(call: Call, body: chain.NewHold) -> HoldsOpened:
    return HoldsOpened(holds=await chain.open_hold(call.actor, body))


@routes.post(
    "/api/v1/holds/{id}/close",
    permission="chain.hold",
    body=chain.CloseHold,
    status=204,
    example=chain_examples.HOLD_END,
)
async def close_hold(call: Call, body: chain.CloseHold) -> None:
    await quality.lift_hold(call.actor, call.id(), body)


@routes.get("/api/v1/lots/{id}/holds", permission="chain.read", returns=HoldList)
async def list_holds(call: Call) -> HoldList:
    await chain.queries.lot(call.actor.tenant, call.id())
    rows = await chain.queries.holds(call.actor.tenant, [call.id()])
    return HoldList(items=[HoldOut.told(row, call.language) for row in rows])
