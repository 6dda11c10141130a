"""Handovers (交接): what a supplier brings, what a carrier takes, what a customer takes; signed by both sides.

Refused at the gate, goods never become a lot of ours. Refused by a carrier or customer, they are quarantined stock.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import Conflict, Forbidden, NotFound, Problem
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.commands import NewLot
from server.domains.chain.deliveries.commands import (
    Handover,
    HandOverShipment,
    ReceiveDelivery,
    ReceivedGoods,
)
from server.domains.chain.deliveries.expected import TO_RECEIVE, check_unit, open_delivery, product_units
from server.domains.chain.deliveries.links import end_links
from server.domains.chain.lots.creating import create_lots
from server.domains.chain.shipping.commands import Departure, Receipt, ReceivedLine
from server.domains.chain.shipping.receiving import receive, refuse_at_loading
from server.domains.chain.shipping.refusals import RefusedInPart
from server.domains.chain.shipping.shipments import depart, standing_lines
from server.domains.chain.stock.goods import ZERO
from server.domains.chain.stock.quantities import plain

_INSERT = """
INSERT INTO handover (tenant_id, id, kind, delivery_id, shipment_id, at, place_id, carrier, vehicle, seal, seal_intact, temperature, remark,
                      person_id, person_name, counterpart_name, signature_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""
_INSERT_LINES = """
INSERT INTO handover_line (tenant_id, id, handover_id, delivery_line_id, shipment_line_id, lot_id, core_temperature, accepted, quantity,
                           refused_quantity, unit, remark)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_INSERT_ABSENT = """
INSERT INTO handover_line (tenant_id, id, handover_id, delivery_line_id, accepted, absent, unit) VALUES ($1, $2, $3, $4, false, true, $5)
"""
_ANNOUNCED = """
SELECT l.*, EXISTS (SELECT FROM handover_line n WHERE n.tenant_id = $1 AND n.delivery_line_id = l.id AND NOT n.absent) AS came
FROM delivery_line l WHERE l.tenant_id = $1 AND l.delivery_id = $2 ORDER BY l.entered_at, l.id
"""
_HANDOVERS = """
SELECT h.*, p.name AS place_name FROM handover h LEFT JOIN place p ON p.tenant_id = $1 AND p.id = h.place_id
WHERE h.tenant_id = $1 AND (h.delivery_id = $2 OR h.shipment_id = $2) ORDER BY h.id
"""
_HANDOVER_LINES = """
SELECT n.*, coalesce(l.lot_no, t.lot_no) AS lot_no, d.supplier_lot_no, d.quantity AS announced_quantity, coalesce(pd.name, pl.name) AS product_name
FROM handover_line n
LEFT JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id
LEFT JOIN shipment_line s ON s.tenant_id = $1 AND s.id = n.shipment_line_id
LEFT JOIN lot t ON t.tenant_id = $1 AND t.id = s.lot_id
LEFT JOIN product pl ON pl.tenant_id = $1 AND pl.id = t.product_id
LEFT JOIN delivery_line d ON d.tenant_id = $1 AND d.id = n.delivery_line_id
LEFT JOIN product pd ON pd.tenant_id = $1 AND pd.id = d.product_id
WHERE n.tenant_id = $1 AND n.handover_id = ANY($2::uuid[]) ORDER BY n.id
"""


class SignerNotSignedIn(Forbidden):
    """Machines hand nothing over: our side of a handover is a person."""

    code = "handover_needs_person"


class SignatureNotPicture(Problem):
    status = 422
    code = "signature_not_picture"


class HandedOverAlready(Conflict):
    code = "handed_over_already"


class NothingToHandOver(Conflict):
    """All of it was refused or taken off before."""

    code = "nothing_to_hand_over"


class Received(NamedTuple):
    """`reports`: (lot, report that the supplier sent for it)."""

    handover_id: UUID
    lot_ids: list[UUID]
    reports: list[tuple[UUID, UUID]]


class _Gate(NamedTuple):
    """What was on the vehicle, what was announced and was not, and how many lines came with earlier ones."""

    lines: Sequence["_Line"]
    absent: Sequence[asyncpg.Record]
    earlier: int


class _Line(NamedTuple):
    """A line at the gate, announced and received put together."""

    line_id: UUID
    product_id: UUID
    supplier_lot_no: str
    report_id: UUID | None
    unit: str
    accepted: Decimal | None
    refused: Decimal
    produced_on: Any
    expires_on: Any
    said: ReceivedGoods

    @property
    def comes_in(self) -> bool:
        return self.said.accepted and self.accepted != 0


async def _check(actor: Actor, command: Handover) -> datetime:
    """When it happened. Raises what is wrong with the signatures."""
    if actor.kind != "user":
        raise SignerNotSignedIn
    media_type = await db.fetchval(
        "SELECT media_type FROM attachment WHERE tenant_id = $1 AND id = $2", actor.tenant, command.signature_id
    )
    if media_type is None:
        raise NotFound(field="signature_id")
    if not media_type.startswith("image/"):
        raise SignatureNotPicture(field="signature_id")
    at: datetime = command.at or await db.fetchval("SELECT now()")
    return at


async def receive_delivery(actor: Actor, delivery_id: UUID, command: ReceiveDelivery) -> Received:
    """Take a delivery in: accepted lines are pending material lots, refused ones are on record alone.

    What was announced and is not named is absent: the delivery waits for it. Raises DeliveryClosed, and names the line of
    what is wrong with one.
    """
    at = await _check(actor, command)
    delivery = await open_delivery(actor.tenant, delivery_id, TO_RECEIVE)
    lines, absent, earlier = await _at_the_gate(actor, delivery_id, command)
    lot_ids = await _make_lots(actor, delivery, command, lines, at, earlier)
    await db.executemany(
        "UPDATE delivery_line SET lot_id = $3 WHERE tenant_id = $1 AND id = $2",
        [(actor.tenant, line.line_id, lot_id) for line, lot_id in zip(lines, lot_ids, strict=True) if lot_id],
    )
    handover_id = await _write(actor, "receiving", command, at, delivery_id=delivery_id)
    await db.executemany(
        _INSERT_LINES,
        [
            (actor.tenant, new_id(), handover_id, line.line_id, None, lot_id, line.said.core_temperature, lot_id is not None,
             line.accepted, line.refused, line.unit, line.said.remark)
            for line, lot_id in zip(lines, lot_ids, strict=True)
        ],
    )  # fmt: skip
    await db.executemany(
        _INSERT_ABSENT, [(actor.tenant, new_id(), handover_id, line["id"], line["unit"]) for line in absent]
    )
    await _close(actor.tenant, delivery_id, "partial" if absent else "received")
    made = [lot_id for lot_id in lot_ids if lot_id]
    after = command.model_dump(mode="json", exclude_none=True) | {
        "handover_id": handover_id,
        "lots": made,
        "absent": [line["supplier_lot_no"] for line in absent],
    }
    await audit.record(actor, "delivery.received", "delivery", delivery_id, after=after)
    reports = [(lot, line.report_id) for line, lot in zip(lines, lot_ids, strict=True) if lot and line.report_id]
    return Received(handover_id, made, reports)


async def _close(tenant_id: UUID, delivery_id: UUID, state: str) -> None:
    """Arrived, if only in part: the supplier's link ends."""
    await db.execute("UPDATE delivery SET state = $3 WHERE tenant_id = $1 AND id = $2", tenant_id, delivery_id, state)
    await end_links(tenant_id, delivery_id)


async def _at_the_gate(actor: Actor, delivery_id: UUID, command: ReceiveDelivery) -> _Gate:
    rows = await db.fetch(_ANNOUNCED, actor.tenant, delivery_id)
    came = {row["id"]: row["supplier_lot_no"] for row in rows if row["came"]}
    announced = {row["id"]: row for row in rows if not row["came"]}
    units = await product_units(actor.tenant, [line.product_id for line in command.lines if line.product_id])
    found: list[_Line] = []
    for number, said in enumerate(command.lines):
        if said.line_id in came:
            raise DeliveryLineCame(field=f"lines.{number}.line_id", lot_no=came[said.line_id])
        row = announced.pop(said.line_id, None) if said.line_id else None
        if said.line_id and row is None:
            raise NotFound(field=f"lines.{number}.line_id")
        if row is None:
            row = await _unannounced(actor, delivery_id, said, units, number)
        found.append(_together(row, said, number))
    return _Gate(found, list(announced.values()), len(came))


async def _unannounced(actor: Actor, delivery_id: UUID, said: ReceivedGoods, units: Any, number: int) -> asyncpg.Record:
    """A line that nobody announced is written by the gate."""
    if said.product_id not in units:
        raise NotFound(field=f"lines.{number}.product_id")
    unit = said.unit or units[said.product_id]
    check_unit(unit, f"lines.{number}.unit")
    row = await db.fetchrow(
        "INSERT INTO delivery_line (tenant_id, id, delivery_id, product_id, supplier_lot_no, quantity, unit, produced_on, expires_on, source)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'staff') ON CONFLICT DO NOTHING RETURNING *",
        actor.tenant, new_id(), delivery_id, said.product_id, said.supplier_lot_no, said.quantity, unit, said.produced_on,
        said.expires_on,
    )  # fmt: skip
    if row is None:
        raise DeliveryLineTwice(field=f"lines.{number}.supplier_lot_no", lot_no=said.supplier_lot_no)
    return row


class DeliveryLineTwice(Problem):
    status = 422
    code = "delivery_line_twice"


class DeliveryLineCame(Conflict):
    """An earlier vehicle brought it."""

    code = "delivery_line_came"


class RefusedMoreThanCame(Problem):
    status = 422
    code = "refused_more_than_came"


def _together(row: asyncpg.Record, said: ReceivedGoods, number: int) -> _Line:
    unit = said.unit or row["unit"]
    check_unit(unit, f"lines.{number}.unit")
    total = said.quantity if said.quantity is not None else row["quantity"]
    refused: Decimal = said.refused_quantity or ZERO
    accepted: Decimal | None
    if total is not None and refused > total:
        raise RefusedMoreThanCame(
            field=f"lines.{number}.refused_quantity", refused=plain(refused), came=plain(total), unit=unit
        )
    if not said.accepted:
        if said.refused_quantity is not None and refused != total:
            raise RefusedInPart(field=f"lines.{number}.accepted", lot_no=row["supplier_lot_no"])
        accepted, refused = ZERO, refused if total is None else total
    else:
        if total is None and refused:
            raise problems.QuantityRequired(field=f"lines.{number}.quantity", lot_no=row["supplier_lot_no"])
        accepted = None if total is None else total - refused
    return _Line(
        row["id"], row["product_id"], said.supplier_lot_no or row["supplier_lot_no"], row["report_id"], unit, accepted, refused,
        said.produced_on or row["produced_on"], said.expires_on or row["expires_on"], said,
    )  # fmt: skip


async def _make_lots(
    actor: Actor, delivery: asyncpg.Record, command: ReceiveDelivery, lines: Sequence[_Line], at: datetime, earlier: int
) -> list[UUID | None]:
    """The lot of each line, None where nothing of it was accepted. Numbers that we make go on after those `earlier` ones."""
    coming = [number for number, line in enumerate(lines) if line.comes_in]
    rows = [_lot(delivery, command, lines[number], earlier + number, at) for number in coming]
    result = await create_lots(actor, rows, all_or_nothing=True)
    if result.errors:
        first = result.errors[0]
        field = "expires_on" if first.problem.field == "expires_at" else first.problem.field
        first.problem.field = f"lines.{coming[first.row]}.{field}"
        raise first.problem
    made: list[UUID | None] = [None] * len(lines)
    for number, lot_id in zip(coming, result.ids, strict=True):
        made[number] = lot_id
    return made


def _lot(delivery: asyncpg.Record, command: ReceiveDelivery, line: _Line, number: int, at: datetime) -> NewLot:
    return NewLot(
        kind="material", product_id=line.product_id, lot_no=line.said.lot_no or f"{delivery['delivery_no']}-{number + 1}",
        supplier_id=delivery["supplier_id"], supplier_lot_no=line.supplier_lot_no, quantity=line.accepted, unit=line.unit,
        produced_on=line.produced_on, expires_at=line.expires_on, received_at=at, delivery_note=delivery["delivery_no"],
        purchase_order=delivery["purchase_order"], place_id=line.said.place_id or command.place_id, remark=line.said.remark,
    )  # fmt: skip


async def _write(
    actor: Actor,
    kind: str,
    command: Handover,
    at: datetime,
    *,
    delivery_id: UUID | None = None,
    shipment_id: UUID | None = None,
) -> UUID:
    handover_id = new_id()
    if command.place_id and not await db.fetchval(
        "SELECT true FROM place WHERE tenant_id = $1 AND id = $2", actor.tenant, command.place_id
    ):
        raise NotFound(field="place_id")
    done = await db.execute(
        _INSERT + " ON CONFLICT DO NOTHING", actor.tenant, handover_id, kind, delivery_id, shipment_id, at, command.place_id,
        command.carrier, command.vehicle, command.seal, command.seal_intact, command.temperature, command.remark, actor.id, actor.name,
        command.counterpart_name, command.signature_id,
    )  # fmt: skip
    if not done:
        raise HandedOverAlready
    return handover_id


async def hand_over_shipment(actor: Actor, shipment_id: UUID, command: HandOverShipment) -> UUID:
    """The carrier or the customer takes a shipment. At loading what is accepted departs; nothing departs where all was
    refused. Raises what the departure or the receipt raises, HandedOverAlready."""
    at = await _check(actor, command)
    if not await db.fetchval("SELECT true FROM shipment WHERE tenant_id = $1 AND id = $2", actor.tenant, shipment_id):
        raise NotFound
    before = await standing_lines(actor.tenant, shipment_id)
    if not before:
        raise NothingToHandOver
    handover_id = await _write(actor, command.stage, command, at, shipment_id=shipment_id)
    said = [ReceivedLine.model_validate(line.model_dump(exclude={"core_temperature"})) for line in command.lines]
    receipt = Receipt(
        received_at=at, receiver=command.counterpart_name, temperature=command.temperature, remark=command.remark, lines=said,
        outlet_id=command.outlet_id,
    )  # fmt: skip
    if command.stage == "delivery":
        await receive(actor, shipment_id, receipt)
    else:
        await refuse_at_loading(actor, shipment_id, receipt)
        if await standing_lines(actor.tenant, shipment_id):
            await depart(actor, shipment_id, Departure(departed_at=at, vehicle=command.vehicle, seal=command.seal))
    await _write_shipment_lines(actor, shipment_id, handover_id, before, command)
    after = command.model_dump(mode="json", exclude_none=True) | {"handover_id": handover_id}
    await audit.record(actor, "shipment.handed_over", "shipment", shipment_id, after=after)
    return handover_id


async def _write_shipment_lines(
    actor: Actor, shipment_id: UUID, handover_id: UUID, before: Sequence[asyncpg.Record], command: HandOverShipment
) -> None:
    """What became of each line, as the shipment now says it."""
    temperatures = {line.line_id: line.core_temperature for line in command.lines}
    remarks = {line.line_id: line.remark for line in command.lines}
    earlier = {line["id"]: line["refused_quantity"] for line in before}  # what others refused is not theirs
    rows = await db.fetch(
        "SELECT id, lot_id, quantity, unit, refused_quantity, returned_at FROM shipment_line"
        " WHERE tenant_id = $1 AND shipment_id = $2 AND id = ANY($3::uuid[]) ORDER BY id",
        actor.tenant, shipment_id, [line["id"] for line in before],
    )  # fmt: skip
    await db.executemany(
        _INSERT_LINES,
        [
            (actor.tenant, new_id(), handover_id, None, row["id"], row["lot_id"], temperatures.get(row["id"]), row["returned_at"] is None,
             None if row["quantity"] is None else row["quantity"] - row["refused_quantity"],
             row["refused_quantity"] - earlier[row["id"]], row["unit"],
             remarks.get(row["id"]))
            for row in rows
        ],
    )  # fmt: skip


async def handovers(tenant_id: UUID, object_id: UUID) -> list[dict[str, Any]]:
    """The handovers of a delivery or of a shipment, each with its lines."""
    rows = [dict(row) | {"lines": []} for row in await db.fetch(_HANDOVERS, tenant_id, object_id)]
    by_id = {row["id"]: row for row in rows}
    for line in await db.fetch(_HANDOVER_LINES, tenant_id, list(by_id)):
        by_id[line["handover_id"]]["lines"].append(dict(line))
    return rows
