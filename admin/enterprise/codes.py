"""Coding rules and code orders: what they print, how far they are, activated and voided by the range."""

import asyncio
from typing import Any, Final, get_args
from uuid import UUID

from pydantic import Field

from admin.frame import PAGE, PAGE_ROWS, PageArgs, Wrong, attempt, back, form, show
from server.core import db
from server.core.errors import FieldError, Invalid, NotFound
from server.domains import codes
from server.domains.chain.labels.coding import order_codes
from server.domains.codes.queries import STATES
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id, encode_cursor
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_codes")

MINTED_AT_ONCE: Final = 5_000
MAX_LABELS: Final = 2_400
# Ready-made rules by name of their text; anything else is made through /api/v1/code-rules.
FORMATS: Final[dict[str, dict[str, Any]]] = {
    "minted": {"segments": [{"kind": "minted"}], "unguessable": True},
    "speaking": {
        "segments": [
            {"kind": "enterprise"}, {"kind": "literal", "text": "-"}, {"kind": "lot_no"}, {"kind": "literal", "text": "_"},
            {"kind": "serial", "width": 7}, {"kind": "check"},
        ],
        "unguessable": False,
    },
}  # fmt: skip
LOT_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "minted": FORMATS["minted"],
    "speaking": {
        "segments": [
            {"kind": "enterprise"}, {"kind": "literal", "text": "_"}, {"kind": "product"}, {"kind": "literal", "text": "_"},
            {"kind": "lot_no"}, {"kind": "check"},
        ],
        "unguessable": False,
    },
}  # fmt: skip


class OrderArgs(PageArgs):
    lot: UUID | None = None


class SheetArgs(PageArgs):
    first: int = Field(1, ge=1)
    last: int | None = Field(None, ge=1)


@routes.get("/admin/codes", permission="codes.read", query=OrderArgs, media_type=PAGE)
async def list_orders(call: Call) -> Raw:
    return await _orders_page(call)


async def _orders_page(call: Call, wrong: Wrong | None = None, given: dict[str, str] | None = None) -> Raw:
    tenant = call.actor.tenant
    found = await codes.list_orders(tenant, call.query.lot, decode_id(call.query.after), PAGE_ROWS + 1)
    orders = found[:PAGE_ROWS]
    lots = await db.fetch(
        "SELECT l.id, l.lot_no, p.name AS product_name FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id"
        " WHERE l.tenant_id = $1 AND (l.id = ANY($2::uuid[]) OR l.id = $3)",
        tenant, [order.lot_id for order in orders], call.query.lot,
    )  # fmt: skip
    return await show(
        call, "codes.html", section="codes", status=wrong.status if wrong else 200, orders=orders,
        following=encode_cursor([orders[-1].id]) if len(found) > PAGE_ROWS else None,
        lots={row["id"]: row for row in lots}, lot_id=call.query.lot, rules=await codes.list_rules(tenant),
        wrong=wrong, given=given or {},
    )  # fmt: skip


@routes.post("/admin/codes", permission="codes.order", query=OrderArgs, media_type=PAGE)
async def create_order(call: Call) -> Raw | Redirect:
    given = form(call)

    async def act() -> UUID:
        lot_id = await _lot_of(call, given.get("lot_no", ""), given.get("lot_id"))
        typed = {"lot_id": lot_id, "rule_id": given.get("rule_id"), "count": given.get("count")}
        command = codes.NewOrder.model_validate(typed)
        settings = call.services.settings
        order_id = await order_codes(call.actor, command, settings.minting_key.version)
        if command.count <= MINTED_AT_ONCE:
            await codes.mint_step(call.actor, order_id, {each.version: each.key for each in settings.code_keys})
        return order_id

    done = await attempt(call, act)
    return await _orders_page(call, done, given) if isinstance(done, Wrong) else back(call, f"/admin/codes/{done}")


async def _lot_of(call: Call, lot_no: str, lot_id: str | None) -> str | UUID:
    """The lot a person names by its number; Invalid where there is none or where several products have one."""
    if lot_id:
        return lot_id
    rows = await db.fetch("SELECT id FROM lot WHERE tenant_id = $1 AND lot_no = $2 LIMIT 2", call.actor.tenant, lot_no)
    if len(rows) != 1:
        raise Invalid([FieldError("lot_no", "lot_no_ambiguous" if rows else "lot_no_unknown")])
    return UUID(str(rows[0]["id"]))


@routes.get("/admin/codes/{id}", permission="codes.read", query=PageArgs, media_type=PAGE)
async def show_order(call: Call) -> Raw:
    return await _order_page(call)


async def _order_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant = call.actor.tenant
    order = await codes.get_order(tenant, call.id())
    sheet = await _sheet(call, 1, 1) if order.stored else None
    states = await db.fetch(
        "SELECT state, count(*) AS n FROM code WHERE tenant_id = $1 AND order_id = $2 GROUP BY state ORDER BY state",
        tenant, order.id,
    )  # fmt: skip
    lot = await db.fetchrow("SELECT id, lot_no FROM lot WHERE tenant_id = $1 AND id = $2", tenant, order.lot_id)
    return await show(
        call, "code_order.html", section="codes", here=f"/admin/codes/{call.path['id']}", status=wrong.status if wrong else 200, order=order, lot=lot,
        states=[(STATES[row["state"] - 1], row["n"]) for row in states], sheet=sheet, wrong=wrong,
        history=await codes.order_history(tenant, order.id), first_codes=await codes.codes_of_order(tenant, order.id, 1, 12),
        most_labels=MAX_LABELS, kept=form(call) if wrong else {},
    )  # fmt: skip


@routes.get("/admin/codes/{id}/progress", permission="codes.read", query=PageArgs, media_type=PAGE)
async def order_progress(call: Call) -> Raw:
    """How far the minting is; the page asks again until it is done."""
    order = await codes.get_order(call.actor.tenant, call.id())
    return await show(call, "order_progress.html", order=order, here=f"/admin/codes/{order.id}")


async def _sheet(call: Call, first: int, last: int) -> codes.Sheet:
    base_url = call.services.settings.base_url
    return await codes.label_sheet(call.actor, call.id(), first, last, base_url, "short", call.language)


@routes.get("/admin/codes/{id}/symbol.svg", permission="codes.read", query=SheetArgs, media_type="image/svg+xml")
async def symbol(call: Call) -> Raw:
    """The symbol of one serial, as it is printed."""
    sheet = await _sheet(call, call.query.first, call.query.first)
    if not sheet.labels:
        raise NotFound
    return Raw(codes.svg(codes.matrix(sheet.labels[0][1])).encode(), "image/svg+xml")


@routes.get(
    "/admin/codes/{id}/labels.pdf", permission="codes.read", query=SheetArgs, media_type="application/pdf",
    own_transaction=True,
)  # fmt: skip
async def labels(call: Call) -> Raw:
    """The label sheets of a range; drawn beside the loop, after the transaction."""
    async with db.transaction(call.actor.scope()):
        order = await codes.get_order(call.actor.tenant, call.id())
        last = min(call.query.last or order.count, order.count, call.query.first + MAX_LABELS - 1)
        sheet = await _sheet(call, call.query.first, last)
    pdf = await asyncio.to_thread(codes.labels_pdf, sheet.labels, sheet.texts)
    return Raw(pdf, "application/pdf", headers={"Content-Disposition": f'inline; filename="labels-{order.id}.pdf"'})


@routes.post("/admin/codes/{id}/{change}", permission="codes.state", query=PageArgs, media_type=PAGE)
async def change_codes(call: Call) -> Raw | Redirect:
    """`printed`, `activated`, `voided`, `lost`, `returned`: a range of serials, or the whole order."""
    change = call.path["change"]
    if change not in get_args(codes.Change):
        raise NotFound
    given = form(call)

    async def act() -> codes.Changed:
        typed = {name: given.get(name) for name in ("first", "last", "reason")}
        return await codes.change_codes(call.actor, call.id(), change, codes.RangeChange.model_validate(typed))  # type: ignore[arg-type]

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _order_page(call, done)
    return back(call, f"/admin/codes/{call.path['id']}", "codes_changed" if done.changed else "codes_unchanged")


@routes.get("/admin/code-rules", permission="codes.read", query=PageArgs, media_type=PAGE)
async def list_rules(call: Call) -> Raw:
    return await _rules_page(call)


async def _rules_page(call: Call, wrong: Wrong | None = None, given: dict[str, str] | None = None) -> Raw:
    """The rules with examples of what they print, and the ready-made forms to choose from."""
    rules = await codes.list_rules(call.actor.tenant)
    shown = [(rule_id, version, await _try(call, version.spec)) for rule_id, version in rules]
    ready = [
        (
            name,
            level,
            await _try(call, codes.RulePreview.model_validate({**made, "level": level, "audience": "public"})),
        )
        for level, formats in (("item", FORMATS), ("lot", LOT_FORMATS))
        for name, made in formats.items()
    ]
    return await show(
        call, "code_rules.html", section="codes", status=wrong.status if wrong else 200, rules=shown, ready=ready,
        wrong=wrong, given=given or {},
    )  # fmt: skip


async def _try(call: Call, spec: Any) -> codes.Tried:
    wanted = {name: getattr(spec, name) for name in ("segments", "unguessable", "audience", "level")}
    return await codes.preview_rule(call.actor, codes.RulePreview(**wanted, count=1))


@routes.post("/admin/code-rules", permission="codes.define", query=PageArgs, media_type=PAGE)
async def create_rule(call: Call) -> Raw | Redirect:
    given = form(call)
    level, _, name = given.get("format", "").partition("-")
    made = (LOT_FORMATS if level == "lot" else FORMATS).get(name, FORMATS["minted"])

    async def act() -> UUID:
        typed = {"name": given.get("name"), "level": level, "audience": given.get("audience", "public"), **made}
        return await codes.create_rule(call.actor, codes.NewRule.model_validate(typed))

    done = await attempt(call, act)
    return (
        await _rules_page(call, done, given) if isinstance(done, Wrong) else back(call, "/admin/code-rules", "created")
    )
