"""A nonconformity is opened by hand: on a lot, a part of it, or named pieces, with who is responsible and what shows it."""

from typing import Any, get_args
from uuid import UUID

from pydantic import Field

from admin.enterprise import choices
from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, form_list, show, typed
from admin.rows import as_on_page, keep_files, rows_of, shown_rows
from server.core import db
from server.domains import chain, quality
from server.domains.quality import nonconformity
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_opening")
CLASSES: tuple[str, ...] = get_args(nonconformity.NewNonconformity.model_fields["defect_class"].annotation)
STAGES: tuple[str, ...] = get_args(nonconformity.NewNonconformity.model_fields["stage"].annotation)
PARTIES: tuple[str, ...] = get_args(nonconformity.NewNonconformity.model_fields["party"].annotation)
_AT = {"quantity_required": "quantity", "serials_required": "serials"}
_STEPS = """
SELECT s.id, p.name || ' · ' || s.name FROM process_step s JOIN product p ON p.tenant_id = $1 AND p.id = s.product_id
WHERE s.tenant_id = $1 ORDER BY s.product_id <> $2, p.name, s.sequence LIMIT 500
"""
_ORDERS = "SELECT id, count, created_at FROM code_order WHERE tenant_id = $1 AND lot_id = $2 AND level = 'item' ORDER BY id LIMIT 100"
_RECORDS = """
SELECT r.id, f.name, f.name_en, r.verdict, coalesce(r.captured_at, r.received_at) AS at FROM record r
JOIN form_version v ON v.tenant_id = $1 AND v.id = r.form_version_id JOIN form f ON f.tenant_id = $1 AND f.id = v.form_id
WHERE r.tenant_id = $1 AND r.lot_id = $2 AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = $1 AND c.corrects = r.id)
ORDER BY r.verdict <> 'fail', r.id DESC LIMIT 50
"""


class OpeningArgs(PageArgs):
    record: UUID | None = Field(None, description="the record that shows the defect")
    observation: UUID | None = Field(None, description="the look at a retained sample that shows the defect")


@routes.get("/admin/lots/{id}/nonconformity", permission="quality.nonconform", query=OpeningArgs, media_type=PAGE)
async def opening_form(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant, lot = call.actor.tenant, await reads.get_lot(call.actor.tenant, call.id())
    balance = await chain.queries.lot_balance(tenant, lot["id"])
    looks = (await quality.abnormal_samples(tenant, [lot["id"]])).get(lot["id"], [])
    look = next((each for each in looks if each.id == getattr(call.query, "observation", None)), None)
    return await show(
        call, "nonconformity_form.html", section="nonconformities", status=wrong.status if wrong else 200, lot=lot, wrong=wrong,
        left=balance.left, open_form="open" if wrong else "", kept=form(call) if wrong else {}, classes=CLASSES, stages=STAGES,
        parties=PARTIES, suppliers=await choices.suppliers(tenant), steps=[tuple(row) for row in await db.fetch(_STEPS, tenant, lot["product_id"])],
        orders=await db.fetch(_ORDERS, tenant, lot["id"]), serials=shown_rows(call, "serials"),
        records=await db.fetch(_RECORDS, tenant, lot["id"]), files=await reads.attachments(tenant, lot["id"]),
        look=look, failing=str(getattr(call.query, "record", None) or ""), ticked=form_list(call, "attachment_ids"),
    )  # fmt: skip


@routes.post("/admin/lots/{id}/nonconformity", permission="quality.nonconform", query=PageArgs, media_type=PAGE)
async def open_by_hand(call: Call) -> Raw | Redirect:
    """Open it and stop the goods; a part is split off."""
    rows = rows_of(call, "serials", ("first", "last"))

    async def act() -> UUID:
        lot = await reads.get_lot(call.actor.tenant, call.id())
        command = nonconformity.NewNonconformity.model_validate(await _command(call, dict(lot), list(rows.values())))
        return (await nonconformity.open_nonconformity(call.actor, command)).id

    done = await attempt(call, act, _AT)
    if isinstance(done, Wrong):
        return await _page(call, as_on_page(done, "serials", rows))
    return back(call, f"/admin/nonconformities/{done}", "nonconformity_opened")


async def _command(call: Call, lot: dict[str, Any], serials: list[dict[str, str]]) -> dict[str, Any]:
    """The form as the command takes it: of the parties only the one that was chosen is sent on."""
    given = form(call)
    party = given.get("party", "unknown")
    named = {"supplier": "supplier_id", "step": "step_id", "carrier": "carrier"}
    own = {name: given.get(name) if named.get(party) == name else None for name in named.values()}
    files = form_list(call, "attachment_ids") + [str(each) for each in await keep_files(call, "files")]
    return typed(
        given, nonconformity.NewNonconformity, lot_id=lot["id"], unit=lot["unit"] if given.get("quantity") else None,
        serials=serials, attachment_ids=files, record_ids=[], **own,
    )  # fmt: skip
