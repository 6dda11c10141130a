"""The way from a scanned internal label to its lot, for staff; for a label of another enterprise, back to what anybody sees of it."""

from urllib.parse import unquote

from admin.frame import PAGE
from server.domains import chain, codes
from server.http.answers import Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_scanning")


@routes.get("/admin/scan/{code}", permission="codes.read", media_type=PAGE)
async def open_scanned(call: Call) -> Redirect:
    lot_id = await chain.lot_of_label(call.actor.tenant, codes.identity_of_text(unquote(call.path["code"])))
    if lot_id is None:
        return Redirect(f"/t/{call.path['code']}?visitor=1")
    return Redirect(f"/admin/lots/{lot_id}")
