"""Links for the receiver of a shipment: made and shown once, listed, ended."""

from uuid import UUID

from admin.enterprise.shipments import shipment_page
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, typed
from admin.links import ShownLink, shown_link
from server.core import db
from server.core.errors import NotFound
from server.domains import reports
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_receivers")


@routes.post("/admin/shipments/{id}/receiver-links", permission="chain.ship", query=PageArgs, media_type=PAGE)
async def make_link(call: Call) -> Raw:
    settings = call.services.settings

    async def act() -> ShownLink:
        command = reports.NewReceiverLink.model_validate(typed(form(call), reports.NewReceiverLink))
        made, token = await reports.create_link(call.actor, call.id(), command, settings.token_key)
        return shown_link(reports.link_url(settings.base_url, token), made.expires_at)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await shipment_page(call, call.id(), done, "receiver")
    return await shipment_page(call, call.id(), made=done)


@routes.post("/admin/receiver-links/{id}/revoke", permission="chain.ship", query=PageArgs, media_type=PAGE)
async def revoke_link(call: Call) -> Redirect:
    shipment_id: UUID | None = await db.fetchval(
        "SELECT shipment_id FROM receiver_link WHERE tenant_id = $1 AND id = $2", call.actor.tenant, call.id()
    )
    if shipment_id is None:
        raise NotFound
    await reports.revoke_link(call.actor, call.id())
    return back(call, f"/admin/shipments/{shipment_id}", "receiver_link_ended")
