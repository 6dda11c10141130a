"""People and keys of one enterprise."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from server.domains.access import api_keys, people, queries
from server.domains.access.commands import ChangeUser, NewApiKey, NewUser, SetDisabled
from server.http.paging import PageQuery, decode_id, encode_cursor
from server.http.routes import Call, RouteTable
from server.open_api.examples import access as access_examples
from server.open_api.examples import demo

routes = RouteTable("people")


class UserOut(BaseModel):
    id: UUID
    username: str
    display_name: str
    phone: str | None
    roles: list[str]
    workshop: str | None
    shift: str | None
    state: str
    must_change_password: bool
    created_at: datetime


class UserList(BaseModel):
    items: list[UserOut]
    next: str | None


class CreatedUserOut(BaseModel):
    """`one_time_password` is shown here and never again; null where the account had a password."""

    id: UUID
    username: str
    one_time_password: str | None


class ApiKeyOut(BaseModel):
    id: UUID
    name: str
    roles: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class ApiKeyList(BaseModel):
    items: list[ApiKeyOut]


class CreatedApiKeyOut(BaseModel):
    """`key` is shown here and never again; send it as `X-API-Key`."""

    id: UUID
    key: str


def created_user_out(created: people.CreatedUser) -> CreatedUserOut:
    return CreatedUserOut(id=created.user_id, username=created.username, one_time_password=created.one_time_password)


@routes.get("/api/v1/users", permission="access.people", query=PageQuery, returns=UserList)
async def list_users(call: Call) -> UserList:
    """People who work for the enterprise, in pages."""
    q: PageQuery = call.query
    rows = await queries.list_users(call.actor.tenant, decode_id(q.after), q.limit + 1)
    items = [UserOut(**row) for row in rows[: q.limit]]
    return UserList(items=items, next=encode_cursor([items[-1].id]) if len(rows) > q.limit else None)


@routes.get("/api/v1/users/{id}", permission="access.people", returns=UserOut)
async def show_user(call: Call) -> UserOut:
    """One of them."""
    return UserOut(**await queries.user(call.actor.tenant, call.id()))


@routes.post(
    "/api/v1/users", permission="access.write", body=NewUser, returns=CreatedUserOut, status=201,
    example=access_examples.USER,
)  # fmt: skip
async def create_user(call: Call, body: NewUser) -> CreatedUserOut:
    """Add a person; answers the one-time password, which must be changed at the first sign-in."""
    return created_user_out(await people.create_user(call.actor, body))


@routes.patch(
    "/api/v1/users/{id}",
    permission="access.write",
    body=ChangeUser,
    returns=UserOut,
    example=access_examples.USER_CHANGE,
    path_example={"id": demo.INSPECTOR},
)
async def change_user(call: Call, body: ChangeUser) -> UserOut:
    """Change roles, workshop or shift; effective at the person's next request. The last enterprise admin stays one."""
    await people.change_user(call.actor, call.id(), body)
    return UserOut(**await queries.user(call.actor.tenant, call.id()))


@routes.put(
    "/api/v1/users/{id}/disabled",
    permission="access.write",
    body=SetDisabled,
    returns=UserOut,
    example=access_examples.DISABLED,
)
async def set_disabled(call: Call, body: SetDisabled) -> UserOut:
    """Shut a person out of this enterprise for now, or let him in again."""
    await people.set_user_disabled(call.actor, call.id(), body)
    return UserOut(**await queries.user(call.actor.tenant, call.id()))


@routes.delete("/api/v1/users/{id}", permission="access.write", status=204)
async def end_membership(call: Call) -> None:
    """The person has left the enterprise."""
    await people.end_membership(call.actor, call.id())


@routes.post("/api/v1/users/{id}/password", permission="access.write", returns=CreatedUserOut)
async def reset_password(call: Call) -> CreatedUserOut:
    """Answers a new one-time password; all sessions of the person end."""
    return created_user_out(await people.reset_password(call.actor, call.id()))


@routes.get("/api/v1/api-keys", permission="access.write", returns=ApiKeyList)
async def list_api_keys(call: Call) -> ApiKeyList:
    """The enterprise's keys for machines, newest first, without their secrets."""
    return ApiKeyList(items=[ApiKeyOut(**row) for row in await queries.list_api_keys(call.actor.tenant)])


@routes.post(
    "/api/v1/api-keys", permission="access.write", body=NewApiKey, returns=CreatedApiKeyOut, status=201,
    example=access_examples.API_KEY,
)  # fmt: skip
async def create_api_key(call: Call, body: NewApiKey) -> CreatedApiKeyOut:
    """A key for a machine; it may do no more than who makes it."""
    created = await api_keys.create_api_key(call.actor, body)
    return CreatedApiKeyOut(id=created.id, key=created.key)


@routes.delete("/api/v1/api-keys/{id}", permission="access.write", status=204)
async def revoke_api_key(call: Call) -> None:
    """The key is refused from the next request on."""
    await api_keys.revoke_api_key(call.actor, call.id())
