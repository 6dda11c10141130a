"""Signing in, as every surface does it: two short transactions with the slow hash between them, not inside."""

from sanic import Request

from server.core import db
from server.core.actor import Actor
from server.core.errors import FieldError, Invalid, Unauthenticated
from server.core.scope import Scope
from server.domains.access import sessions, sign_in, tokens
from server.domains.access.commands import ChangePassword, Credentials
from server.domains.access.passwords import MIN_LENGTH, is_weak, passwords
from server.domains.access.problems import WrongPassword
from server.domains.access.sign_in import Caller, SignedIn
from server.http.answers import Cookie
from server.http.client import address_of

DEVICE_COOKIE = "qt_device"
DEVICE_SECONDS = 400 * 24 * 3600


def caller_of(request: Request, request_id: str, language: str) -> Caller:
    """Where a try comes from."""
    return Caller(
        address_of(request), request.headers.get("user-agent", ""), request.cookies.get(DEVICE_COOKIE), request_id, language
    )  # fmt: skip


def device_cookie(signed_in: SignedIn, base_url: str) -> Cookie:
    """By it the browser is known the next time, so that nobody else's failures lock its owner out."""
    return Cookie(DEVICE_COOKIE, signed_in.device, DEVICE_SECONDS, secure=base_url.startswith("https:"))


async def authenticate(credentials: Credentials, caller: Caller) -> SignedIn:
    """Begin a session. SignInFailed, SignInLocked, TenantRequired, or Unavailable when too many wait to be hashed."""
    async with db.transaction(Scope.system()):
        attempt = await sign_in.begin(credentials, caller)
    membership = await sign_in.check(attempt, credentials)
    new_hash = None
    if attempt.password_hash and passwords().is_outdated(attempt.password_hash):
        new_hash = await passwords().hash(credentials.password)
    async with db.transaction(Scope.system()):
        return await sign_in.complete(attempt, membership, caller, new_hash)


async def refresh(refresh_token: str, key: bytes, request_id: str) -> tuple[tokens.Claims, str]:
    """The session and its next refresh token. A token that comes back ends the family, which is kept; then 401."""
    async with db.transaction(Scope.system()):
        refreshed = await sessions.refresh(refresh_token, key, request_id)
    if refreshed.refresh_token is None:
        raise Unauthenticated
    return refreshed.claims, refreshed.refresh_token


async def change_password(actor: Actor, command: ChangePassword, device: str | None) -> None:
    """Check the current password, store the new one, end every other session of the person."""
    async with db.transaction(Scope.system()):
        secret = await sessions.begin_password_change(actor)
    if not await passwords().verify(command.current_password, secret.password_hash):
        raise WrongPassword(field="current_password")
    if is_weak(command.new_password, secret.username):
        raise Invalid([FieldError("new_password", "password_weak", {"min_length": MIN_LENGTH})])
    if command.new_password == command.current_password:
        raise Invalid([FieldError("new_password", "password_same")])
    new_hash = await passwords().hash(command.new_password)
    async with db.transaction(Scope.system()):
        await sessions.complete_password_change(actor, new_hash, device)
