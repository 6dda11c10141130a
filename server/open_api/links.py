"""/api/v1/links: what went into what. A link ends or is reversed; it is never deleted."""

from datetime import datetime

from i18n import text
from server.core.clock import EDGE
from server.domains import chain
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, LinkCreated
from server.open_api.examples import chain as chain_examples
from server.open_api.examples import demo
from server.open_api.recipe_views import finding_text

routes = RouteTable("links")


@routes.post(
    "/api/v1/links",
    permission="chain.write",
    body=chain.NewLink,
    returns=LinkCreated,
    status=201,
    example=chain_examples.LINK,
)
async def create_link(call: Call, body: chain.NewLink) -> LinkCreated:
    link_id = await chain.create_link(call.actor, body)
    warned = await chain.link_warnings(call.actor.tenant, body.from_lot, body.to_lot, body.at)
    charged = await chain.charge_warnings(call.actor.tenant, link_id)
    words = [worded(warning, call.language) for warning in warned]
    return LinkCreated(id=link_id, warnings=words + [finding_text(found, call.language) for found in charged])


def worded(warning: chain.Warned, language: str) -> str:
    """A warning in the reader's words and the plant's time."""
    return text(
        "chain.chronology", language,
        earlier=text(f"chain.moment.{warning.earlier}", language), earlier_at=_at_edge(warning.earlier_at),
        later=text(f"chain.moment.{warning.later}", language), later_at=_at_edge(warning.later_at),
    )  # fmt: skip


def _at_edge(moment: datetime) -> str:
    return f"{moment.astimezone(EDGE):%Y-%m-%d %H:%M}"


@routes.post(
    "/api/v1/links/{id}/end",
    permission="chain.write",
    body=chain.EndLink,
    status=204,
    example=chain_examples.LINK_END,
    path_example={"id": demo.CASE_ON_PALLET},
)
async def end_link(call: Call, body: chain.EndLink) -> None:
    await chain.end_link(call.actor, call.id(), body)


@routes.post(
    "/api/v1/links/{id}/reverse",
    permission="chain.write",
    body=chain.ReverseLink,
    returns=Created,
    status=201,
    example=chain_examples.LINK_REVERSAL,
)
async def reverse_link(call: Call, body: chain.ReverseLink) -> Created:
    return Created(id=await chain.reverse_link(call.actor, call.id(), body))
