"""/api/v1/search: lots by many conditions in pages, and one box that takes whatever a person has in hand."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.domains import trace as tracing
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.paged import after_of, next_of

routes = RouteTable("search")


class LotSearchQuery(tracing.LotSearch, PageQuery):
    """Conditions and a page. An item of a page is never repeated on the next, whatever is added meanwhile."""


class LotHit(BaseModel):
    """A lot in a list. `held`: with an open hold."""

    model_config = ConfigDict(extra="forbid")
    id: UUID
    kind: str
    lot_no: str
    product_id: UUID
    product_name: str
    supplier_id: UUID | None
    supplier_name: str | None
    supplier_lot_no: str | None
    state: str
    quantity: Decimal | None
    unit: str | None
    produced_at: datetime | None
    received_at: datetime | None
    expires_at: datetime | None
    production_order: str | None
    purchase_order: str | None
    delivery_note: str | None
    customer_order: str | None
    verdict: tracing.Verdict
    held: bool

    @classmethod
    def of(cls, row: tracing.Row) -> "LotHit":
        plain = {name: row[name] for name in cls.model_fields if name != "verdict"}
        return cls(**plain, verdict=tracing.verdict_of(row))


class LotHits(BaseModel):
    """A page; `next` is the cursor of the one after it, null at the end."""

    items: list[LotHit]
    next: str | None


class ProductHit(BaseModel):
    id: UUID
    sku: str
    name: str
    kind: str


class ShipmentHit(BaseModel):
    id: UUID
    shipment_no: str
    delivery_note: str | None
    customer_order: str | None
    customer_name: str
    departed_at: datetime | None


class PartnerHit(BaseModel):
    id: UUID
    code: str
    name: str


class FoundOut(BaseModel):
    """What the text may mean, at most ten of each."""

    by_code: list[LotHit]
    by_lot_no: list[LotHit]
    by_supplier_lot_no: list[LotHit]
    by_order_no: list[LotHit]
    products: list[ProductHit]
    shipments: list[ShipmentHit]
    suppliers: list[PartnerHit]
    customers: list[PartnerHit]


class BoxQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    q: str = Field(min_length=1, max_length=500, description="a code, a number, a name")


@routes.get("/api/v1/search/lots", permission="trace.read", query=LotSearchQuery, returns=LotHits)
async def search_lots(call: Call) -> LotHits:
    query: LotSearchQuery = call.query
    conditions = tracing.LotSearch(**query.model_dump(include=set(tracing.LotSearch.model_fields)))
    rows = await tracing.search_lots(call.actor, conditions, limit=query.limit, after=after_of(query))
    return LotHits(items=[LotHit.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/search", permission="trace.read", query=BoxQuery, returns=FoundOut)
async def search(call: Call) -> FoundOut:
    found = await tracing.search_everything(call.actor, call.query.q)
    lots = {name: [LotHit.of(row) for row in getattr(found, name)] for name in _LOTS}
    others: dict[str, Any] = {
        name: [model(**dict(row)) for row in getattr(found, name)] for name, model in _OTHERS.items()
    }
    return FoundOut(**lots, **others)


_LOTS = ("by_code", "by_lot_no", "by_supplier_lot_no", "by_order_no")
_OTHERS: dict[str, type[BaseModel]] = {
    "products": ProductHit,
    "shipments": ShipmentHit,
    "suppliers": PartnerHit,
    "customers": PartnerHit,
}
