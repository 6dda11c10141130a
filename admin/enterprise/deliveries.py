"""Deliveries: what suppliers are to bring and announced, what is missing of it, and the supplier's link for one of them."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from admin.enterprise import choices
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.links import ShownLink, shown_link
from admin.paging import FETCHED, cut
from admin.rows import as_on_page, rows_of, shown_rows
from admin.wording import word
from server.domains import chain
from server.http.answers import Raw, Redirect
from server.http.paging import decode_id
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_deliveries")
STATES = ("expected", "announced", "partial", "received", "cancelled")
LINK_HOURS = (24, 72, 168, 336)


class DeliveryArgs(PageArgs):
    state: Literal["expected", "announced", "partial", "received", "cancelled"] | None = None
    delivery_no: str | None = Field(None, max_length=40)


@routes.get("/admin/deliveries", permission="chain.read", query=DeliveryArgs, media_type=PAGE)
async def list_deliveries(call: Call) -> Raw:
    return await _list_page(call)


async def _list_page(call: Call, wrong: Wrong | None = None, *, again: bool = False) -> Raw:
    q, tenant = call.query, call.actor.tenant
    wanted = {"state": q.state, "delivery_no": q.delivery_no}
    rows, following = cut(await chain.deliveries(tenant, wanted, decode_id(q.after), FETCHED))
    return await show(
        call, "deliveries.html", section="deliveries", status=wrong.status if wrong else 200, rows=rows, following=following,
        wanted=q, states=STATES, filters=q.model_dump(exclude_none=True, exclude={"done", "after"}), wrong=wrong,
        open_form="new" if wrong or again else "", kept=form(call) if wrong or again else {}, lines=shown_rows(call, "items"),
        suppliers=await choices.suppliers(tenant), products=await choices.products(call), again=again,
    )  # fmt: skip


@routes.post("/admin/deliveries", permission="chain.write", query=DeliveryArgs, media_type=PAGE)
async def create_delivery(call: Call) -> Raw | Redirect:
    rows = rows_of(call, "items", ("product_id", "quantity"))
    if "more" in form(call):
        return await _list_page(call, again=True)

    async def act() -> UUID:
        command = typed(form(call), chain.NewDelivery, items=list(rows.values()))
        return (await chain.create_delivery(call.actor, chain.NewDelivery.model_validate(command)))[0]

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _list_page(call, as_on_page(done, "items", rows))
    return back(call, f"/admin/deliveries/{done}", "delivery_created")


@routes.get("/admin/deliveries/{id}", permission="chain.read", query=PageArgs, media_type=PAGE)
async def show_delivery(call: Call) -> Raw:
    return await _page(call)


async def _page(call: Call, wrong: Wrong | None = None, open_form: str = "", made: ShownLink | None = None) -> Raw:
    found = await chain.delivery(call.actor.tenant, call.id())
    return await show(
        call, "delivery.html", section="deliveries", status=wrong.status if wrong else 200, d=found, wrong=wrong, open_form=open_form,
        kept=form(call) if wrong else {}, made=made, is_open=found["state"] in chain.TO_ANNOUNCE,
        to_receive=found["state"] in chain.TO_RECEIVE, missing=missing(found), hours=LINK_HOURS,
        materials=[(item["product_id"], f"{item['product_name']} ({word(call.language, 'unit', item['unit'])})") for item in found["items"]],
        handovers=await chain.handovers(call.actor.tenant, call.id()),
    )  # fmt: skip


def missing(delivery: dict[str, Any]) -> list[dict[str, Any]]:
    """What nobody has said yet of a delivery that is to come, or what of it has not come: `{key, product, lot_no, quantity,
    unit}`, key names the text."""
    if delivery["state"] == "partial":
        return [_absent(line) for line in delivery["lines"] if line["outcome"] == "absent"]
    if delivery["state"] not in chain.TO_ANNOUNCE:
        return []
    found: list[dict[str, Any]] = []
    for item in delivery["items"]:
        lines = [line for line in delivery["lines"] if line["product_id"] == item["product_id"]]
        facts = {"product": item["product_name"], "unit": item["unit"]}
        if not lines:
            found.append({**facts, "key": "not_announced"})
        elif item["quantity"] and all(line["unit"] == item["unit"] and line["quantity"] for line in lines):
            short = item["quantity"] - sum(line["quantity"] for line in lines)
            if short > 0:
                found.append({**facts, "key": "short", "quantity": short})
    for line in delivery["lines"]:
        facts = {"product": line["product_name"], "lot_no": line["supplier_lot_no"]}
        wanted = (("produced_on", "no_produced"), ("expires_on", "no_expiry"), ("report_id", "no_report"))
        found += [{**facts, "key": key} for name, key in wanted if line[name] is None]
    return found


def _absent(line: dict[str, Any]) -> dict[str, Any]:
    facts = {"product": line["product_name"], "lot_no": line["supplier_lot_no"]}
    if line["quantity"] is None:
        return {**facts, "key": "absent"}
    return {**facts, "key": "absent_quantity", "quantity": line["quantity"], "unit": line["unit"]}


async def _act(call: Call, act: Callable[[], Awaitable[object]], open_form: str, done: str) -> Raw | Redirect:
    tried = await attempt(call, act)
    if isinstance(tried, Wrong):
        return await _page(call, tried, open_form)
    return back(call, f"/admin/deliveries/{call.path['id']}", done)


@routes.post("/admin/deliveries/{id}/lines", permission="chain.write", query=PageArgs, media_type=PAGE)
async def announce_lot(call: Call) -> Raw | Redirect:
    """Write down what the supplier said on the phone."""

    async def act() -> None:
        command = chain.AnnouncedLot.model_validate(typed(form(call), chain.AnnouncedLot))
        await chain.announce_lot(call.actor, call.id(), command)

    return await _act(call, act, "announce", "delivery_announced")


@routes.post("/admin/deliveries/{id}/cancel", permission="chain.write", query=PageArgs, media_type=PAGE)
async def cancel(call: Call) -> Raw | Redirect:
    """It will not come."""

    async def act() -> None:
        command = chain.CancelDelivery.model_validate(typed(form(call), chain.CancelDelivery))
        await chain.cancel_delivery(call.actor, call.id(), command)

    return await _act(call, act, "cancel", "delivery_cancelled")


@routes.post("/admin/deliveries/{id}/link", permission="chain.write", query=PageArgs, media_type=PAGE)
async def make_link(call: Call) -> Raw:
    """The supplier's link, on the page that answers and never again."""
    settings = call.services.settings

    async def act() -> ShownLink:
        command = chain.NewDeliveryLink.model_validate(typed(form(call), chain.NewDeliveryLink))
        made = await chain.make_delivery_link(call.actor, call.id(), command, settings.token_key)
        return shown_link(f"{settings.base_url}/s/{made.token}", made.expires_at)

    done = await attempt(call, act)
    return await (_page(call, done, "link") if isinstance(done, Wrong) else _page(call, made=done))


@routes.post("/admin/deliveries/{id}/link/revoke", permission="chain.write", query=PageArgs, media_type=PAGE)
async def revoke_link(call: Call) -> Raw | Redirect:
    return await _act(
        call, lambda: chain.revoke_delivery_link(call.actor, call.id()), "revoke", "delivery_link_revoked"
    )
