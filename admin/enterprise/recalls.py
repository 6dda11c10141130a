"""Recalls: level, reason, what to do, and the lots; opened by one call, which the public hears at once."""

from typing import Any
from uuid import UUID

from admin.enterprise import lot_reads as reads
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show
from admin.paging import FETCHED, cut
from server.core import db
from server.core.errors import FieldError, Invalid
from server.core.ids import parse_id
from server.domains import response, trace
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_recalls")

WORDS = ("level", "reason", "advice", "reason_en", "advice_en")
MOST_SHOWN = 500


class RecallArgs(PageArgs):
    lot: UUID | None = None


@routes.get("/admin/recalls", permission="response.read", query=RecallArgs, media_type=PAGE)
async def list_recalls(call: Call) -> Raw:
    return await _recalls_page(call, call.query.lot)


async def _recalls_page(
    call: Call, lot_id: UUID | None, wrong: Wrong | None = None, given: dict[str, str] | None = None
) -> Raw:
    """With a lot: how far a recall of it would reach stands beside the form."""
    tenant = call.actor.tenant
    rows, following = cut(await response.queries.recalls(tenant, decode_id(call.query.after), FETCHED))
    lot = await reads.get_lot(tenant, lot_id) if lot_id else None
    reach = await trace.affected(call.actor, [lot_id]) if lot_id else None
    return await show(
        call, "recalls.html", section="recalls", status=wrong.status if wrong else 200, recalls=rows, following=following,
        lot=lot, reach=reach, wrong=wrong, given=given or {},
    )  # fmt: skip


@routes.post("/admin/recalls", permission="response.recall", query=PageArgs, media_type=PAGE)
async def open_recall(call: Call) -> Raw | Redirect:
    given = form(call)
    lot_id = parse_id(given.get("lot", ""))

    async def act() -> response.Opened:
        scope: dict[str, Any] = {"lots": [lot_id] if lot_id else await _lots(call, given.get("lot_nos", ""))}
        if lot_id and given.get("with_products"):
            scope = {"from_lot": lot_id}
        typed = {name: given.get(name) for name in WORDS}
        level = typed["level"]
        return await response.open_recall(
            call.actor,
            response.OpenRecall.model_validate(
                {**typed, "level": int(level) if level in ("1", "2", "3") else None, **scope}
            ),
        )

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _recalls_page(call, lot_id, done, given)
    return back(call, f"/admin/recalls/{done.id}", "recalled")


async def _lots(call: Call, text: str) -> list[UUID]:
    """The lots of these numbers, one a line; Invalid where one names none or several."""
    numbers = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    rows = await db.fetch(
        "SELECT lot_no, array_agg(id) AS ids FROM lot WHERE tenant_id = $1 AND lot_no = ANY($2::text[]) GROUP BY lot_no",
        call.actor.tenant, numbers,
    )  # fmt: skip
    found = {row["lot_no"]: row["ids"] for row in rows}
    for number in numbers:
        if len(found.get(number, ())) != 1:
            code = "lots_no_ambiguous" if number in found else "lots_no_unknown"
            raise Invalid([FieldError("lot_nos", code, {"lot_no": number})])
    return [found[number][0] for number in numbers]


@routes.get("/admin/recalls/{id}", permission="response.read", query=PageArgs, media_type=PAGE)
async def show_recall(call: Call) -> Raw:
    return await _recall_page(call)


async def _recall_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant = call.actor.tenant
    recall = await response.queries.recall(tenant, call.id())
    scope = await response.queries.scope(tenant, call.id(), None, MOST_SHOWN)
    return await show(
        call, "recall.html", section="recalls", status=wrong.status if wrong else 200, recall=recall, scope=scope, wrong=wrong,
        kept=form(call) if wrong else {},
    )  # fmt: skip


@routes.post("/admin/recalls/{id}/close", permission="response.recall", query=PageArgs, media_type=PAGE)
async def close_recall(call: Call) -> Raw | Redirect:
    async def act() -> None:
        typed = {name: form(call).get(name) for name in ("outcome", "reason")}
        await response.close_recall(call.actor, call.id(), response.CloseRecall.model_validate(typed))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _recall_page(call, done)
    return back(call, f"/admin/recalls/{call.path['id']}", "saved")
