"""/api/v1/trace, and both directions of one lot."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import NotFound
from server.domains import codes
from server.domains import trace as tracing
from server.http.answers import Raw, encode
from server.http.routes import Call, RouteTable
from server.open_api.trace_views import TraceOut, trace_out
from server.open_api.whereabouts import TracedCode, whereabouts

routes = RouteTable("trace")
MOST_LOTS = tracing.Limits().lots


class TraceLimit(BaseModel):
    """`limit`: at most so many lots; a larger trace says that it is cut."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    limit: int = Field(MOST_LOTS, ge=1, le=MOST_LOTS)


class TraceQuery(tracing.Start):
    """Exactly one of `code`, `lot_no`, `supplier_lot_no`, `produced_on`."""

    direction: Literal["materials", "products", "both"] = "both"
    limit: int = Field(MOST_LOTS, ge=1, le=MOST_LOTS)


@routes.get("/api/v1/trace", permission="trace.read", query=TraceQuery, returns=TraceOut)
async def trace(call: Call) -> Raw:
    query: TraceQuery = call.query
    start = tracing.Start(**query.model_dump(include=set(tracing.Start.model_fields)))
    lot_ids = await tracing.find_starts(call.actor, start)
    if not lot_ids:
        raise NotFound
    found = await tracing.trace(call.actor, lot_ids, query.direction, tracing.Limits(lots=query.limit))
    return _answer(call, found, await _traced_code(call, query.code))


@routes.get("/api/v1/lots/{id}/materials", permission="trace.read", query=TraceLimit, returns=TraceOut)
async def trace_materials(call: Call) -> Raw:
    limits = tracing.Limits(lots=call.query.limit)
    return _answer(call, await tracing.trace_materials(call.actor, [call.id()], limits))


@routes.get("/api/v1/lots/{id}/products", permission="trace.read", query=TraceLimit, returns=TraceOut)
async def trace_products(call: Call) -> Raw:
    limits = tracing.Limits(lots=call.query.limit)
    return _answer(call, await tracing.trace_products(call.actor, [call.id()], limits))


async def _traced_code(call: Call, text: str | None) -> TracedCode | None:
    """Where the piece of this code is; None where the trace was asked by something else, or the code is one that only a lot knows."""
    if text is None:
        return None
    try:
        code = await codes.get_code(call.actor.tenant, codes.identity_of_url(text) or codes.identity_of_text(text))
    except NotFound:
        return None
    where = await whereabouts(call.actor.tenant, code)
    return TracedCode(text=code.text, order_id=code.order_id, serial=code.serial, state=code.state, **where)


def _answer(call: Call, found: tracing.Trace, code: TracedCode | None = None) -> Raw:
    return Raw(encode(trace_out(found, masked=call.masks_secrets, code=code)), "application/json")
