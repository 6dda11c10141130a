"""Authorities and accounts for the platform; the district of a regulator."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from server.core import db
from server.domains.access import authorities, queries
from server.domains.access.commands import NewAuthority, NewJurisdiction, NewRegulator, SetDisabled
from server.http.paging import PageQuery, decode_id, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.examples import access as access_examples
from server.open_api.people import CreatedUserOut, created_user_out

routes = RouteTable("authorities")


class JurisdictionOut(BaseModel):
    id: UUID
    division_code: str
    valid_from: date
    valid_to: date | None


class AuthorityOut(BaseModel):
    id: UUID
    name: str
    jurisdictions: list[JurisdictionOut]


class AuthorityList(BaseModel):
    items: list[AuthorityOut]
    next: str | None


class CreatedOut(BaseModel):
    id: UUID


class DistrictEnterpriseOut(BaseModel):
    """What the public register says of an enterprise; its data is read with `enterprise=`, and each reading is logged."""

    id: UUID
    name: str
    credit_code: str
    division_code: str


class DistrictList(BaseModel):
    items: list[DistrictEnterpriseOut]
    next: str | None


@routes.get("/api/v1/authorities", permission="platform.read", query=PageQuery, returns=AuthorityList)
async def list_authorities(call: Call) -> AuthorityList:
    """Authorities with their districts, in pages."""
    q: PageQuery = call.query
    rows = await queries.list_authorities(decode_id(q.after), q.limit + 1)
    items = [
        AuthorityOut(id=r["id"], name=r["name"], jurisdictions=db.loads(r["jurisdictions"])) for r in rows[: q.limit]
    ]
    return AuthorityList(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)


@routes.post(
    "/api/v1/authorities", permission="platform.write", body=NewAuthority, returns=CreatedOut, status=201,
    example=access_examples.AUTHORITY,
)  # fmt: skip
async def create_authority(call: Call, body: NewAuthority) -> CreatedOut:
    """An authority and its districts; 330000 covers 330100."""
    return CreatedOut(id=await authorities.create_authority(call.actor, body))


@routes.post(
    "/api/v1/authorities/{id}/jurisdictions", permission="platform.write", body=NewJurisdiction, returns=CreatedOut,
    status=201, example=access_examples.JURISDICTION,
)  # fmt: skip
async def add_jurisdiction(call: Call, body: NewJurisdiction) -> CreatedOut:
    """A further district, for a stretch of days."""
    return CreatedOut(id=await authorities.add_jurisdiction(call.actor, call.id(), body))


@routes.delete("/api/v1/authorities/{id}/jurisdictions/{jurisdiction_id}", permission="platform.write", status=204)
async def end_jurisdiction(call: Call) -> None:
    """The district is the authority's no more, from the next request on."""
    await authorities.end_jurisdiction(call.actor, call.id(), call.id("jurisdiction_id"))


@routes.post(
    "/api/v1/authorities/{id}/users",
    permission="platform.write",
    body=NewRegulator,
    returns=CreatedUserOut,
    status=201,
    example=access_examples.REGULATOR,
)
async def create_regulator(call: Call, body: NewRegulator) -> CreatedUserOut:
    """Somebody who works for an authority; answers the one-time password."""
    return created_user_out(await authorities.create_regulator(call.actor, call.id(), body))


@routes.put(
    "/api/v1/accounts/{id}/disabled",
    permission="platform.write",
    body=SetDisabled,
    status=204,
    example=access_examples.DISABLED,
)
async def set_account_disabled(call: Call, body: SetDisabled) -> None:
    """Shut an account out of everything, or let it in again."""
    await authorities.set_account_disabled(call.actor, call.id(), body)


@routes.post("/api/v1/accounts/{id}/password", permission="platform.write", returns=CreatedUserOut)
async def reset_account_password(call: Call) -> CreatedUserOut:
    """A one-time password for anybody; all sessions of the account end."""
    return created_user_out(await authorities.reset_account_password(call.actor, call.id()))


@routes.get("/api/v1/regulator/enterprises", permission="regulator.read", query=PageQuery, returns=DistrictList)
async def list_district(call: Call) -> DistrictList:
    """The enterprises of one's district today: what the public register says of them, in pages."""
    q: PageQuery = call.query
    rows = await queries.list_tenants(decode_id(q.after), q.limit + 1)
    items = [DistrictEnterpriseOut.model_validate(row, from_attributes=False) for row in map(dict, rows[: q.limit])]
    return DistrictList(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)
