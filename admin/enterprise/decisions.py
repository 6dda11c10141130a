"""Acts on a lot: release and rejection are signed with the password; holds are opened and lifted with a reason."""

from admin.enterprise import corrections, lot_reads
from admin.enterprise.lots import lot_page
from admin.enterprise.reviewing import asked_urgently
from admin.frame import PAGE, PageArgs, Wrong, as_typed, attempt, back, form
from server.core import db
from server.core.errors import NotFound
from server.core.ids import parse_id
from server.domains import quality, scans
from server.domains.chain.holds.commands import CloseHold, NewHold
from server.domains.chain.holds.opening import open_hold
from server.domains.quality import events
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_decisions")


def _command(call: Call) -> quality.DecideLots:
    typed = {"lot_ids": [call.id()], "password": as_typed(call, "password"), "remark": form(call).get("remark")}
    return quality.DecideLots.model_validate(typed)


@routes.post("/admin/lots/{id}/release", permission="quality.release", query=PageArgs, media_type=PAGE)
async def release_lot(call: Call) -> Raw | Redirect:
    return await _decide(call, "released", "release")


@routes.post("/admin/lots/{id}/reject", permission="quality.release", query=PageArgs, media_type=PAGE)
async def reject_lot(call: Call) -> Raw | Redirect:
    return await _decide(call, "rejected", "reject")


async def _decide(call: Call, decision: str, form_name: str) -> Raw | Redirect:
    async def act() -> None:
        sign = quality.release_lots if decision == "released" else quality.reject_lots
        await sign(call.actor, _command(call))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form=form_name)
    return back(call, f"/admin/lots/{call.path['id']}", decision)


@routes.post("/admin/lots/{id}/urgent", permission="chain.write", query=PageArgs, media_type=PAGE)
async def ask_urgent(call: Call) -> Raw | Redirect:
    """Ask for the lot before its results are there."""

    async def act() -> None:
        command = {"lot_id": call.id(), "reason": form(call).get("reason")}
        await quality.ask_urgent(call.actor, quality.AskUrgent.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form="urgent")
    return back(call, f"/admin/lots/{call.path['id']}", "urgent_asked")


@routes.post("/admin/lots/{id}/urgent/decision", permission="quality.release", query=PageArgs, media_type=PAGE)
async def decide_urgent(call: Call) -> Raw | Redirect:
    """Answer the newest request about this lot."""
    asked = await asked_urgently(call.actor.tenant, call.id())
    if asked is None:
        raise NotFound
    given = form(call)

    async def act() -> bool:
        typed = {"approve": given.get("approve"), "password": as_typed(call, "password"), "remark": given.get("remark")}
        command = quality.DecideUrgent.model_validate(typed)
        await quality.decide_urgent(call.actor, asked["id"], command)
        return command.approve

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form="decide_urgent")
    return back(call, f"/admin/lots/{call.path['id']}", "urgent_approved" if done else "urgent_refused")


@routes.post("/admin/lots/{id}/correct", permission="chain.write", query=PageArgs, media_type=PAGE)
async def correct_lot(call: Call) -> Raw | Redirect:
    """Put right what was mistyped."""
    lot = await lot_reads.get_lot(call.actor.tenant, call.id())

    async def act() -> None:
        command = corrections.command_of(lot, form(call))
        await scans.publish_corrected(call.actor, await quality.correct_lot(call.actor, call.id(), command))
        await events.fall_due(call.actor, lots=[call.id()])

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form="correct")
    return back(call, f"/admin/lots/{call.path['id']}", "corrected")


@routes.post("/admin/lots/{id}/hold", permission="chain.hold", query=PageArgs, media_type=PAGE)
async def hold_lot(call: Call) -> Raw | Redirect:
    async def act() -> None:
        given = form(call)
        command = {"lot_ids": [call.id()], "kind": given.get("kind"), "reason": given.get("reason")}
        await open_hold(call.actor, NewHold.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done, open_form="hold")
    return back(call, f"/admin/lots/{call.path['id']}", "held")


@routes.post("/admin/lots/{id}/lift", permission="chain.hold", query=PageArgs, media_type=PAGE)
async def lift_hold(call: Call) -> Raw | Redirect:
    """Lift one hold of this lot."""
    given = form(call)
    hold_id = parse_id(given.get("hold_id", ""))
    own = "SELECT true FROM hold WHERE tenant_id = $1 AND lot_id = $2 AND id = $3"
    if hold_id is None or not await db.fetchval(own, call.actor.tenant, call.id(), hold_id):
        raise NotFound
    found = hold_id

    async def act() -> None:
        await quality.lift_hold(call.actor, found, CloseHold.model_validate({"reason": given.get("reason")}))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await lot_page(call, status=done.status, wrong=done)
    return back(call, f"/admin/lots/{call.path['id']}", "lifted")
