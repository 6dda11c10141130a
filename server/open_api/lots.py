"""/api/v1/lots: what was received and made, in numbered lots, and how one becomes another."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from server.domains import chain, quality, scans
from server.domains.quality import events
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.balance_views import LotBalanceOut
from server.open_api.chain_views import (
    BalanceOut,
    CorrectionOut,
    Created,
    HistoryOut,
    HoldOut,
    LinkOut,
    LinkPage,
    LotOut,
    LotPage,
    LotSummary,
    Opened,
)
from server.open_api.examples import chain as chain_examples
from server.open_api.examples import demo
from server.open_api.paged import after_of, next_of

routes = RouteTable("lots")


Beginning = Field(None, min_length=1, max_length=120, description="its beginning")


class LotQuery(PageQuery):
    """Lots that equal every filter, the newest first; the four order numbers by their beginning. `held`: with an open
    hold or without."""

    kind: Literal["material", "intermediate", "finished", "unit", "package"] | None = None
    product_id: UUID | None = None
    lot_no: str | None = None
    supplier_id: UUID | None = None
    supplier_lot_no: str | None = None
    state: Literal["pending", "released", "rejected"] | None = None
    place_id: UUID | None = None
    produced_on: date | None = None
    production_order: str | None = Beginning
    purchase_order: str | None = Beginning
    delivery_note: str | None = Beginning
    customer_order: str | None = Beginning
    held: bool | None = None


@routes.post(
    "/api/v1/lots", permission="chain.write", body=chain.NewLot, returns=Created, status=201, example=chain_examples.LOT
)
async def create_lot(call: Call, body: chain.NewLot) -> Created:
    lot_id = await chain.create_lot(call.actor, body)
    await events.fall_due(call.actor, lots=[lot_id])
    return Created(id=lot_id)


@routes.get("/api/v1/lots", permission="chain.read", query=LotQuery, returns=LotPage)
async def list_lots(call: Call) -> LotPage:
    query: LotQuery = call.query
    filters = query.model_dump(exclude={"limit", "after", "held"})
    rows = await chain.queries.lots(
        call.actor.tenant, filters, held=query.held, before=after_of(query), limit=query.limit
    )
    return LotPage(items=[LotSummary.of(row) for row in rows], next=next_of(rows, query))


async def shown(call: Call) -> LotOut:
    """The lot of the path as it is now."""
    tenant, lot_id = call.actor.tenant, call.id()
    lot = LotOut.fields_of(await chain.queries.lot(tenant, lot_id))
    return LotOut.model_validate(
        lot | {
            "holds": [HoldOut.told(row, call.language) for row in await chain.queries.holds(tenant, [lot_id])],
            "corrections": [CorrectionOut.of(row) for row in await chain.corrections(tenant, [lot_id])],
            "history": [HistoryOut.of(row) for row in await chain.queries.history(tenant, lot_id)],
            "balance": BalanceOut.of_balance(await chain.queries.lot_balance(tenant, lot_id)),
        }
    )  # fmt: skip


@routes.get("/api/v1/lots/{id}", permission="chain.read", returns=LotOut)
async def get_lot(call: Call) -> LotOut:
    return await shown(call)


@routes.patch(
    "/api/v1/lots/{id}",
    permission="chain.write",
    body=chain.LotChanges,
    returns=LotOut,
    example=chain_examples.LOT_CHANGE,
    path_example={"id": demo.NEW_CUPS_LOT},
)
async def change_lot(call: Call, body: chain.LotChanges) -> LotOut:
    """Change what people search by; correct what was mistyped, with a reason."""
    await scans.publish_corrected(call.actor, await quality.correct_lot(call.actor, call.id(), body))
    await events.fall_due(call.actor, lots=[call.id()])
    return await shown(call)


@routes.get("/api/v1/lots/{id}/balance", permission="chain.read", returns=LotBalanceOut)
async def get_balance(call: Call) -> LotBalanceOut:
    tenant, lot_id = call.actor.tenant, call.id()
    stock = await chain.queries.lot_balance(tenant, lot_id)
    made = (await chain.balances(tenant, [lot_id]))[lot_id]
    lot = await chain.queries.lot(tenant, lot_id)
    masked = call.masks_secrets and "formula" in lot["trade_secrets"]
    used_masked = call.masks_secrets and await chain.queries.in_secret_formula(tenant, lot_id)
    return LotBalanceOut.of_both(stock, made, masked, used_masked)


@routes.get("/api/v1/lots/{id}/links", permission="chain.read", query=PageQuery, returns=LinkPage)
async def list_links(call: Call) -> LinkPage:
    await chain.queries.lot(call.actor.tenant, call.id())
    rows = await chain.queries.links(call.actor.tenant, call.id(), after=after_of(call.query), limit=call.query.limit)
    hidden = {"quantity": {"present": True}}
    shown = [
        {**row, **hidden} if call.masks_secrets and row["formula"] and row["quantity"] is not None else row
        for row in rows
    ]
    return LinkPage(items=[LinkOut.of(row) for row in shown], next=next_of(rows, call.query))


@routes.post(
    "/api/v1/lots/{id}/split",
    permission="chain.write",
    body=chain.SplitLot,
    returns=Created,
    status=201,
    example=chain_examples.SPLIT,
    path_example={"id": demo.CUPS_LOT},
)
async def split_lot(call: Call, body: chain.SplitLot) -> Created:
    return Created(id=await chain.split_lot(call.actor, call.id(), body))


@routes.post(
    "/api/v1/lots/{id}/rework",
    permission="chain.write",
    body=chain.ReworkLot,
    returns=Created,
    status=201,
    example=chain_examples.REWORK,
)
async def rework_lot(call: Call, body: chain.ReworkLot) -> Created:
    return Created(id=await chain.rework_lot(call.actor, call.id(), body))


@routes.post(
    "/api/v1/lots/{id}/open",
    permission="chain.write",
    body=chain.EndLink,
    returns=Opened,
    example=chain_examples.OPEN,
    path_example={"id": demo.PALLET_LOT},
)
async def open_package(call: Call, body: chain.EndLink) -> Opened:
    return Opened(links_ended=await chain.open_package(call.actor, call.id(), body))


@routes.post(
    "/api/v1/merges",
    permission="chain.write",
    body=chain.MergeLots,
    returns=Created,
    status=201,
    example=chain_examples.MERGE,
)
async def merge_lots(call: Call, body: chain.MergeLots) -> Created:
    return Created(id=await chain.merge_lots(call.actor, body))


@routes.post(
    "/api/v1/packages",
    permission="chain.write",
    body=chain.PackLots,
    returns=Created,
    status=201,
    example=chain_examples.PACKAGE,
)
async def pack_lots(call: Call, body: chain.PackLots) -> Created:
    return Created(id=await chain.pack_lots(call.actor, body))
