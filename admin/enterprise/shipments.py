"""Shipments: what left for whom, under which conditions, what the receiver said, and what consumers read of the way."""

from typing import Any
from uuid import UUID

from pydantic import Field

from admin.enterprise.documents import documents_of, issue
from admin.enterprise.lot_reads import like
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.links import ShownLink
from admin.navigation import seen_permissions
from admin.paging import FETCHED, cut
from server.core import db
from server.domains import chain, reports, scans
from server.domains.scans import sources
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_shipments")

STATES = ("waiting", "on_the_way", "received")
_LIST = """
SELECT s.id, s.shipment_no, s.delivery_note, s.departed_at, s.received_at, c.id AS customer_id, c.name AS customer_name,
       o.name AS outlet_name, count(n.id) AS lines, sum(n.packages) AS packages,
       (SELECT max(version) FROM publication b WHERE b.tenant_id = $1 AND b.object_kind = 'shipment' AND b.object_id = s.id) AS version
FROM shipment s JOIN customer c ON c.tenant_id = $1 AND c.id = s.customer_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = s.outlet_id
LEFT JOIN shipment_line n ON n.tenant_id = $1 AND n.shipment_id = s.id
WHERE s.tenant_id = $1 AND ($2::uuid IS NULL OR s.id < $2)
  AND ($3::text IS NULL OR s.shipment_no ILIKE $3 OR s.delivery_note ILIKE $3 OR s.customer_order ILIKE $3 OR c.name ILIKE $3)
  AND ($4::text IS NULL OR $4 = CASE WHEN s.departed_at IS NULL THEN 'waiting' WHEN s.received_at IS NULL THEN 'on_the_way' ELSE 'received' END)
GROUP BY s.id, s.tenant_id, c.id, c.tenant_id, o.name ORDER BY s.id DESC LIMIT $5
"""
_UNPUBLISHED = """
SELECT DISTINCT l.id, l.lot_no FROM shipment_line n JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id
WHERE n.tenant_id = $1 AND n.shipment_id = $2 AND n.returned_at IS NULL
  AND NOT EXISTS (SELECT FROM publication b WHERE b.tenant_id = $1 AND b.object_id = l.id) ORDER BY l.lot_no LIMIT 50
"""


class ShipmentFilter(PageArgs):
    text: str | None = Field(None, max_length=200)
    state: str | None = Field(None, max_length=20)


@routes.get("/admin/shipments", permission="chain.read", query=ShipmentFilter, media_type=PAGE)
async def list_shipments(call: Call) -> Raw:
    q: ShipmentFilter = call.query
    pattern = None if q.text is None else f"%{like(q.text)}%"
    rows, following = cut(
        await db.fetch(_LIST, call.actor.tenant, decode_id(q.after), pattern, q.state, FETCHED)
    )  # fmt: skip
    filters = q.model_dump(exclude_none=True, exclude={"done", "after"})
    return await show(
        call, "shipments.html", section="shipments", shipments=rows, following=following, wanted=q, filters=filters, states=STATES
    )  # fmt: skip


async def _shipment(call: Call) -> dict[str, Any]:
    row = dict(await chain.queries.shipment(call.actor.tenant, call.id()))
    return row | {"receipt": db.loads(row["receipt"]) or {}}


@routes.get("/admin/shipments/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_shipment(call: Call) -> Raw:
    return await shipment_page(call, call.id())


@routes.post("/admin/shipments/{id}/documents", permission="reports.issue", query=PageArgs, media_type=PAGE)
async def issue_document(call: Call) -> Raw | Redirect:
    if wrong := await issue(call):
        return await shipment_page(call, call.id(), wrong, "document")
    return back(call, f"/admin/shipments/{call.path['id']}", "issued")


async def shipment_page(
    call: Call, shipment_id: UUID, wrong: Wrong | None = None, open_form: str = "", made: ShownLink | None = None
) -> Raw:
    """The whole shipment; shown again with `wrong` where one of its forms was refused, or once with the link just `made`."""
    tenant, shipment = call.actor.tenant, await _shipment(call)
    opens_links = "chain.ship" in seen_permissions(call)
    said = {line.get("line_id"): line for line in shipment["receipt"].get("lines", [])}
    lines = [dict(line) for line in await chain.queries.shipment_lines(tenant, call.id())]
    for line in lines:
        line["hides_price"] = call.masks_secrets and line["price_secret"] and line["price"] is not None
        line["said"] = said.get(str(line["id"]))
    return await show(
        call, "shipment.html", section="shipments", status=wrong.status if wrong else 200, tab="file", wrong=wrong, open_form=open_form, made=made, kept=form(call) if wrong else {},
        documents=await documents_of(call, call.id(), "shipment"), shipment=shipment, lines=lines,
        readings=_readings(await sources.temperatures(tenant, call.id()), shipment), has_prices=any(line["price"] is not None for line in lines),
        versions=await scans.versions(tenant, call.id()), early=await chain.left_before_release(tenant, call.id()), handovers=await chain.handovers(tenant, call.id()),
        receiver_links=await reports.list_links(tenant, shipment_id) if opens_links else None,
    )  # fmt: skip


def _readings(rows: Any, shipment: dict[str, Any]) -> dict[str, Any] | None:
    """The lowest and highest temperature on the way, and how many readings left the range asked for."""
    if not rows:
        return None
    low, high = shipment["temperature_low"], shipment["temperature_high"]
    values = [row["value"] for row in rows]
    outside = sum((low is not None and v < low) or (high is not None and v > high) for v in values)
    return {
        "lowest": min(values),
        "highest": max(values),
        "count": len(values),
        "outside": outside,
        "first": rows[0]["at"],
        "last": rows[-1]["at"],
    }


@routes.get("/admin/shipments/{id}/publication", permission="scans.publish", query=PageArgs, media_type=PAGE)
async def publication(call: Call) -> Raw:
    return await _publication_page(call, None)


async def _publication_page(call: Call, wrong: Wrong | None) -> Raw:
    """The preview, or why there can be none, and all versions."""
    shipment = await _shipment(call)
    if wrong is None:
        tried = await attempt(call, lambda: scans.preview_shipment(call.actor, call.id()))
        wrong = tried if isinstance(tried, Wrong) else None
    unpublished = await db.fetch(_UNPUBLISHED, call.actor.tenant, call.id())
    return await show(
        call, "shipment_publication.html", unpublished=unpublished, section="shipments", tab="publication", shipment=shipment, wrong=wrong,
        versions=await scans.versions(call.actor.tenant, call.id()),
    )  # fmt: skip


@routes.post("/admin/shipments/{id}/publication", permission="scans.publish", query=PageArgs, media_type=PAGE)
async def publish(call: Call) -> Raw | Redirect:
    done = await attempt(call, lambda: scans.publish_shipment(call.actor, call.id()))
    if isinstance(done, Wrong):
        return await _publication_page(call, done)
    return back(call, call.request.path, "published")
