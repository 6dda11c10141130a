"""Suppliers and customers: those whom goods come from and go to."""

from typing import Any
from uuid import UUID

from pydantic import Field

from admin.enterprise.lot_reads import like
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.paging import FETCHED, cut
from server.core import db
from server.core.clock import now
from server.core.errors import NotFound
from server.domains.chain import master
from server.domains.chain.master.commands import (
    CustomerChanges,
    NewCustomer,
    NewOutlet,
    NewSupplier,
    SupplierChanges,
)
from server.domains.chain.models import Customer, Outlet, Supplier
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_partners")

TAKEN = {"already_exists": "code"}
_SUPPLIERS = """
SELECT s.id, s.code, s.name, s.origin, s.contact, s.ended_at,
       (SELECT min(c.valid_to) FROM certificate c WHERE c.tenant_id = $1 AND c.supplier_id = s.id) AS first_to_end,
       (SELECT count(*) FROM certificate c WHERE c.tenant_id = $1 AND c.supplier_id = s.id) AS certificates
FROM supplier s WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.id < $2)
  AND ($3::text IS NULL OR s.name ILIKE $3 OR s.code ILIKE $3) ORDER BY s.id DESC LIMIT $4
"""
_CUSTOMERS = """
SELECT c.id, c.code, c.name, c.address, c.contact,
       (SELECT count(*) FROM outlet o WHERE o.tenant_id = $1 AND o.customer_id = c.id) AS outlets
FROM customer c WHERE c.tenant_id = $1 AND ($2::uuid IS NULL OR c.id < $2)
  AND ($3::text IS NULL OR c.name ILIKE $3 OR c.code ILIKE $3) ORDER BY c.id DESC LIMIT $4
"""
_LOTS_OF_SUPPLIER = """
SELECT l.id, l.lot_no, l.supplier_lot_no, l.received_at, p.name AS product_name
FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
WHERE l.tenant_id = $1 AND l.supplier_id = $2 ORDER BY l.id DESC LIMIT 20
"""


class PartnerFilter(PageArgs):
    text: str | None = Field(None, max_length=200)


async def _rows(call: Call, sql: str) -> tuple[list[Any], str | None]:
    q = call.query
    pattern = None if q.text is None else f"%{like(q.text)}%"
    return cut(await db.fetch(sql, call.actor.tenant, decode_id(q.after), pattern, FETCHED))


async def _one(call: Call, table: str) -> dict[str, Any]:
    row = await db.fetchrow(f"SELECT * FROM {table} WHERE tenant_id = $1 AND id = $2", call.actor.tenant, call.id())  # noqa: S608 - two names of ours
    if row is None:
        raise NotFound
    return dict(row)


@routes.get("/admin/suppliers", permission="chain.read", query=PartnerFilter, media_type=PAGE)
async def list_suppliers(call: Call) -> Raw:
    return await _suppliers_page(call)


async def _suppliers_page(call: Call, wrong: Wrong | None = None) -> Raw:
    rows, following = await _rows(call, _SUPPLIERS)
    return await show(
        call, "suppliers.html", section="suppliers", status=wrong.status if wrong else 200, suppliers=rows,
        following=following, wanted=call.query, wrong=wrong, given=form(call),
    )  # fmt: skip


@routes.post("/admin/suppliers", permission="chain.master", query=PartnerFilter, media_type=PAGE)
async def create_supplier(call: Call) -> Raw | Redirect:
    async def act() -> UUID:
        command = NewSupplier.model_validate(typed(form(call), NewSupplier, ended_at=None))
        return await master.create(call.actor, Supplier, command)

    done = await attempt(call, act, TAKEN)
    return (
        await _suppliers_page(call, done)
        if isinstance(done, Wrong)
        else back(call, f"/admin/suppliers/{done}", "created")
    )


@routes.get("/admin/suppliers/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_supplier(call: Call) -> Raw:
    return await _supplier_page(call)


async def _supplier_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant, row = call.actor.tenant, await _one(call, "supplier")
    certificates = await db.fetch(
        "SELECT id, kind, kind_en, number, valid_from, valid_to, attachment_id FROM certificate"
        " WHERE tenant_id = $1 AND supplier_id = $2 ORDER BY valid_to NULLS LAST, id",
        tenant, call.id(),
    )  # fmt: skip
    return await show(
        call, "supplier.html", section="suppliers", status=wrong.status if wrong else 200, supplier=row, wrong=wrong,
        given=form(call) if wrong else row, certificates=certificates, lots=await db.fetch(_LOTS_OF_SUPPLIER, tenant, call.id()),
    )  # fmt: skip


@routes.post("/admin/suppliers/{id}", permission="chain.master", query=PageArgs, media_type=PAGE)
async def change_supplier(call: Call) -> Raw | Redirect:
    """The facts; a supplier that is already ended keeps the time it ended."""
    row, given = await _one(call, "supplier"), form(call)

    async def act() -> None:
        ended = (row["ended_at"] or now()) if "ended_at" in given else None
        whole = NewSupplier.model_validate(typed(given, NewSupplier, ended_at=ended))
        await master.change(call.actor, Supplier, call.id(), SupplierChanges.model_validate(whole.model_dump()))

    done = await attempt(call, act, TAKEN)
    return await _supplier_page(call, done) if isinstance(done, Wrong) else back(call, call.request.path, "saved")


@routes.get("/admin/customers", permission="chain.read", query=PartnerFilter, media_type=PAGE)
async def list_customers(call: Call) -> Raw:
    return await _customers_page(call)


async def _customers_page(call: Call, wrong: Wrong | None = None) -> Raw:
    rows, following = await _rows(call, _CUSTOMERS)
    return await show(
        call, "customers.html", section="customers", status=wrong.status if wrong else 200, customers=rows,
        following=following, wanted=call.query, wrong=wrong, given=form(call),
    )  # fmt: skip


def _customer(given: dict[str, str]) -> NewCustomer:
    areas = given.get("sales_areas", "").replace("，", ",").replace("、", ",").replace(",", " ").split()
    return NewCustomer.model_validate(typed(given, NewCustomer, sales_areas=areas))


@routes.post("/admin/customers", permission="chain.master", query=PartnerFilter, media_type=PAGE)
async def create_customer(call: Call) -> Raw | Redirect:
    async def act() -> UUID:
        return await master.create(call.actor, Customer, _customer(form(call)))

    done = await attempt(call, act, TAKEN)
    return (
        await _customers_page(call, done)
        if isinstance(done, Wrong)
        else back(call, f"/admin/customers/{done}", "created")
    )


@routes.get("/admin/customers/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_customer(call: Call) -> Raw:
    return await _customer_page(call)


async def _customer_page(call: Call, wrong: Wrong | None = None, outlet_wrong: Wrong | None = None) -> Raw:
    tenant, row = call.actor.tenant, await _one(call, "customer")
    outlets = await db.fetch(
        "SELECT id, name, division_code, address FROM outlet WHERE tenant_id = $1 AND customer_id = $2 ORDER BY name, id LIMIT 500",
        tenant, call.id(),
    )  # fmt: skip
    shipments = await db.fetch(
        "SELECT id, shipment_no, departed_at FROM shipment WHERE tenant_id = $1 AND customer_id = $2 ORDER BY id DESC LIMIT 20",
        tenant, call.id(),
    )  # fmt: skip
    told = wrong or outlet_wrong
    return await show(
        call, "customer.html", section="customers", status=told.status if told else 200, customer=row, wrong=wrong,
        outlet_wrong=outlet_wrong, given=form(call) if wrong else row | {"sales_areas": ", ".join(row["sales_areas"])},
        outlet=form(call) if outlet_wrong else {}, outlets=outlets, shipments=shipments,
    )  # fmt: skip


@routes.post("/admin/customers/{id}", permission="chain.master", query=PageArgs, media_type=PAGE)
async def change_customer(call: Call) -> Raw | Redirect:
    await _one(call, "customer")

    async def act() -> None:
        whole = _customer(form(call))
        await master.change(call.actor, Customer, call.id(), CustomerChanges.model_validate(whole.model_dump()))

    done = await attempt(call, act, TAKEN)
    return await _customer_page(call, done) if isinstance(done, Wrong) else back(call, call.request.path, "saved")


@routes.post("/admin/customers/{id}/outlets", permission="chain.master", query=PageArgs, media_type=PAGE)
async def create_outlet(call: Call) -> Raw | Redirect:
    customer = await _one(call, "customer")

    async def act() -> UUID:
        command = NewOutlet.model_validate(typed(form(call), NewOutlet))
        return await master.create(call.actor, Outlet, command, customer_id=customer["id"])

    done = await attempt(call, act, {"already_exists": "name"})
    if isinstance(done, Wrong):
        return await _customer_page(call, outlet_wrong=done)
    return back(call, f"/admin/customers/{call.path['id']}", "created")
