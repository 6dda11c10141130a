"""Enterprises: the platform's register, and what an enterprise keeps of itself, its sites and places."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from server.domains.access import authorities, queries, tenants
from server.domains.access.commands import (
    ChangeEnterprise,
    ChangePlace,
    ChangeSite,
    ChangeTenant,
    EnterpriseSettings,
    MoveTenant,
    NewPlace,
    NewSite,
    NewTenant,
    NewUser,
    SetTenantState,
)
from server.http.paging import PageQuery, decode_id, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.examples import access as access_examples
from server.open_api.people import CreatedUserOut, created_user_out

routes = RouteTable("tenants")


class TenantOut(BaseModel):
    id: UUID
    name: str
    credit_code: str
    division_code: str
    address: str | None
    state: str
    created_at: datetime


class TenantList(BaseModel):
    items: list[TenantOut]
    next: str | None


class SiteOut(BaseModel):
    id: UUID
    name: str
    division_code: str
    address: str | None


class SiteList(BaseModel):
    items: list[SiteOut]


class PlaceOut(BaseModel):
    id: UUID
    site_id: UUID
    parent_id: UUID | None
    kind: str
    name: str


class PlaceList(BaseModel):
    items: list[PlaceOut]
    next: str | None


class PlaceQuery(PageQuery):
    site_id: UUID | None = None


@routes.get("/api/v1/tenants", permission="platform.read", query=PageQuery, returns=TenantList)
async def list_tenants(call: Call) -> TenantList:
    """All enterprises, in pages."""
    q: PageQuery = call.query
    rows = await queries.list_tenants(decode_id(q.after), q.limit + 1)
    items = [TenantOut(**row) for row in rows[: q.limit]]
    return TenantList(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)


@routes.get("/api/v1/tenants/{id}", permission="platform.read", returns=TenantOut)
async def show_tenant(call: Call) -> TenantOut:
    """One enterprise."""
    return TenantOut(**await queries.tenant(call.id()))


@routes.post(
    "/api/v1/tenants", permission="platform.write", body=NewTenant, returns=TenantOut, status=201,
    example=access_examples.TENANT,
)  # fmt: skip
async def create_tenant(call: Call, body: NewTenant) -> TenantOut:
    """Register an enterprise; the check character of its credit code is verified."""
    return TenantOut(**await queries.tenant(await tenants.create_tenant(call.actor, body)))


@routes.patch(
    "/api/v1/tenants/{id}",
    permission="platform.write",
    body=ChangeTenant,
    returns=TenantOut,
    example=access_examples.TENANT_CHANGE,
)
async def change_tenant(call: Call, body: ChangeTenant) -> TenantOut:
    """Change name or address."""
    await tenants.change_tenant(call.actor, call.id(), body)
    return TenantOut(**await queries.tenant(call.id()))


@routes.put(
    "/api/v1/tenants/{id}/state",
    permission="platform.write",
    body=SetTenantState,
    returns=TenantOut,
    example=access_examples.TENANT_STATE,
)
async def set_tenant_state(call: Call, body: SetTenantState) -> TenantOut:
    """Suspend an enterprise, or let it work again; effective at everybody's next request."""
    await tenants.set_tenant_state(call.actor, call.id(), body)
    return TenantOut(**await queries.tenant(call.id()))


@routes.put(
    "/api/v1/tenants/{id}/division",
    permission="platform.write",
    body=MoveTenant,
    returns=TenantOut,
    example=access_examples.TENANT_DIVISION,
)
async def move_tenant(call: Call, body: MoveTenant) -> TenantOut:
    """Move an enterprise to another division from today on; its old authority sees it no more."""
    await tenants.move_tenant(call.actor, call.id(), body)
    return TenantOut(**await queries.tenant(call.id()))


@routes.post(
    "/api/v1/tenants/{id}/users",
    permission="platform.write",
    body=NewUser,
    returns=CreatedUserOut,
    status=201,
    example=access_examples.MEMBER,
)
async def add_member(call: Call, body: NewUser) -> CreatedUserOut:
    """The first admin of an enterprise, or a further membership of somebody who has an account."""
    return created_user_out(await authorities.add_member(call.actor, call.id(), body))


@routes.get("/api/v1/enterprise", permission="access.read", returns=TenantOut)
async def show_enterprise(call: Call) -> TenantOut:
    """One's own enterprise; for a regulator the one named by `enterprise`."""
    return TenantOut(**await queries.tenant(call.actor.tenant))


@routes.patch(
    "/api/v1/enterprise",
    permission="access.write",
    body=ChangeEnterprise,
    returns=TenantOut,
    example=access_examples.ENTERPRISE_CHANGE,
)
async def change_enterprise(call: Call, body: ChangeEnterprise) -> TenantOut:
    """Change one's own address."""
    await tenants.change_enterprise(call.actor, body)
    return TenantOut(**await queries.tenant(call.actor.tenant))


@routes.get("/api/v1/enterprise/settings", permission="access.read", returns=EnterpriseSettings)
async def show_settings(call: Call) -> EnterpriseSettings:
    """How the enterprise wants things done."""
    return await tenants.enterprise_settings(call.actor.tenant)


@routes.put(
    "/api/v1/enterprise/settings",
    permission="access.write",
    body=EnterpriseSettings,
    returns=EnterpriseSettings,
    example=access_examples.ENTERPRISE_SETTINGS,
)
async def set_settings(call: Call, body: EnterpriseSettings) -> EnterpriseSettings:
    """State all of them; what is left out goes back to the platform's own."""
    await tenants.set_enterprise_settings(call.actor, body)
    return await tenants.enterprise_settings(call.actor.tenant)


@routes.get("/api/v1/sites", permission="access.read", returns=SiteList)
async def list_sites(call: Call) -> SiteList:
    """Sites of the enterprise, by name."""
    return SiteList(items=[SiteOut(**row) for row in await queries.list_sites(call.actor.tenant)])


@routes.get("/api/v1/sites/{id}", permission="access.read", returns=SiteOut)
async def show_site(call: Call) -> SiteOut:
    """One site."""
    return SiteOut(**await queries.site(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/sites", permission="access.write", body=NewSite, returns=SiteOut, status=201,
    example=access_examples.SITE,
)  # fmt: skip
async def create_site(call: Call, body: NewSite) -> SiteOut:
    """A site; the authority of its division sees the enterprise too."""
    return SiteOut(**await queries.site(call.actor.tenant, await tenants.create_site(call.actor, body)))


@routes.patch(
    "/api/v1/sites/{id}",
    permission="access.write",
    body=ChangeSite,
    returns=SiteOut,
    example=access_examples.SITE_CHANGE,
)
async def change_site(call: Call, body: ChangeSite) -> SiteOut:
    """Change name or address."""
    await tenants.change_site(call.actor, call.id(), body)
    return SiteOut(**await queries.site(call.actor.tenant, call.id()))


@routes.put(
    "/api/v1/sites/{id}/division",
    permission="access.write",
    body=MoveTenant,
    returns=SiteOut,
    example=access_examples.SITE_DIVISION,
)
async def move_site(call: Call, body: MoveTenant) -> SiteOut:
    """From today on the site lies in another division."""
    await tenants.move_site(call.actor, call.id(), body)
    return SiteOut(**await queries.site(call.actor.tenant, call.id()))


@routes.get("/api/v1/places", permission="access.read", query=PlaceQuery, returns=PlaceList)
async def list_places(call: Call) -> PlaceList:
    """Workshops, lines, tanks, stores and vehicles, in pages."""
    q: PlaceQuery = call.query
    rows = await queries.list_places(call.actor.tenant, q.site_id, decode_id(q.after), q.limit + 1)
    items = [PlaceOut(**row) for row in rows[: q.limit]]
    return PlaceList(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)


@routes.get("/api/v1/places/{id}", permission="access.read", returns=PlaceOut)
async def show_place(call: Call) -> PlaceOut:
    """One place."""
    return PlaceOut(**await queries.place(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/places",
    permission="access.write",
    body=NewPlace,
    returns=PlaceOut,
    status=201,
    example=access_examples.PLACE,
)
async def create_place(call: Call, body: NewPlace) -> PlaceOut:
    """A place on a site, or inside another place."""
    return PlaceOut(**await queries.place(call.actor.tenant, await tenants.create_place(call.actor, body)))


@routes.patch(
    "/api/v1/places/{id}",
    permission="access.write",
    body=ChangePlace,
    returns=PlaceOut,
    example=access_examples.PLACE_CHANGE,
)
async def change_place(call: Call, body: ChangePlace) -> PlaceOut:
    """Change kind or name."""
    await tenants.change_place(call.actor, call.id(), body)
    return PlaceOut(**await queries.place(call.actor.tenant, call.id()))
