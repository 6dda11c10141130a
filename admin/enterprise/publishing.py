"""Publishing a lot: what consumers would read, in a phone's frame, before the button."""

from typing import Literal

from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, show
from server.domains import scans
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_publishing")


class PreviewArgs(PageArgs):
    kind: Literal["item", "lot"] = "item"
    language: Literal["zh_CN", "en"] | None = None


@routes.get("/admin/lots/{id}/publication", permission="scans.publish", query=PreviewArgs, media_type=PAGE)
async def publication(call: Call) -> Raw:
    return await _page(call, None)


async def _page(call: Call, wrong: Wrong | None) -> Raw:
    """The preview, or why there can be none; what differs from what is public now; all versions."""
    lot = await reads.get_lot(call.actor.tenant, call.id())
    if wrong is None:
        tried = await attempt(call, lambda: scans.preview_lot(call.actor, call.id()))
        wrong = tried if isinstance(tried, Wrong) else None
    versions = await scans.versions(call.actor.tenant, call.id())
    return await show(
        call, "publication.html", section="lots", status=200, tab="publication", lot=lot, wrong=wrong, versions=versions,
        kind=call.query.kind, shown_in=call.query.language or call.language, page=f"/admin/lots/{call.path['id']}/publication",
    )  # fmt: skip


@routes.post("/admin/lots/{id}/publication", permission="scans.publish", query=PreviewArgs, media_type=PAGE)
async def publish(call: Call) -> Raw | Redirect:
    done = await attempt(call, lambda: scans.publish_lot(call.actor, call.id()))
    if isinstance(done, Wrong):
        return await _page(call, done)
    return back(call, f"/admin/lots/{call.path['id']}/publication", "published")
