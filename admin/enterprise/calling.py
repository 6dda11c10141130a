"""Inspections of one lot with their quantities; one that is called for by hand; quantities that go different ways; one done again."""

from typing import Any
from uuid import UUID

from admin.enterprise import choices
from admin.enterprise import lot_reads as reads
from admin.enterprise.plans import CALL_REASONS
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from server.core import db
from server.domains.quality import inspection
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_calling")
_AT = {"plan_unfit": "plan_id"}
_PLANS = """
SELECT p.id, p.name || ' · ' || p.code, v.form_id FROM inspection_plan p
JOIN LATERAL (SELECT form_id FROM inspection_plan_version v WHERE v.tenant_id = $1 AND v.plan_id = p.id
              ORDER BY v.in_force_from <= now() DESC, v.version DESC LIMIT 1) v ON true
JOIN form f ON f.tenant_id = $1 AND f.id = v.form_id
WHERE p.tenant_id = $1 AND p.retired_at IS NULL AND f.subject_kind = 'lot' AND (p.product_id IS NULL OR p.product_id = $2)
ORDER BY p.product_id IS NULL, p.name LIMIT 500
"""
_GONE = """
SELECT inspection_id, coalesce(sum(quantity) FILTER (WHERE outcome = 'accepted'), 0) AS accepted,
       coalesce(sum(quantity) FILTER (WHERE outcome = 'rejected'), 0) AS rejected
FROM inspection_part WHERE tenant_id = $1 AND inspection_id = ANY($2::uuid[]) GROUP BY inspection_id
"""
_PARTED = """
SELECT p.inspection_id, p.lot_id, l.lot_no, p.outcome, p.quantity FROM inspection_part p
JOIN lot l ON l.tenant_id = $1 AND l.id = p.lot_id WHERE p.tenant_id = $1 AND p.inspection_id = ANY($2::uuid[]) ORDER BY p.lot_id
"""
_AGAIN = "SELECT reinspects FROM inspection WHERE tenant_id = $1 AND reinspects = ANY($2::uuid[]) AND state = 'open'"


async def with_parts(tenant_id: UUID, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The inspections with `parts` (lots that went their own way), `to_part` (quantity by outcome that has not yet), `elsewhere`
    (other lots in which that may lie), and `may_repeat` (it failed, and nobody has called for it again)."""
    ids = [row["id"] for row in rows]
    gone = {row["inspection_id"]: row for row in await db.fetch(_GONE, tenant_id, ids)}
    parts = await db.fetch(_PARTED, tenant_id, ids)
    called = {row["reinspects"] for row in await db.fetch(_AGAIN, tenant_id, ids)}
    elsewhere = {row["id"]: await _elsewhere(tenant_id, row, gone.get(row["id"])) for row in rows}
    return [
        row | {
            "elsewhere": elsewhere[row["id"]],
            "parts": [part for part in parts if part["inspection_id"] == row["id"]],
            "to_part": _to_part(row, gone.get(row["id"])),
            "may_repeat": row["verdict"] == "fail" and row["id"] not in called,
        }
        for row in rows
    ]  # fmt: skip


async def _elsewhere(tenant_id: UUID, row: dict[str, Any], gone: Any) -> list[tuple[UUID, str]]:
    if not _to_part(row, gone):
        return []
    doubted = gone is not None and gone["accepted"] > (row["accepted"] or 0)
    return await inspection.lying_elsewhere(tenant_id, row["id"], doubted=doubted)


def _to_part(row: dict[str, Any], gone: Any) -> dict[str, Any]:
    if row["quantity"] is None or row["lot_id"] is None:
        return {}
    left = {name: (row[name] or 0) - (gone[name] if gone else 0) for name in ("accepted", "rejected")}
    return {name: quantity for name, quantity in left.items() if quantity > 0}


@routes.get("/admin/lots/{id}/inspections", permission="quality.read", query=PageArgs, media_type=PAGE)
async def inspections_of_lot(call: Call) -> Raw:
    return await _lot_page(call)


async def _lot_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant, lot = call.actor.tenant, await reads.get_lot(call.actor.tenant, call.id())
    rows = await with_parts(tenant, await inspection.lot_inspections(tenant, lot["id"]))
    return await show(
        call, "lot_inspections.html", section="lots", tab="inspections", status=wrong.status if wrong else 200, lot=lot, wrong=wrong,
        open_form="call" if wrong else "", kept=form(call) if wrong else {}, inspections=rows[::-1], reasons=CALL_REASONS,
        plans=[tuple(row)[:2] for row in await db.fetch(_PLANS, tenant, lot["product_id"])],
        operations=await reads.operations(tenant, lot["id"]), places=await choices.places(tenant),
    )  # fmt: skip


@routes.post("/admin/lots/{id}/inspections", permission="quality.record", query=PageArgs, media_type=PAGE)
async def call_for(call: Call) -> Raw | Redirect:
    """Make an inspection of this lot due now, whatever the plan's own trigger is."""

    async def act() -> None:
        command = typed(form(call), inspection.CallInspection, lot_id=call.id(), reinspects=None)
        await inspection.call_inspection(call.actor, inspection.CallInspection.model_validate(command))

    done = await attempt(call, act, _AT)
    if isinstance(done, Wrong):
        return await _lot_page(call, done)
    return back(call, f"/admin/lots/{call.path['id']}/inspections", "inspection_called")


@routes.get("/admin/inspections/{id}", permission="quality.read", query=PageArgs, media_type=PAGE)
async def show_inspection(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "") -> Raw:
    tenant = call.actor.tenant
    found = await inspection.get_inspection(tenant, call.id())
    (row,) = await with_parts(tenant, [found])
    return await show(
        call, "inspection.html", section="inspections", status=wrong.status if wrong else 200, i=row, wrong=wrong,
        open_form=open_form, kept=form(call) if wrong else {}, places=await choices.places(tenant),
    )  # fmt: skip


@routes.post("/admin/inspections/{id}/lots", permission="chain.write", query=PageArgs, media_type=PAGE)
async def part(call: Call) -> Raw | Redirect:
    """What was accepted and what was rejected go on as lots of their own."""
    found = await inspection.get_inspection(call.actor.tenant, call.id())

    async def act() -> None:
        command = inspection.PartLots.model_validate(typed(form(call), inspection.PartLots))
        await inspection.part_lots(call.actor, call.id(), command)

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, f"part-{call.path['id']}")
    return back(call, f"/admin/lots/{found['lot_id']}/inspections", "inspection_parted")


@routes.post("/admin/inspections/{id}/again", permission="quality.record", query=PageArgs, media_type=PAGE)
async def call_again(call: Call) -> Raw | Redirect:
    """An inspection that failed is done again."""
    found = await inspection.get_inspection(call.actor.tenant, call.id())

    async def act() -> UUID:
        command = {"plan_id": found["plan_id"], "lot_id": found["lot_id"], "reinspects": call.id(), "reason": "again"}
        given = command | {"remark": form(call).get("remark")}
        return await inspection.call_inspection(call.actor, inspection.CallInspection.model_validate(given))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _page(call, done, f"again-{call.path['id']}")
    return back(call, f"/admin/inspections/{done}", "inspection_called")
