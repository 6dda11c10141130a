"""/api/v1/suppliers, /certificates, /customers: those whom goods come from and go to, and the papers that let them."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from server.core.models import found
from server.domains.chain import master
from server.domains.chain.master.commands import (
    CertificateChanges,
    CustomerChanges,
    NewCertificate,
    NewCustomer,
    NewOutlet,
    NewSupplier,
    OutletChanges,
    SupplierChanges,
)
from server.domains.chain.models import Certificate, Customer, Outlet, Supplier
from server.domains.chain.values import Command
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import master as master_examples
from server.open_api.paged import after_of, next_of

routes = RouteTable("partners")


class SupplierOut(Out):
    id: UUID
    code: str
    name: str
    credit_code: str | None
    address: str | None
    contact: str | None
    origin: str | None
    ended_at: datetime | None


class SupplierPage(Out):
    items: list[SupplierOut]
    next: str | None


class CertificateOut(Out):
    id: UUID
    supplier_id: UUID | None
    supplier_name: str | None = None
    product_id: UUID | None
    product_name: str | None = None
    kind: str
    kind_en: str | None
    number: str
    valid_from: date | None
    valid_to: date | None
    attachment_id: UUID | None


class CertificatePage(Out):
    items: list[CertificateOut]
    next: str | None


class CustomerOut(Out):
    id: UUID
    code: str
    name: str
    address: str | None
    contact: str | None
    sales_areas: list[str]


class CustomerPage(Out):
    items: list[CustomerOut]
    next: str | None


class OutletOut(Out):
    id: UUID
    customer_id: UUID
    name: str
    division_code: str | None
    address: str | None


class OutletPage(Out):
    items: list[OutletOut]
    next: str | None


class PartnerQuery(PageQuery):
    code: str | None = None


class CertificateQuery(PageQuery):
    """With `expiring_within_days`: those whose last day is past or near, the most urgent first, on one page."""

    supplier_id: UUID | None = None
    product_id: UUID | None = None
    expiring_within_days: int | None = Field(None, ge=0, le=3650)


@routes.post(
    "/api/v1/suppliers",
    permission="chain.master",
    body=NewSupplier,
    returns=Created,
    status=201,
    example=master_examples.SUPPLIER,
)
async def create_supplier(call: Call, body: NewSupplier) -> Created:
    return Created(id=await master.create(call.actor, Supplier, body))


@routes.get("/api/v1/suppliers", permission="chain.read", query=PartnerQuery, returns=SupplierPage)
async def list_suppliers(call: Call) -> SupplierPage:
    query: PartnerQuery = call.query
    rows = await master.page(Supplier, call.actor.tenant, after_of(query), query.limit, code=query.code)
    return SupplierPage(items=[SupplierOut.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/suppliers/{id}", permission="chain.read", returns=SupplierOut)
async def get_supplier(call: Call) -> SupplierOut:
    return SupplierOut.of(await found(Supplier, call.id(), call.actor.tenant))


@routes.patch(
    "/api/v1/suppliers/{id}",
    permission="chain.master",
    body=SupplierChanges,
    returns=SupplierOut,
    example=master_examples.SUPPLIER_CHANGE,
)
async def change_supplier(call: Call, body: Command) -> SupplierOut:
    await master.change(call.actor, Supplier, call.id(), body)
    return SupplierOut.of(await found(Supplier, call.id(), call.actor.tenant))


@routes.post(
    "/api/v1/certificates",
    permission="chain.master",
    body=NewCertificate,
    returns=Created,
    status=201,
    example=master_examples.CERTIFICATE,
)
async def create_certificate(call: Call, body: NewCertificate) -> Created:
    return Created(id=await master.create(call.actor, Certificate, body))


@routes.get("/api/v1/certificates", permission="chain.read", query=CertificateQuery, returns=CertificatePage)
async def list_certificates(call: Call) -> CertificatePage:
    query: CertificateQuery = call.query
    if query.expiring_within_days is not None:
        due = await master.expiring_certificates(call.actor.tenant, query.expiring_within_days, query.limit)
        return CertificatePage(items=[CertificateOut.of(row) for row in due], next=None)
    rows = await master.page(
        Certificate, call.actor.tenant, after_of(query), query.limit,
        supplier_id=query.supplier_id, product_id=query.product_id,
    )  # fmt: skip
    return CertificatePage(items=[CertificateOut.of(row) for row in rows], next=next_of(rows, query))


@routes.patch(
    "/api/v1/certificates/{id}",
    permission="chain.master",
    body=CertificateChanges,
    returns=CertificateOut,
    example=master_examples.CERTIFICATE_CHANGE,
)
async def change_certificate(call: Call, body: Command) -> CertificateOut:
    await master.change(call.actor, Certificate, call.id(), body)
    return CertificateOut.of(await found(Certificate, call.id(), call.actor.tenant))


@routes.post(
    "/api/v1/customers",
    permission="chain.master",
    body=NewCustomer,
    returns=Created,
    status=201,
    example=master_examples.CUSTOMER,
)
async def create_customer(call: Call, body: NewCustomer) -> Created:
    return Created(id=await master.create(call.actor, Customer, body))


@routes.get("/api/v1/customers", permission="chain.read", query=PartnerQuery, returns=CustomerPage)
async def list_customers(call: Call) -> CustomerPage:
    query: PartnerQuery = call.query
    rows = await master.page(Customer, call.actor.tenant, after_of(query), query.limit, code=query.code)
    return CustomerPage(items=[CustomerOut.of(row) for row in rows], next=next_of(rows, query))


@routes.get("/api/v1/customers/{id}", permission="chain.read", returns=CustomerOut)
async def get_customer(call: Call) -> CustomerOut:
    return CustomerOut.of(await found(Customer, call.id(), call.actor.tenant))


@routes.patch(
    "/api/v1/customers/{id}",
    permission="chain.master",
    body=CustomerChanges,
    returns=CustomerOut,
    example=master_examples.CUSTOMER_CHANGE,
)
async def change_customer(call: Call, body: Command) -> CustomerOut:
    await master.change(call.actor, Customer, call.id(), body)
    return CustomerOut.of(await found(Customer, call.id(), call.actor.tenant))


@routes.post(
    "/api/v1/customers/{id}/outlets",
    permission="chain.master",
    body=NewOutlet,
    returns=Created,
    status=201,
    example=master_examples.OUTLET,
)
async def create_outlet(call: Call, body: NewOutlet) -> Created:
    customer = await found(Customer, call.id(), call.actor.tenant)
    return Created(id=await master.create(call.actor, Outlet, body, customer_id=customer.id))


@routes.get("/api/v1/customers/{id}/outlets", permission="chain.read", query=PageQuery, returns=OutletPage)
async def list_outlets(call: Call) -> OutletPage:
    customer = await found(Customer, call.id(), call.actor.tenant)
    query: PageQuery = call.query
    rows = await master.page(Outlet, call.actor.tenant, after_of(query), query.limit, customer_id=customer.id)
    return OutletPage(items=[OutletOut.of(row) for row in rows], next=next_of(rows, query))


@routes.patch(
    "/api/v1/outlets/{id}",
    permission="chain.master",
    body=OutletChanges,
    returns=OutletOut,
    example=master_examples.OUTLET_CHANGE,
)
async def change_outlet(call: Call, body: Command) -> OutletOut:
    await master.change(call.actor, Outlet, call.id(), body)
    return OutletOut.of(await found(Outlet, call.id(), call.actor.tenant))
