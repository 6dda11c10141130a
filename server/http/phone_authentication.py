"""Signing in from a phone, as every surface does it: the vendor is asked outside any transaction, then a short one."""

import hmac
from urllib.parse import urlsplit

from server.core import db
from server.core.errors import TooMany, Unavailable
from server.core.limits import Limiter
from server.core.scope import Scope
from server.domains.access import callbacks, identities, one_time_codes
from server.domains.access.identities import Identity
from server.domains.access.lockout import network_of
from server.domains.access.phone_commands import AskForCode, PageSignIn, PhoneSignIn, VendorSignIn, Way
from server.domains.access.ports import CodeRefused, IdentityProvider, RedirectProvider, VendorAway
from server.domains.access.problems import CallbackRefused, RedirectElsewhere, SignInCodeRefused, WayNotOffered
from server.domains.access.sign_in import Caller, SignedIn
from server.http.answers import Cookie

TRIES_PER_MINUTE = 60  # of one address; a whole plant may share one


async def by_vendor(
    provider: IdentityProvider | None, way: Way, command: VendorSignIn, caller: Caller, limiter: Limiter
) -> SignedIn:
    """Begin a session as whom the vendor names. WayNotOffered, SignInCodeRefused, Unavailable, and as identities.sign_in."""
    if provider is None:
        raise WayNotOffered
    await _admit(caller, limiter)
    try:
        subject = await provider.identify(command.code)
    except CodeRefused:
        raise SignInCodeRefused from None
    except VendorAway:
        raise Unavailable(retry_after_seconds=5) from None
    async with db.transaction(Scope.system()):
        identity = Identity(way, provider.app_id, subject)
        return await identities.sign_in(identity, caller, tenant=command.tenant, invitation=command.invitation)


STATE_COOKIE = "qt_state"


async def by_page(
    provider: IdentityProvider | None,
    way: Way,
    command: PageSignIn,
    caller: Caller,
    limiter: Limiter,
    key: bytes,
    own_state: str | None,
) -> SignedIn:
    """The same for a code that came back to a page of ours: its state is taken first, and once, from the browser that had
    set out with it (`own_state`): nobody is signed in as who sent him a link. CallbackRefused."""
    if provider is None:
        raise WayNotOffered
    if not hmac.compare_digest((own_state or "").encode(), command.state.encode()):
        raise CallbackRefused
    async with db.transaction(Scope.system()):
        await callbacks.take_state(key, command.state)
    return await by_vendor(provider, way, command, caller, limiter)


def authorization(
    provider: RedirectProvider | None, page: str, base_url: str, origins: tuple[str, ...], key: bytes
) -> tuple[str, Cookie]:
    """Where the browser goes for a code, and the cookie by which it is known when it comes back to `page`, which must be
    one of ours. RedirectElsewhere."""
    if provider is None:
        raise WayNotOffered
    state = callbacks.new_state(key)
    cookie = Cookie(STATE_COOKIE, state, callbacks.STATE_SECONDS, secure=base_url.startswith("https:"))
    return provider.authorize_url(own_page(page, base_url, origins), state), cookie


def own_page(page: str, base_url: str, origins: tuple[str, ...]) -> str:
    """The whole address of a page of ours, given whole or as a path; RedirectElsewhere for any other."""
    whole = f"{base_url}{page}" if page.startswith("/") else page
    parts = urlsplit(whole)
    if f"{parts.scheme}://{parts.netloc}" not in (base_url, *origins) or "\\" in whole:
        raise RedirectElsewhere(field="page")
    return whole


async def ask_for_code(command: AskForCode, caller: Caller, limiter: Limiter) -> one_time_codes.Asked:
    """A code by short message, if somebody is behind the number: the answer does not tell. SmsLimit."""
    await _admit(caller, limiter)
    async with db.transaction(Scope.system()):
        return await one_time_codes.ask(command, caller.address)


async def by_phone(command: PhoneSignIn, caller: Caller, limiter: Limiter, key: bytes) -> SignedIn:
    """Begin a session as the owner of a number. The try is counted and kept, whatever comes of it. SignInCodeRefused."""
    await _admit(caller, limiter)
    async with db.transaction(Scope.system()):
        row = await one_time_codes.begin_try(command.request_id)
    if not one_time_codes.is_right(row, command.request_id, command.code, command.invitation, key):
        raise SignInCodeRefused
    async with db.transaction(Scope.system()):
        await one_time_codes.use_up(command.request_id)
        identity = Identity("phone", "", row["phone"])
        return await identities.sign_in(identity, caller, tenant=command.tenant, invitation=command.invitation)


async def _admit(caller: Caller, limiter: Limiter) -> None:
    wait = await limiter.use(f"phone-sign-in:{network_of(caller.address)}", limit=TRIES_PER_MINUTE, window_seconds=60)
    if wait:
        raise TooMany(retry_after_seconds=wait)
