"""/api/v1/recalls: one call opens a recall over lots or serial ranges; what it froze; how it ended."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from i18n import text
from server.domains import response, trace
from server.http.paging import PageQuery, decode_id, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.examples import chain as chain_examples
from server.open_api.trace_views import CustomerOut, DeliveryOut, OutletOut, trace_out

routes = RouteTable("recalls")

MOST_NAMED = 1_000


class SameGoodsOut(BaseModel):
    """`reason`: how goods of the lot `from_lot_no` came into this one."""

    model_config = ConfigDict(from_attributes=True)
    lot_id: UUID
    lot_no: str
    reason: trace.SameGoodsReason
    from_lot_no: str


class RecallOpened(BaseModel):
    """How many whole lots and how many ranges of serials were frozen. `included`: of the lots those that were not named
    but hold goods of the named ones, the first thousand of `included_count` (all stand in the scope). `warnings`: in the
    reader's words, which such lots an exact recall left out, and which goods in a recalled package no code tells apart."""

    id: UUID
    lots: int
    ranges: int
    included: list[SameGoodsOut]
    included_count: int
    warnings: list[str]


class RecallOut(BaseModel):
    id: UUID
    level: int
    reason: str
    advice: str
    reason_en: str | None
    advice_en: str | None
    opened_at: datetime
    opened_by: UUID | None
    closed_at: datetime | None
    closed_by: UUID | None
    outcome: str | None
    close_reason: str | None
    lots: int
    ranges: int


class RecallPage(BaseModel):
    items: list[RecallOut]
    next: str | None


class ScopeOut(BaseModel):
    """A whole lot, or (with an order) the serials `first` to `last` of it."""

    id: UUID
    lot_id: UUID
    lot_no: str
    product_name: str
    order_id: UUID | None
    first: int | None
    last: int | None


class ScopePage(BaseModel):
    items: list[ScopeOut]
    next: str | None


class RecallReceivers(BaseModel):
    """With whom goods of the recalled lots are, as far as they were made of or packed from them: by their receipts, not by
    where they were sent. `complete` is false where there are too many lots to follow them all."""

    complete: bool
    customers: list[CustomerOut]
    outlets: list[OutletOut]
    shipments: list[DeliveryOut]


@routes.post(
    "/api/v1/recalls",
    permission="response.recall",
    body=response.OpenRecall,
    returns=RecallOpened,
    status=201,
    example=chain_examples.RECALL,
)
async def open_recall(call: Call, body: response.OpenRecall) -> RecallOpened:
    opened = await response.open_recall(call.actor, body)
    return RecallOpened(
        id=opened.id,
        lots=opened.lots,
        ranges=opened.ranges,
        included=[SameGoodsOut.model_validate(each) for each in opened.included[:MOST_NAMED]],
        included_count=len(opened.included),
        warnings=_warnings(opened, call.language),
    )


def _warnings(opened: response.Opened, language: str) -> list[str]:
    between = text("response.lots_between", language)
    told = []
    if opened.left_out:
        numbers = between.join(each.lot_no for each in opened.left_out[:MOST_NAMED])
        told.append(text("response.lots_left_out", language, count=len(opened.left_out), lots=numbers))
    if opened.uncoded:
        numbers = between.join(opened.uncoded[:MOST_NAMED])
        told.append(text("response.uncoded_inside", language, lots=numbers))
    if opened.unnamed:
        numbers = between.join(opened.unnamed[:MOST_NAMED])
        told.append(text("response.unnamed_parts", language, lots=numbers))
    return told


@routes.post(
    "/api/v1/recalls/{id}/close",
    permission="response.recall",
    body=response.CloseRecall,
    status=204,
    example=chain_examples.RECALL_END,
)
async def close_recall(call: Call, body: response.CloseRecall) -> None:
    await response.close_recall(call.actor, call.id(), body)


@routes.get("/api/v1/recalls", permission="response.read", query=PageQuery, returns=RecallPage)
async def list_recalls(call: Call) -> RecallPage:
    query: PageQuery = call.query
    rows = await response.queries.recalls(call.actor.tenant, decode_id(query.after), query.limit)
    return RecallPage(items=[RecallOut(**dict(row)) for row in rows], next=_next(rows, query))


@routes.get("/api/v1/recalls/{id}", permission="response.read", returns=RecallOut)
async def get_recall(call: Call) -> RecallOut:
    return RecallOut(**dict(await response.queries.recall(call.actor.tenant, call.id())))


@routes.get("/api/v1/recalls/{id}/scope", permission="response.read", query=PageQuery, returns=ScopePage)
async def list_scope(call: Call) -> ScopePage:
    query: PageQuery = call.query
    await response.queries.recall(call.actor.tenant, call.id())
    rows = await response.queries.scope(call.actor.tenant, call.id(), decode_id(query.after), query.limit)
    return ScopePage(items=[ScopeOut(**dict(row)) for row in rows], next=_next(rows, query))


@routes.get("/api/v1/recalls/{id}/receivers", permission="response.read", returns=RecallReceivers)
async def list_receivers(call: Call) -> RecallReceivers:
    await response.queries.recall(call.actor.tenant, call.id())
    lots = await response.queries.lots_in_scope(call.actor.tenant, call.id())
    found = trace_out(await trace.trace_products(call.actor, lots), masked=call.masks_secrets)
    return RecallReceivers.model_validate({name: found[name] for name in RecallReceivers.model_fields})


def _next(rows: Any, query: PageQuery) -> str | None:
    return encode_cursor([rows[-1]["id"]]) if len(rows) == query.limit else None
