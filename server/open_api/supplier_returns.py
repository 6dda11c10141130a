"""/api/v1/supplier-returns: what went back to suppliers, by whose decision and with whom. Made by carrying out a return."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from server.domains import chain
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Out
from server.open_api.paged import after_of, next_of

routes = RouteTable("supplier_returns")


class ReturnOut(Out):
    """`receiver`: who took the goods over for the supplier. The sheet is a document of the kind `supplier_return`."""

    id: UUID
    number: str
    supplier_id: UUID
    supplier_name: str
    lot_id: UUID
    lot_no: str
    supplier_lot_no: str | None
    product_name: str
    disposition_id: UUID
    nonconformity_id: UUID
    case_no: str
    quantity: Decimal
    unit: str
    reason: str
    carrier: str | None
    vehicle: str | None
    receiver: str | None
    left_at: datetime
    creator_name: str


class ReturnPage(Out):
    items: list[ReturnOut]
    next: str | None


class ReturnQuery(PageQuery):
    """Returns that equal every filter, the newest first."""

    supplier_id: UUID | None = None
    lot_id: UUID | None = None
    disposition_id: UUID | None = None


@routes.get("/api/v1/supplier-returns", permission="chain.read", query=ReturnQuery, returns=ReturnPage)
async def list_returns(call: Call) -> ReturnPage:
    query: ReturnQuery = call.query
    rows = await chain.supplier_returns(
        call.actor.tenant, supplier_id=query.supplier_id, lot_id=query.lot_id, disposition_id=query.disposition_id,
        before=after_of(query), limit=query.limit,
    )  # fmt: skip
    return ReturnPage(items=[ReturnOut.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/supplier-returns/{id}", permission="chain.read", returns=ReturnOut)
async def get_return(call: Call) -> ReturnOut:
    return ReturnOut.of(await chain.supplier_return(call.actor.tenant, call.id()))
