"""/api/v1/products: what is made, used and sold, and the steps of making it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from server.core.models import found
from server.domains.chain import master
from server.domains.chain.master.commands import LabelLine, NewProduct, NewStep, ProductChanges, StepChanges
from server.domains.chain.models import ProcessStep, Product
from server.domains.chain.values import Command
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import master as master_examples
from server.open_api.paged import after_of, next_of

routes = RouteTable("products")


class ProductOut(Out):
    id: UUID
    kind: str
    sku: str
    name: str
    name_en: str | None
    spec: str | None
    brand: str | None
    category: str | None
    category_en: str | None
    gtin: str | None
    standard: str | None
    standard_edition: str | None
    unit: str
    shelf_life_days: int | None
    label: list[LabelLine]
    publish_allow: list[str]
    publish_on_release: bool
    show_investigation: bool
    trade_secrets: list[str]
    retired_at: datetime | None
    balance_tolerance_percent: Decimal | None
    yield_low_percent: Decimal | None
    yield_high_percent: Decimal | None
    retain_days: int | None
    retain_months: int | None


class ProductPage(Out):
    items: list[ProductOut]
    next: str | None


class ProductQuery(PageQuery):
    kind: Literal["material", "intermediate", "finished", "packaging"] | None = None
    sku: str | None = None
    gtin: str | None = None


class StepOut(Out):
    id: UUID
    product_id: UUID
    sequence: int
    name: str
    critical: bool


class StepList(Out):
    items: list[StepOut]


@routes.post(
    "/api/v1/products",
    permission="chain.master",
    body=NewProduct,
    returns=Created,
    status=201,
    example=master_examples.PRODUCT,
)
async def create_product(call: Call, body: NewProduct) -> Created:
    return Created(id=await master.create(call.actor, Product, body))


@routes.get("/api/v1/products", permission="chain.read", query=ProductQuery, returns=ProductPage)
async def list_products(call: Call) -> ProductPage:
    query: ProductQuery = call.query
    rows = await master.page(
        Product, call.actor.tenant, after_of(query), query.limit, kind=query.kind, sku=query.sku, gtin=query.gtin
    )
    return ProductPage(items=[ProductOut.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/products/{id}", permission="chain.read", returns=ProductOut)
async def get_product(call: Call) -> ProductOut:
    return ProductOut.of(await found(Product, call.id(), call.actor.tenant))


@routes.patch(
    "/api/v1/products/{id}",
    permission="chain.master",
    body=ProductChanges,
    returns=ProductOut,
    example=master_examples.PRODUCT_CHANGE,
)
async def change_product(call: Call, body: Command) -> ProductOut:
    await master.change(call.actor, Product, call.id(), body)
    return ProductOut.of(await found(Product, call.id(), call.actor.tenant))


@routes.post(
    "/api/v1/products/{id}/steps",
    permission="chain.master",
    body=NewStep,
    returns=Created,
    status=201,
    example=master_examples.STEP,
)
async def create_step(call: Call, body: NewStep) -> Created:
    product = await found(Product, call.id(), call.actor.tenant)
    return Created(id=await master.create(call.actor, ProcessStep, body, product_id=product.id))


@routes.get("/api/v1/products/{id}/steps", permission="chain.read", returns=StepList)
async def list_steps(call: Call) -> StepList:
    product = await found(Product, call.id(), call.actor.tenant)
    rows = await master.page(ProcessStep, call.actor.tenant, None, 1000, product_id=product.id)
    return StepList(items=sorted((StepOut.of(row) for row in rows), key=lambda step: step.sequence))


@routes.patch(
    "/api/v1/steps/{id}",
    permission="chain.master",
    body=StepChanges,
    returns=StepOut,
    example=master_examples.STEP_CHANGE,
)
async def change_step(call: Call, body: Command) -> StepOut:
    await master.change(call.actor, ProcessStep, call.id(), body)
    return StepOut.of(await found(ProcessStep, call.id(), call.actor.tenant))
