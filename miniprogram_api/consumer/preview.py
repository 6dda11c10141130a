"""What a scan would show if the lot were published now, for those who publish; counts no scan and stores nothing.

`page`: with that version of the page content in use, as a draft is tried. `language`: as a reader of that language.
"""

import re
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from miniprogram_api.consumer.lot_pages import render_tab
from miniprogram_api.consumer.page import Status, render_page
from server.core.clock import now
from server.core.errors import NotFound
from server.domains import quality, scans
from server.domains.scans import sources
from server.http.answers import Raw
from server.http.pages import PREVIEW_HEADERS
from server.http.routes import Call, RouteTable

routes = RouteTable("scan_preview")
NO_SCANS, TAIL = 1, "····"
HTML = "text/html; charset=utf-8"
Language = Literal["zh_CN", "en"]
_PUBLIC = re.compile(r"^/files/[0-9a-f-]{36}/")


class PreviewArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["item", "lot"] = "item"
    page: UUID | None = None
    language: Language | None = None


@routes.get("/admin/preview/lots/{id}", permission="scans.publish", query=PreviewArgs, media_type="text/html")
async def preview_lot(call: Call) -> Raw:
    """The page of a first scan, in a frame of the back office. Refused where publishing would be refused."""
    q: PreviewArgs = call.query
    shown = await _content(call)
    lot = await sources.lot(call.actor.tenant, call.id())
    expired = lot["expires_at"] is not None and lot["expires_at"] <= now()
    status: Status = "expired" if expired else "lot_released" if q.kind == "lot" else "genuine"
    page = render_page(
        status, q.language or call.language, kind=q.kind, snapshot=shown, lot_page=_here(call), asked=_asked(q), is_preview=True
    )  # fmt: skip
    return Raw(page.fill(NO_SCANS, "", TAIL), HTML, headers=PREVIEW_HEADERS)


@routes.get("/admin/preview/lots/{id}/{tab}", permission="scans.publish", query=PreviewArgs, media_type="text/html")
async def preview_tab(call: Call) -> Raw:
    """A page of the lot beside its scan: its label, its story, what a scan checks."""
    q: PreviewArgs = call.query
    tab: Any = call.path["tab"]
    host = urlsplit(call.services.settings.base_url).netloc
    body = None
    if tab in ("label", "story", "genuine"):
        body = render_tab(
            tab, q.language or call.language, await _content(call), host=host, lot_page=_here(call), asked=_asked(q)
        )
    if body is None:
        raise NotFound
    return Raw(body, HTML, headers=PREVIEW_HEADERS)


@routes.get("/admin/preview/files/{digest}", permission="scans.publish", media_type="application/octet-stream")
async def preview_file(call: Call) -> Raw:
    """A picture as the preview shows it: before publishing it has no public address."""
    media_type, body = await quality.read_picture(call.actor.tenant, call.services.files, call.path["digest"])
    return Raw(body, media_type, headers={"Cache-Control": "private, max-age=600", "X-Content-Type-Options": "nosniff"})


@routes.get("/admin/preview/shipments/{id}", permission="scans.publish", media_type="text/html")
async def preview_shipment(call: Call) -> Raw:
    """A scan of the shipment's first lot with the way of the goods as it is now. Refused where publishing would be."""
    way = await scans.preview_shipment(call.actor, call.id())
    lots = await sources.lots_of_shipment(call.actor.tenant, call.id())
    published = [each for lot_id in lots if (each := await scans.newest(call.actor.tenant, lot_id))]
    goods = published[0]["content"] if published else await scans.preview_lot(call.actor, lots[0])
    snapshot = {"version": 1, **goods, "logistics": way["logistics"]}
    page = render_page("genuine", call.language, snapshot=_inside(snapshot), is_preview=True)
    return Raw(page.fill(NO_SCANS, "", TAIL), HTML, headers=PREVIEW_HEADERS)


async def _content(call: Call) -> dict[str, Any]:
    """What would be published, as a version of it: with the moment and the corrections that it would have."""
    found = await scans.preview_lot(call.actor, call.id(), call.query.page)
    before = await scans.newest(call.actor.tenant, call.id())
    shown: dict[str, Any] = _inside(scans.as_next_version(found, before))
    return shown


def _inside(value: Any) -> Any:
    """The same with pictures by an address of the back office."""
    if isinstance(value, dict):
        return {name: _inside(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_inside(each) for each in value]
    return _PUBLIC.sub("/admin/preview/files/", value) if isinstance(value, str) else value


def _here(call: Call) -> str:
    return f"/admin/preview/lots/{call.path['id']}"


def _asked(q: PreviewArgs) -> str:
    given = {name: str(value) for name, value in q.model_dump(exclude={"kind"}).items() if value is not None}
    return f"?{urlencode(given)}" if given else ""
