"""WeChat's side doors: a page's right to use the scanner, and what WeChat's server sends."""

from pydantic import BaseModel, Field

from server.core import db
from server.core.errors import NotFound, Unavailable
from server.core.scope import Scope
from server.domains.access import callbacks
from server.domains.access.ports import VendorAway
from server.domains.access.problems import CallbackRefused, WayNotOffered
from server.http.answers import Raw
from server.http.phone_authentication import own_page
from server.http.routes import PUBLIC, SIGNED_IN, Call, RouteTable

routes = RouteTable("wechat")


class PageQuery(BaseModel):
    page: str = Field(
        max_length=1000,
        examples=["/m/scan"],
        description="The very address of the page, or its path; without the fragment",
    )


class PageConfigurationOut(BaseModel):
    """What wx.config takes, under its own names."""

    appId: str  # noqa: N815
    timestamp: int
    nonceStr: str  # noqa: N815
    signature: str


class SignedQuery(BaseModel):
    signature: str = Field(max_length=80)
    timestamp: str = Field(max_length=12)
    nonce: str = Field(min_length=1, max_length=128)


class EchoQuery(SignedQuery):
    echostr: str = Field(max_length=200)


@routes.get(
    "/api/v1/wechat/page-configuration",
    permission=SIGNED_IN,
    query=PageQuery,
    returns=PageConfigurationOut,
    own_transaction=True,
)
async def configure_page(call: Call) -> PageConfigurationOut:
    """For `wx.scanQRCode` on a page of ours inside WeChat. In Alipay `my.scan` and `ap.scan` need nothing of the kind."""
    pages, settings = call.services.vendors.pages, call.services.settings
    if pages is None:
        raise WayNotOffered
    try:
        made = await pages.configure(own_page(call.query.page, settings.base_url, settings.origins))
    except VendorAway:
        raise Unavailable(retry_after_seconds=5) from None
    return PageConfigurationOut(
        appId=made.app_id, timestamp=made.timestamp, nonceStr=made.nonce, signature=made.signature
    )


@routes.get("/callbacks/wechat", permission=PUBLIC, query=EchoQuery, media_type="text/plain")
async def confirm_server(call: Call) -> Raw:
    """WeChat asks whether this is the server that its account names."""
    await _take(call)
    return Raw(call.query.echostr.encode(), "text/plain")


@routes.post("/callbacks/wechat", permission=PUBLIC, query=SignedQuery, media_type="text/plain")
async def take_message(call: Call) -> Raw:
    """WeChat's server says that somebody wrote, followed, or left. `success` is its word for: heard, nothing to say."""
    await _take(call)
    return Raw(b"success", "text/plain")


async def _take(call: Call) -> None:
    """CallbackRefused unless WeChat signed it, less than five minutes ago, and it comes for the first time."""
    signed = call.services.vendors.server_messages
    if signed is None:
        raise NotFound
    q: SignedQuery = call.query
    if not signed.is_signed(q.signature, q.timestamp, q.nonce):
        raise CallbackRefused
    callbacks.check_fresh(q.timestamp)
    async with db.transaction(Scope.system()):
        await callbacks.take_nonce("wechat", f"{q.timestamp}.{q.nonce}"[:128])
