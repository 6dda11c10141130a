"""/api/v1/links: what went into what. A link ends or is reversed; it is never deleted."""

from server.domains import chain
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, LinkCreated

routes = RouteTable("links")


@routes.post("/api/v1/links", permission="chain.write", body=chain.NewLink, returns=LinkCreated, status=201)
async def create_link(call: Call, body: chain.NewLink) -> LinkCreated:
    return LinkCreated(id=await chain.create_link(call.actor, body), warnings=[])


@routes.post("/api/v1/links/{id}/end", permission="chain.write", body=chain.EndLink, status=204)
async def end_link(call: Call, body: chain.EndLink) -> None:
    await chain.end_link(call.actor, call.id(), body)


@routes.post(
    "/api/v1/links/{id}/reverse", permission="chain.write", body=chain.ReverseLink, returns=Created, status=201
)
async def reverse_link(call: Call, body: chain.ReverseLink) -> Created:
    return Created(id=await chain.reverse_link(call.actor, call.id(), body))
