"""Goods change hands: the gate takes a delivery in, a carrier or a customer takes a shipment, and both sides sign."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from admin.enterprise import choices
from admin.frame import PAGE, PageArgs, Wrong, attempt, back, form, show, typed
from admin.rows import BLANK_ROWS, Row, as_on_page, keep_file, rows_of
from i18n import text
from server.core.errors import NotFound
from server.domains import chain, quality
from server.domains.chain.deliveries.commands import HandedLine, ReceivedGoods
from server.domains.chain.shipping.commands import ReceivedLine
from server.http.answers import Raw, Redirect
from server.http.routes import Call, RouteTable

routes = RouteTable("admin_gate")
ABSENT = "absent"  # announced, and not on the vehicle
_RECEIPT_SAYS = ("accepted", "refused_quantity", "first", "last", "outlet_id", "remark")
_SAYS = ("line_id", "product_id", "supplier_lot_no")


@routes.get("/admin/deliveries/{id}/receive", permission="chain.write", query=PageArgs, media_type=PAGE)
async def receive_form(call: Call) -> Raw:
    return await _receive_page(call)


async def _receive_page(call: Call, wrong: Wrong | None = None, *, again: bool = False) -> Raw:
    tenant = call.actor.tenant
    found = await chain.delivery(tenant, call.id())
    if found["state"] not in chain.TO_RECEIVE:
        raise NotFound
    kept = wrong is not None or again
    waiting = [line for line in found["lines"] if line["outcome"] in (None, "absent")]
    return await show(
        call, "receive.html", section="deliveries", status=wrong.status if wrong else 200, d=found, wrong=wrong,
        open_form="receive" if kept else "", kept=form(call) if kept else {}, again=again, places=await choices.places(tenant),
        products=await choices.products(call), rows=_gate_rows(call, waiting, kept),
        came=len(found["lines"]) - len(waiting),
    )  # fmt: skip


def _gate_rows(call: Call, lines: list[dict[str, Any]], kept: bool) -> list[dict[str, Any]]:
    """One row for each announced lot, filled with what was said of it, and some for lots that nobody announced."""
    given = rows_of(call, "lines") if kept else {}
    extra = BLANK_ROWS + BLANK_ROWS if form(call).get("more") else 1 if lines else BLANK_ROWS
    last = max(given, default=-1) + 1
    return [
        {"line": lines[number] if number < len(lines) else None, "said": given.get(number, {}) if kept else _announced(lines, number)}
        for number in range(max(len(lines) + extra, last))
    ]  # fmt: skip


def _announced(lines: list[dict[str, Any]], number: int) -> Mapping[str, Any]:
    return lines[number] if number < len(lines) else {}


@routes.post("/admin/deliveries/{id}/receive", permission="chain.write", query=PageArgs, media_type=PAGE)
async def receive(call: Call) -> Raw | Redirect:
    """Take the delivery in: one act with the signature of who brought it, or nothing at all."""
    rows = {n: row for n, row in rows_of(call, "lines", _SAYS).items() if row.get("accepted") != ABSENT}
    if "more" in form(call):
        return await _receive_page(call, again=True)

    async def act() -> None:
        signed = await _signed(call)
        lines = [_only(row, ReceivedGoods) for row in rows.values()]
        command = typed(form(call), chain.ReceiveDelivery, lines=lines, **signed)
        await quality.receive_delivery(call.actor, call.id(), chain.ReceiveDelivery.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _receive_page(call, as_on_page(done, "lines", rows))
    return back(call, f"/admin/deliveries/{call.path['id']}", "delivery_received")


def _only(row: Row, model: Any) -> Row:
    return {name: value for name, value in row.items() if name in model.model_fields}


async def _signed(call: Call) -> dict[str, UUID]:
    """The other side's signature; left out, and so reported, where there is none."""
    title = text("admin.signature.of", call.language, name=form(call).get("counterpart_name", ""))
    kept = await keep_file(call, "signature_id", title[:200])
    return {"signature_id": kept.id} if kept else {}


@routes.get("/admin/shipments/{id}/handover", permission="chain.write", query=PageArgs, media_type=PAGE)
async def handover_form(call: Call) -> Raw:
    return await _handover_page(call)


async def _handover_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant = call.actor.tenant
    shipment = await chain.queries.shipment(tenant, call.id())
    lines = [line for line in await chain.queries.shipment_lines(tenant, call.id()) if line["returned_at"] is None]
    done = {each["kind"] for each in await chain.handovers(tenant, call.id())}
    given = rows_of(call, "lines") if wrong else {}
    return await show(
        call, "handover.html", section="shipments", status=wrong.status if wrong else 200, shipment=shipment, wrong=wrong,
        open_form="handover" if wrong else "", kept=form(call) if wrong else {}, places=await choices.places(tenant),
        rows=[{"line": line, "said": given.get(number, {})} for number, line in enumerate(lines)],
        outlets=await choices.outlets(tenant, shipment["customer_id"]),
        stages=[stage for stage in ("loading", "delivery") if stage not in done],
        stage="delivery" if shipment["departed_at"] else "loading",
    )  # fmt: skip


@routes.get("/admin/shipments/{id}/receipt", permission="chain.ship", query=PageArgs, media_type=PAGE)
async def receipt_form(call: Call) -> Raw:
    return await _receipt_page(call)


async def _receipt_page(call: Call, wrong: Wrong | None = None) -> Raw:
    tenant = call.actor.tenant
    shipment = await chain.queries.shipment(tenant, call.id())
    lines = [line for line in await chain.queries.shipment_lines(tenant, call.id()) if line["returned_at"] is None]
    given = rows_of(call, "lines") if wrong else {}
    return await show(
        call, "receipt.html", section="shipments", status=wrong.status if wrong else 200, shipment=shipment, wrong=wrong,
        open_form="receipt" if wrong else "", kept=form(call) if wrong else {}, outlets=await choices.outlets(tenant, shipment["customer_id"]),
        rows=[{"line": line, "said": given.get(number, {})} for number, line in enumerate(lines)],
    )  # fmt: skip


@routes.post("/admin/shipments/{id}/receipt", permission="chain.ship", query=PageArgs, media_type=PAGE)
async def receive_at_customer(call: Call) -> Raw | Redirect:
    """What the customer says of the arrival, told by telephone or on the returned note: where, when, what was refused."""
    rows = rows_of(call, "lines", _RECEIPT_SAYS)

    async def act() -> None:
        whole = form(call).get("accepted", "true")
        lines = [_received(row, whole) for row in rows.values()]
        command = typed(form(call), chain.Receipt, lines=lines)
        await chain.receive(call.actor, call.id(), chain.Receipt.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _receipt_page(call, as_on_page(done, "lines", rows))
    return back(call, f"/admin/shipments/{call.path['id']}", "receipt_taken")


def _received(row: Row, whole: str) -> dict[str, Any]:
    """A line that says no verdict of its own has that of the whole; where a part of it was refused, the rest was not."""
    part = any(name in row for name in ("refused_quantity", "first", "last"))
    return _refused_serials(row) | _only({"accepted": "true" if part else whole} | row, ReceivedLine)


def _refused_serials(row: Row) -> dict[str, Any]:
    """The serials that a line with codes refuses: from the first to the last, or one."""
    ends = [row[name] for name in ("first", "last") if name in row]
    return {"refused_serials": [{"first": ends[0], "last": ends[-1]}]} if ends else {}


@routes.post("/admin/shipments/{id}/handover", permission="chain.write", query=PageArgs, media_type=PAGE)
async def hand_over(call: Call) -> Raw | Redirect:
    """The carrier or the customer takes the goods; what they refuse is stock of ours again, stopped."""
    rows = rows_of(call, "lines", ("line_id",))

    async def act() -> None:
        await chain.queries.shipment(call.actor.tenant, call.id())
        signed = await _signed(call)
        lines = [_only(row, HandedLine) for row in rows.values()]
        command = typed(form(call), chain.HandOverShipment, lines=lines, **signed)
        await chain.hand_over_shipment(call.actor, call.id(), chain.HandOverShipment.model_validate(command))

    done = await attempt(call, act)
    if isinstance(done, Wrong):
        return await _handover_page(call, as_on_page(done, "lines", rows))
    return back(call, f"/admin/shipments/{call.path['id']}", "handed_over")
