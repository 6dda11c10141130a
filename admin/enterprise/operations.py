"""Operations on the page of their lot: the end of one that was recorded at its start."""

from typing import Any
from uuid import UUID

from admin.enterprise.lot_numbers import lots_by_number
from admin.enterprise.lots import lot_page
from admin.frame import PAGE, PageArgs, Wrong, as_typed, attempt, back, form
from server.core import db
from server.core.errors import NotFound
from server.domains import chain
from server.domains.quality import events
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_operations")
_QUANTITIES = ("quantity_in", "quantity_good", "quantity_reworked", "quantity_scrapped")
_OF_LOT = "SELECT true FROM operation_lot WHERE tenant_id = $1 AND operation_id = $2 AND lot_id = $3"


@routes.post(
    "/admin/lots/{id}/operations/{operation_id}/end", permission="chain.write", query=PageArgs, media_type=PAGE
)
async def end_operation(call: Call) -> Raw | Redirect:
    operation_id = call.id("operation_id")
    if not await db.fetchval(_OF_LOT, call.actor.tenant, operation_id, call.id()):
        raise NotFound

    async def act() -> None:
        lots_out = await lots_by_number(call.actor.tenant, as_typed(call, "lots_out"), "lots_out")
        ended = await chain.end_operation(call.actor, operation_id, _command(form(call), lots_out))
        if not ended.before:
            await events.operation_ended(call.actor, operation_id, ended.lots_out)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form=f"end-{operation_id}")
    return back(call, f"/admin/lots/{call.path['id']}", "operation_ended")


def _command(given: dict[str, str], lots_out: list[UUID]) -> chain.EndOperation:
    """A unit without a quantity says nothing."""
    said: dict[str, Any] = {name: given[name] for name in ("ended_at", *_QUANTITIES) if name in given}
    if any(name in said for name in _QUANTITIES) and "unit" in given:
        said["unit"] = given["unit"]
    return chain.EndOperation.model_validate(said | {"lots_out": lots_out})
