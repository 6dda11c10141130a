"""What is put right in the genealogy of a lot on its page: a case is opened, a link that was entered wrongly is struck out."""

from uuid import UUID

from admin.enterprise.lots import lot_page
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, typed
from server.core import db
from server.core.errors import NotFound
from server.domains import chain
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_genealogy")
_OWN = "SELECT true FROM link WHERE tenant_id = $1 AND id = $3 AND $2 IN (from_lot, to_lot)"


@routes.post("/admin/lots/{id}/open", permission="chain.write", query=PageArgs, media_type=PAGE)
async def open_package(call: Call) -> Raw | Redirect:
    """Everything comes out of a case or off a pallet."""

    async def act() -> None:
        command = chain.EndLink.model_validate(typed(form(call), chain.EndLink))
        await chain.open_package(call.actor, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form="open")
    return back(call, f"/admin/lots/{call.path['id']}", "package_opened")


@routes.post("/admin/lots/{id}/links/{link_id}/reverse", permission="chain.write", query=PageArgs, media_type=PAGE)
async def reverse_link(call: Call) -> Raw | Redirect:
    """A link of this lot, into it or out of it, was wrong: it stays on record and counts no longer."""
    link_id: UUID = call.id("link_id")
    if not await db.fetchval(_OWN, call.actor.tenant, call.id(), link_id):
        raise NotFound

    async def act() -> None:
        command = chain.ReverseLink.model_validate(typed(form(call), chain.ReverseLink))
        await chain.reverse_link(call.actor, link_id, command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form=f"reverse-{link_id}")
    return back(call, f"/admin/lots/{call.path['id']}", "link_reversed")
