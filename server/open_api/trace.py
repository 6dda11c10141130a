"""/api/v1/trace, and both directions of one lot."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import NotFound
from server.domains import trace as tracing
from server.http.answers import Raw, encode
from server.http.routes import Call, RouteTable
from server.open_api.trace_views import TraceOut, trace_out

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
    return _answer(call, found)


@routes.get("/api/v1/lots/{id}/materials", permission="trace.read", query=TraceLimit, returns=TraceOut)
async def trace_materials(call: Call) -> Raw:
    limits = tracing.Limits(lots=call.query.limit)
    return _answer(call, await tracing.trace_materials(call.actor, [call.id()], limits))


@routes.get("/api/v1/lots/{id}/products", permission="trace.read", query=TraceLimit, returns=TraceOut)
async def trace_products(call: Call) -> Raw:
    limits = tracing.Limits(lots=call.query.limit)
    return _answer(call, await tracing.trace_products(call.actor, [call.id()], limits))


def _answer(call: Call, found: tracing.Trace) -> Raw:
    return Raw(encode(trace_out(found, masked=call.masks_secrets)), "application/json")
