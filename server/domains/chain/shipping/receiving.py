"""The customer's receipt. What is refused comes back as a lot of its own that is stopped until somebody decides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound, Problem
from server.core.ids import new_id
from server.domains import codes
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.commands import NewLink
from server.domains.chain.holds.opening import open_holds
from server.domains.chain.links.linking import links_stocks
from server.domains.chain.lots import creating as lots
from server.domains.chain.lots.serials import move_serials
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.shipping.commands import Receipt
from server.domains.chain.shipping.refusals import Refusal, refusals_of
from server.domains.chain.shipping.shipments import (
    assert_may_leave,
    assert_meant_for,
    locked_shipment,
    standing_lines,
)
from server.domains.chain.stock.goods import ZERO, Stock, packages_of
from server.domains.chain.stock.locking import add_used, lock_stocks, read_stocks

CAUSE = "refused"
_PARENTS = f"SELECT {', '.join(lots.COLUMNS)} FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])"  # noqa: S608 - our own column names
_LINES = """
UPDATE shipment_line n SET drawn_quantity = n.drawn_quantity - r.drawn, refused_quantity = r.refused, returned_lot_id = r.lot_id,
       refused_serials = r.serials::int4multirange, returned_at = CASE WHEN r.whole THEN $3::timestamptz END
FROM unnest($2::uuid[], $4::numeric[], $5::numeric[], $6::text[], $7::boolean[], $8::uuid[]) AS r(id, drawn, refused, serials, whole, lot_id)
WHERE n.tenant_id = $1 AND n.id = r.id
"""
_ARRIVED = """
UPDATE shipment_line n SET received_outlet_id = r.outlet_id FROM unnest($2::uuid[], $3::uuid[]) AS r(id, outlet_id)
WHERE n.tenant_id = $1 AND n.id = r.id
"""
_TAKEN = """
SELECT l.product_id, l.lot_no FROM unnest($2::uuid[], $3::text[]) AS w(product_id, lot_no)
JOIN lot l ON l.tenant_id = $1 AND l.product_id = w.product_id AND l.lot_no = w.lot_no
"""


class ReceivedBeforeDeparture(Problem):
    status = 422
    code = "shipment_not_departed"


async def receive(actor: Actor, shipment_id: UUID, command: Receipt) -> None:
    """The customer's word on what arrived. Refused goods are the plant's stock again, quarantined: a part of a lot as a
    sub-lot, a package or another single piece as it is; their codes are `returned` until they are shipped again.
    What never departed passes the gate of use first."""
    shipment = await locked_shipment(actor.tenant, shipment_id)
    if shipment["received_at"] is not None:
        raise problems.AlreadyReceived
    received_at: datetime = command.received_at or await db.fetchval("SELECT now()")
    if shipment["departed_at"] is not None and received_at < shipment["departed_at"]:
        raise ReceivedBeforeDeparture(field="received_at")
    lines = await standing_lines(actor.tenant, shipment_id)
    if shipment["departed_at"] is None:  # nobody asked yet whether the goods might leave
        stocks = await assert_may_leave(actor.tenant, shipment, lines)
    else:
        stocks = await lock_stocks(actor.tenant, [line["lot_id"] for line in lines])
    refusals = refusals_of(command, lines, stocks)
    customers = await _arrive(actor.tenant, shipment, command, lines)
    if shipment["departed_at"] is None:
        await _assert_meant_for(actor.tenant, customers, lines, stocks, refusals)
    receipt = command.model_dump(mode="json", exclude={"received_at", "receiver"})
    await db.execute(
        "UPDATE shipment SET received_at = $3, receiver = $4, receipt = $5::jsonb WHERE tenant_id = $1 AND id = $2",
        actor.tenant, shipment_id, received_at, command.receiver, db.dumps(receipt),
    )  # fmt: skip
    back = await _take_back(actor, shipment_id, refusals, received_at) if refusals else []
    await _stop(actor, shipment["shipment_no"], refusals, back)
    after = receipt | {"received_at": received_at, "receiver": command.receiver, "returned_lots": back}
    await audit.record(actor, "shipment.received", "shipment", shipment_id, after=after)


async def _assert_meant_for(
    tenant_id: UUID, customers: Mapping[UUID, UUID], lines: Sequence[asyncpg.Record], stocks: Mapping[UUID, Stock],
    refusals: Sequence[Refusal],
) -> None:  # fmt: skip
    """Where the receipt is the leaving, whoever took a line is asked for like the customer it was meant for. What had left before
    is where it is: that is told, not refused."""
    back = {each.line["id"] for each in refusals if each.whole}
    for line in lines:
        if line["id"] in customers and line["id"] not in back:
            await assert_meant_for(tenant_id, line, stocks, customers[line["id"]])


async def _arrive(
    tenant_id: UUID, shipment: asyncpg.Record, command: Receipt, lines: Sequence[asyncpg.Record]
) -> dict[UUID, UUID]:
    """Keep where each line arrived, if elsewhere than it was sent to; then, by line, whose outlet that is. Raises NotFound for
    an outlet that is none of ours."""
    said = {line.line_id: (f"lines.{number}.outlet_id", line.outlet_id) for number, line in enumerate(command.lines)}
    elsewhere: dict[UUID, UUID] = {}
    fields: dict[UUID, str] = {}
    for line in lines:
        field, outlet_id = said.get(line["id"], ("outlet_id", None))
        field, outlet_id = (field, outlet_id) if outlet_id else ("outlet_id", command.outlet_id)
        if outlet_id is not None and outlet_id != shipment["outlet_id"]:
            elsewhere[line["id"]] = outlet_id
            fields.setdefault(outlet_id, field)
    if not elsewhere:
        return {}
    known = await db.fetch(
        "SELECT id, customer_id FROM outlet WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(fields)
    )
    whose = {row["id"]: row["customer_id"] for row in known}
    for unknown in fields.keys() - whose.keys():
        raise NotFound(field=fields[unknown])
    await db.execute(_ARRIVED, tenant_id, list(elsewhere), list(elsewhere.values()))
    return {line_id: whose[outlet_id] for line_id, outlet_id in elsewhere.items()}


async def refuse_at_loading(actor: Actor, shipment_id: UUID, command: Receipt) -> list[UUID]:
    """What the carrier does not take stays here, quarantined: the lots in which it stands. Raises AlreadyDeparted."""
    shipment = await locked_shipment(actor.tenant, shipment_id)
    if shipment["departed_at"] is not None or shipment["received_at"] is not None:
        raise problems.AlreadyDeparted
    lines = await standing_lines(actor.tenant, shipment_id)
    stocks = await lock_stocks(actor.tenant, [line["lot_id"] for line in lines])
    refusals = refusals_of(command, lines, stocks)
    if not refusals:
        return []
    at = command.received_at or await db.fetchval("SELECT now()")
    back = await _take_back(actor, shipment_id, refusals, at)
    await _stop(actor, shipment["shipment_no"], refusals, back, "chain.refused_at_loading")
    return back


async def _take_back(actor: Actor, shipment_id: UUID, refusals: Sequence[Refusal], received_at: datetime) -> list[UUID]:
    """The lots in which the refused goods stand now, one for each refusal in its order."""
    given: defaultdict[UUID, Decimal] = defaultdict(lambda: ZERO)
    for each in refusals:
        given[each.stock.id] -= each.drawn
        each.stock.used -= each.drawn
    await add_used(actor.tenant, given)
    parts = await _split_off(actor, [each for each in refusals if not each.comes_back_as_it_is], received_at)
    back = [parts.get(each.line["id"], each.stock.id) for each in refusals]
    await db.execute(
        _LINES, actor.tenant, [each.line["id"] for each in refusals], received_at, [each.drawn for each in refusals],
        [each.quantity or ZERO for each in refusals], [_multirange(each.spans) for each in refusals],
        [each.whole for each in refusals], back,
    )  # fmt: skip
    for each, lot_id in zip(refusals, back, strict=True):
        await _take_back_codes(actor, shipment_id, each, lot_id)
    packages = sorted({package for each in refusals for package in packages_of(each.stock)})
    if packages:
        await codes.return_packed(actor, packages, shipment_id)
    return back


async def _take_back_codes(actor: Actor, shipment_id: UUID, refusal: Refusal, lot_id: UUID) -> None:
    order_id = refusal.line["order_id"]
    for first, last in refusal.spans:
        await codes.refuse_codes(actor, order_id, codes.SerialRange(first=first, last=last), shipment_id)
    if lot_id != refusal.stock.id:
        spans = [SerialRange(order_id=order_id, first=first, last=last) for first, last in refusal.spans]
        await move_serials(actor, spans, refusal.stock.id, lot_id)


def _multirange(spans: Iterable[tuple[int, int]]) -> str:
    return "{" + ",".join(f"[{first},{last}]" for first, last in spans) + "}"


async def _split_off(actor: Actor, refusals: Sequence[Refusal], at: datetime) -> dict[UUID, UUID]:
    """Sub-lots for these refusals, no freer than the lots they came from: line -> lot."""
    if not refusals:
        return {}
    parents = {
        row["id"]: dict(row) for row in await db.fetch(_PARENTS, actor.tenant, list({r.stock.id for r in refusals}))
    }
    numbers = await _free_numbers(actor.tenant, [parents[each.stock.id] for each in refusals])
    children = [_child(parents[each.stock.id], each, number) for each, number in zip(refusals, numbers, strict=True)]
    await lots.insert(actor, children, "split")
    stocks = await read_stocks(actor.tenant, [child["id"] for child in children])
    links = []
    for each, child in zip(refusals, children, strict=True):
        stocks[each.stock.id] = each.stock
        unit = child["unit"] if child["quantity"] is not None else None
        links.append(
            NewLink.model_construct(
                from_lot=each.stock.id, to_lot=child["id"], kind="split", quantity=child["quantity"], unit=unit, at=at,
                operation_id=None,
            )
        )  # fmt: skip
    await links_stocks(actor, links, stocks)
    return {each.line["id"]: child["id"] for each, child in zip(refusals, children, strict=True)}


def _child(parent: dict[str, Any], refusal: Refusal, lot_no: str) -> dict[str, Any]:
    known = refusal.quantity is not None
    return parent | {
        "id": new_id(), "lot_no": lot_no, "quantity": refusal.drawn if known else None, "remark": refusal.remark,
    }  # fmt: skip


async def _free_numbers(tenant_id: UUID, parents: Sequence[dict[str, Any]]) -> list[str]:
    """A lot number for each part: that of its lot with -R1, -R2 … behind it."""
    used: set[tuple[UUID, str]] = set()
    found: dict[int, str] = {}
    step = 1
    while missing := [position for position in range(len(parents)) if position not in found]:
        tried = {position: f"{parents[position]['lot_no'][:74]}-R{step}" for position in missing}
        products = [parents[position]["product_id"] for position in missing]
        rows = await db.fetch(_TAKEN, tenant_id, products, list(tried.values()))
        used |= {(row["product_id"], row["lot_no"]) for row in rows}
        for position, number in tried.items():
            key = (parents[position]["product_id"], number)
            if key not in used:
                used.add(key)
                found[position] = number
        step += 1
    return [found[position] for position in range(len(parents))]


async def _stop(
    actor: Actor, shipment_no: str, refusals: Sequence[Refusal], back: Sequence[UUID], why: str = "chain.refused"
) -> None:
    """Quarantine what came back, with the reason that the receiver gave."""
    by_reason: defaultdict[str, set[UUID]] = defaultdict(set)
    for each, lot_id in zip(refusals, back, strict=True):
        reason = text(why, actor.language, shipment_no=shipment_no)
        by_reason[f"{reason} {each.remark}" if each.remark else reason].add(lot_id)
    for reason, lot_ids in by_reason.items():
        await open_holds(actor, sorted(lot_ids), kind="quarantined", cause=CAUSE, reason=reason)
