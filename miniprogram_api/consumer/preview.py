"""What a scan would show if the lot were published now, for those who publish; counts no scan and stores nothing."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from miniprogram_api.consumer.page import Status, render_page
from server.core.clock import now
from server.domains import scans
from server.domains.scans import sources
from server.http.answers import Raw
from server.http.pages import PREVIEW_HEADERS
from server.http.routes import Call, RouteTable

routes = RouteTable("scan_preview")
NO_SCANS, TAIL = 1, "····"


class PreviewArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["item", "lot"] = "item"


@routes.get("/admin/preview/lots/{id}", permission="scans.publish", query=PreviewArgs, media_type="text/html")
async def preview_lot(call: Call) -> Raw:
    """The page of a first scan, in a frame of the back office. Refused where publishing would be refused."""
    content = await scans.preview_lot(call.actor, call.id())
    lot = await sources.lot(call.actor.tenant, call.id())
    expired = lot["expires_at"] is not None and lot["expires_at"] <= now()
    status: Status = "expired" if expired else "lot_released" if call.query.kind == "lot" else "genuine"
    page = render_page(status, call.language, kind=call.query.kind, snapshot=content)
    return Raw(page.fill(NO_SCANS, "", TAIL), "text/html; charset=utf-8", headers=PREVIEW_HEADERS)


@routes.get("/admin/preview/shipments/{id}", permission="scans.publish", media_type="text/html")
async def preview_shipment(call: Call) -> Raw:
    """A scan of the shipment's first lot with the way of the goods as it is now. Refused where publishing would be."""
    way = await scans.preview_shipment(call.actor, call.id())
    lots = await sources.lots_of_shipment(call.actor.tenant, call.id())
    published = [each for lot_id in lots if (each := await scans.newest(call.actor.tenant, lot_id))]
    goods = published[0]["content"] if published else await scans.preview_lot(call.actor, lots[0])
    snapshot = {"version": 1, **goods, "logistics": way["logistics"]}
    page = render_page("genuine", call.language, snapshot=snapshot)
    return Raw(page.fill(NO_SCANS, "", TAIL), "text/html; charset=utf-8", headers=PREVIEW_HEADERS)
