"""Signing in from a phone: WeChat's mini-program and pages, Alipay, and codes by short message."""

from uuid import UUID

from pydantic import BaseModel, Field

from server.domains.access.phone_commands import AskForCode, PageSignIn, PhoneSignIn, VendorSignIn, Way
from server.domains.access.problems import WayNotOffered
from server.domains.access.sign_in import Caller
from server.http import authentication, phone_authentication
from server.http.answers import Raw, encode
from server.http.routes import PUBLIC, Call, RouteTable
from server.open_api.auth import SignedInOut, cookie_header, signed_in_answer
from server.open_api.examples import phones

routes = RouteTable("phone_sign_in")


class WayOut(BaseModel):
    """`app_id`: ours at the vendor; empty for a telephone."""

    way: Way
    app_id: str


class WayList(BaseModel):
    """Besides the password, which is always offered."""

    items: list[WayOut]


class PageQuery(BaseModel):
    page: str = Field(
        max_length=1000, examples=["/m/sign-in"], description="Where to come back to: a page of ours, or its path"
    )


class AuthorizationOut(BaseModel):
    """Send the browser there; it comes back with `code` (Alipay: `auth_code`) and `state`, within ten minutes, for POST
    …/official-account or …/alipay/page."""

    url: str


class AskedOut(BaseModel):
    """The same whether anybody has the number or not."""

    request_id: UUID
    expires_in: int
    resend_after: int


def _caller(call: Call) -> Caller:
    return authentication.caller_of(call.request, call.request_id, call.language)


@routes.get("/api/v1/auth/ways", permission=PUBLIC, returns=WayList)
async def list_ways(call: Call) -> WayList:
    """How one may sign in here besides by password."""
    vendors = call.services.vendors
    ways = [WayOut(way=way, app_id=provider.app_id) for way, provider in vendors.providers.items()]
    return WayList(items=[*ways, WayOut(way="phone", app_id="")] if vendors.sms else ways)


@routes.post(
    "/api/v1/auth/wechat/mini-program",
    permission=PUBLIC,
    body=VendorSignIn,
    returns=SignedInOut,
    example=phones.MINI_PROGRAM,
)
async def sign_in_in_mini_program(call: Call, body: VendorSignIn) -> Raw:
    """Sign in with the code of `wx.login`. With `invitation` the identity is bound first; unbound it opens nothing:
    401 `identity_unbound`. A code is good for one call, also where this answers 409 `tenant_required`."""
    services = call.services
    provider = services.vendors.providers.get("wechat_mini")
    signed_in = await phone_authentication.by_vendor(provider, "wechat_mini", body, _caller(call), services.limiter)
    return signed_in_answer(call, signed_in)


@routes.post("/api/v1/auth/alipay", permission=PUBLIC, body=VendorSignIn, returns=SignedInOut, example=phones.ALIPAY)
async def sign_in_in_alipay(call: Call, body: VendorSignIn) -> Raw:
    """Sign in with the code of `my.getAuthCode` (scope auth_base). Otherwise as in WeChat's mini-program."""
    services = call.services
    provider = services.vendors.providers.get("alipay")
    signed_in = await phone_authentication.by_vendor(provider, "alipay", body, _caller(call), services.limiter)
    return signed_in_answer(call, signed_in)


@routes.get("/api/v1/auth/wechat/authorization", permission=PUBLIC, query=PageQuery, returns=AuthorizationOut)
async def authorize_page(call: Call) -> Raw:
    """Where a page inside WeChat sends the browser for a code, silently (`snsapi_base`). The answer's cookie must come back
    with the code: it is taken only from the browser that had set out for it."""
    return _set_out(call, "wechat_official")


@routes.get("/api/v1/auth/alipay/authorization", permission=PUBLIC, query=PageQuery, returns=AuthorizationOut)
async def authorize_page_in_alipay(call: Call) -> Raw:
    """The same for a page inside Alipay, silently (`auth_base`). What comes back as `auth_code` is the code."""
    return _set_out(call, "alipay_page")


def _set_out(call: Call, way: Way) -> Raw:
    services, settings = call.services, call.services.settings
    url, cookie = phone_authentication.authorization(
        services.vendors.redirects.get(way), call.query.page, settings.base_url, settings.origins, settings.token_key
    )
    return Raw(encode(AuthorizationOut(url=url)), "application/json", headers={"Set-Cookie": cookie_header(cookie)})


async def _come_back(call: Call, way: Way, body: PageSignIn) -> Raw:
    services = call.services
    provider, key = services.vendors.providers.get(way), services.settings.token_key
    own_state = call.request.cookies.get(phone_authentication.STATE_COOKIE)
    signed_in = await phone_authentication.by_page(provider, way, body, _caller(call), services.limiter, key, own_state)
    return signed_in_answer(call, signed_in)


@routes.post(
    "/api/v1/auth/wechat/official-account",
    permission=PUBLIC,
    body=PageSignIn,
    returns=SignedInOut,
    example=phones.OFFICIAL_ACCOUNT,
)
async def sign_in_on_page(call: Call, body: PageSignIn) -> Raw:
    """Sign in with what came back to the page. A state that is not ours, too old or used is refused: 403
    `callback_refused`."""
    return await _come_back(call, "wechat_official", body)


@routes.post(
    "/api/v1/auth/alipay/page", permission=PUBLIC, body=PageSignIn, returns=SignedInOut, example=phones.ALIPAY_PAGE
)
async def sign_in_on_page_in_alipay(call: Call, body: PageSignIn) -> Raw:
    """The same with what came back from Alipay (`auth_code`, `state`). An identity of its own beside that of the
    mini-program, which is another app."""
    return await _come_back(call, "alipay_page", body)


@routes.post(
    "/api/v1/auth/sms-codes",
    permission=PUBLIC,
    body=AskForCode,
    returns=AskedOut,
    status=202,
    example=phones.ASK_FOR_CODE,
)
async def ask_for_code(call: Call, body: AskForCode) -> AskedOut:
    """Ask for a code by short message. It is good for five minutes, five tries and this request. At most one a minute,
    five an hour and ten a day to one number: 429 `sms_limit` with Retry-After."""
    services = call.services
    if services.vendors.sms is None:
        raise WayNotOffered
    asked = await phone_authentication.ask_for_code(body, _caller(call), services.limiter)
    return AskedOut(request_id=asked.request_id, expires_in=asked.seconds, resend_after=asked.resend_after_seconds)


@routes.post("/api/v1/auth/phone", permission=PUBLIC, body=PhoneSignIn, returns=SignedInOut, example=phones.PHONE)
async def sign_in_by_phone(call: Call, body: PhoneSignIn) -> Raw:
    """Sign in with the code. Wrong, used, over, of another request or tried too often: one answer, 401
    `sign_in_code_refused`."""
    services = call.services
    signed_in = await phone_authentication.by_phone(body, _caller(call), services.limiter, services.settings.token_key)
    return signed_in_answer(call, signed_in)
