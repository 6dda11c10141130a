"""Signing in and out, the sessions and the password of whoever is signed in."""

from datetime import datetime
from http.cookies import SimpleCookie
from uuid import UUID

from pydantic import BaseModel

from server.core import db
from server.core.scope import Scope
from server.domains.access import queries, sessions, tokens
from server.domains.access.commands import ChangePassword, Credentials, RefreshRequest
from server.domains.access.sign_in import SignedIn
from server.http import authentication
from server.http.answers import Cookie, Raw, encode
from server.http.routes import PUBLIC, SIGNED_IN, Call, RouteTable
from server.open_api.examples import access as access_examples

routes = RouteTable("auth")


class TokensOut(BaseModel):
    """A bearer token for ten minutes, and what to trade for the next."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - the scheme of RFC 6750
    expires_in: int = tokens.ACCESS_SECONDS


class SignedInOut(TokensOut):
    """`tenant` is the name it was signed in to: an enterprise, an authority, or null for the platform."""

    must_change_password: bool
    display_name: str
    roles: list[str]
    tenant: str | None
    tenant_id: UUID | None
    authority_id: UUID | None


class MeOut(BaseModel):
    """Whoever asks; `username` is null for a machine's key."""

    id: UUID | None
    kind: str
    username: str | None
    display_name: str
    roles: list[str]
    permissions: list[str]
    tenant: str | None
    tenant_id: UUID | None
    credit_code: str | None
    authority_id: UUID | None
    must_change_password: bool


class SessionOut(BaseModel):
    id: UUID
    current: bool
    tenant: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime
    user_agent: str | None


class SessionList(BaseModel):
    items: list[SessionOut]


@routes.post(
    "/api/v1/auth/login", permission=PUBLIC, body=Credentials, returns=SignedInOut,
    example=access_examples.LOGIN,
)  # fmt: skip
async def login(call: Call, body: Credentials) -> Raw:
    """Sign in with a password. Unknown name, wrong password and wrong enterprise get one answer; several memberships
    and no `tenant` get 409 `tenant_required` with `choices`. Too many failed tries: 429 with Retry-After."""
    caller = authentication.caller_of(call.request, call.request_id, call.language)
    return signed_in_answer(call, await authentication.authenticate(body, caller))


def signed_in_answer(call: Call, signed_in: SignedIn) -> Raw:
    """What whoever signed in is told, and the cookie by which his browser is known the next time."""
    settings, m = call.services.settings, signed_in.membership
    out = SignedInOut(
        access_token=tokens.encode(signed_in.claims, settings.token_key), refresh_token=signed_in.refresh_token,
        must_change_password=signed_in.must_change_password, display_name=signed_in.display_name, roles=list(m.roles),
        tenant=m.label, tenant_id=m.tenant_id, authority_id=m.authority_id,
    )  # fmt: skip
    cookie = authentication.device_cookie(signed_in, settings.base_url)
    headers = {"Set-Cookie": cookie_header(cookie)}
    return Raw(encode(out), "application/json", headers=headers)


def cookie_header(cookie: Cookie) -> str:
    """The value of Set-Cookie."""
    jar: SimpleCookie = SimpleCookie()
    jar[cookie.name] = cookie.value
    jar[cookie.name].update({"max-age": str(cookie.max_age_seconds), "path": cookie.path, "samesite": "Lax"})
    jar[cookie.name]["httponly"] = True
    jar[cookie.name]["secure"] = cookie.secure
    return jar[cookie.name].OutputString()


@routes.post(
    "/api/v1/auth/refresh", permission=PUBLIC, body=RefreshRequest, returns=TokensOut, example=access_examples.REFRESH
)
async def refresh(call: Call, body: RefreshRequest) -> TokensOut:
    """Trade a refresh token for new tokens; each is good for once. One that comes back later ends its session."""
    key = call.services.settings.token_key
    claims, following = await authentication.refresh(body.refresh_token, key, call.request_id)
    return TokensOut(access_token=tokens.encode(claims, key), refresh_token=following)


@routes.post("/api/v1/auth/logout", permission=SIGNED_IN, status=204, own_transaction=True)
async def logout(call: Call) -> None:
    """End this session; its tokens are refused from the next request on."""
    async with db.transaction(Scope.system()):
        await sessions.sign_out(call.actor)


@routes.get("/api/v1/auth/me", permission=SIGNED_IN, returns=MeOut, own_transaction=True)
async def me(call: Call) -> MeOut:
    """Who is asking, for whom, with which permissions."""
    actor = call.actor
    async with db.transaction(Scope.system()):
        row = await queries.who_am_i(actor)
    return MeOut(
        id=actor.id, kind=actor.kind, username=row["username"], display_name=actor.name, roles=sorted(actor.roles),
        permissions=sorted(actor.permissions), tenant=row["tenant_name"] or row["authority_name"],
        tenant_id=actor.tenant_id, credit_code=row["credit_code"], authority_id=actor.authority_id,
        must_change_password=bool(row["must_change_password"]),
    )  # fmt: skip


@routes.post(
    "/api/v1/auth/password",
    permission=SIGNED_IN,
    body=ChangePassword,
    status=204,
    own_transaction=True,
    example=access_examples.PASSWORD,
)
async def change_password(call: Call, body: ChangePassword) -> None:
    """Change one's own password; every other session ends. A one-time password must be changed before anything else."""
    device = call.request.cookies.get(authentication.DEVICE_COOKIE)
    await authentication.change_password(call.actor, body, device)


@routes.get("/api/v1/auth/sessions", permission=SIGNED_IN, returns=SessionList, own_transaction=True)
async def list_sessions(call: Call) -> SessionList:
    """One's own open sessions."""
    async with db.transaction(Scope.system()):
        rows = await sessions.list_sessions(call.actor)
    return SessionList(items=[SessionOut(**row, current=row["id"] == call.actor.session_id) for row in rows])


@routes.delete("/api/v1/auth/sessions/{id}", permission=SIGNED_IN, status=204, own_transaction=True)
async def revoke_session(call: Call) -> None:
    """End one of one's own sessions."""
    async with db.transaction(Scope.system()):
        await sessions.revoke_session(call.actor, call.id())
