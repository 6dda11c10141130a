"""The pages of a lot beside its scan: the label alone, the brand's story, and what a scan checks.

Their addresses hold no code, so opening one counts no scan and says nothing about the piece in the reader's hand.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from sanic import HTTPResponse, Request

from i18n import negotiate
from miniprogram_api.consumer.label import items_of, nutrition_of
from miniprogram_api.consumer.page import LOT_PAGES, PAGES, UNCHECKED, has_content, tells_story
from miniprogram_api.consumer.responses import PAGE_HEADERS
from miniprogram_api.consumer.snapshot import Snapshot
from server.core.errors import Unavailable
from server.core.ids import parse_id
from server.domains.scans import newest_of, version_of
from server.http.client import address_of
from server.http.routes import PUBLIC, RouteTable

routes = RouteTable("lot_pages")
Tab = Literal["label", "story", "genuine"]
TABS: Final[tuple[Tab, ...]] = ("label", "story", "genuine")
CHECKED: Final = ("code", "release", "order", "notices", "expiry")
MOST_KEPT: Final = 500
WINDOW_SECONDS: Final = 60
PAGES_PER_ADDRESS: Final = 240
"""One address may open in a minute; many people share one behind a mobile network."""

HTML: Final = "text/html; charset=utf-8"


def render_tab(
    tab: Tab,
    language: str,
    content: Mapping[str, Any] | None,
    *,
    host: str | None,
    recalled: bool = False,
    lot_page: str = "",
    asked: str = "",
) -> bytes | None:
    """The page, or None where this lot has no such page. `content`: the stored publication (None: nothing is published,
    and only what every scan checks can be told)."""
    snapshot = Snapshot.model_validate(content) if content is not None else None
    story = tells_story(snapshot) and bool(snapshot and snapshot.arranged.digital_label)
    if (tab == "story" and not story) or (tab != "genuine" and snapshot is None):
        return None
    food = items_of(snapshot) if snapshot else []
    html = PAGES.render(
        f"{tab}_page.html", language, snapshot=snapshot, page=snapshot.arranged if snapshot else None, host=host,
        recalled=recalled, lot_page=lot_page, asked=asked, story=story and not recalled, food=food,
        nutrition=nutrition_of(snapshot) if snapshot else None, checked=CHECKED, unchecked=UNCHECKED, has_content=has_content,
    )  # fmt: skip
    return html.encode()


class LotPages:
    """The pages of one process, least recently used out first. The key holds the version, so nothing is invalidated."""

    def __init__(self, services: Any, host: str | None) -> None:
        self._pool = services.public_pool
        self._host = host
        self._kept: OrderedDict[tuple[object, ...], bytes | None] = OrderedDict()

    async def page(self, lot_id: UUID, tab: Tab, language: str) -> bytes | None:
        found = await newest_of(self._pool, lot_id)
        key = (found or None, tab, language)
        if key not in self._kept:
            content = None if found is None else await version_of(self._pool, found)
            self._kept[key] = render_tab(
                tab, language, content, host=self._host, recalled=bool(found and found.recalled),
                lot_page=f"{LOT_PAGES}/{lot_id}" if found else "",
            )  # fmt: skip
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


async def lot_page(request: Request, lot: str, tab: str) -> HTTPResponse:
    """`/lots/{lot}/{tab}`."""
    language = negotiate(request.headers.get("accept-language"))
    services: Any = request.app.ctx.services
    name, lot_id = next((each for each in TABS if each == tab), None), parse_id(lot)
    if name is None or lot_id is None:
        return _words("no_page", language, 404)
    bucket = f"lot_pages:{address_of(request)}"
    try:
        if wait := await services.limiter.use(bucket, limit=PAGES_PER_ADDRESS, window_seconds=WINDOW_SECONDS):
            return _words("too_often", language, 429, wait)
        body = await _kept(request).page(lot_id, name, language)
    except Unavailable as away:
        return _words("unavailable", language, 503, away.retry_after_seconds or 2)
    return _words("no_page", language, 404) if body is None else HTTPResponse(body, 200, PAGE_HEADERS, HTML)


def _words(reason: str, language: str, status: int, wait: int = 0) -> HTTPResponse:
    body = PAGES.render("wait.html", language, reason=reason).encode()
    return HTTPResponse(body, status, PAGE_HEADERS | ({"Retry-After": str(wait)} if wait else {}), HTML)


def _kept(request: Request) -> LotPages:
    ctx: Any = request.app.ctx
    found: LotPages | None = getattr(ctx, "lot_pages", None)
    if found is None:
        found = ctx.lot_pages = LotPages(ctx.services, urlsplit(ctx.services.settings.base_url).netloc)
    return found


routes.get(f"{LOT_PAGES}/{{lot}}/{{tab}}", permission=PUBLIC, bare=lot_page, media_type="text/html")(lot_page)
