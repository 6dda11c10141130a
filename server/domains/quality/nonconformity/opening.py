"""A nonconformity is opened: numbered, with its evidence, and the goods are stopped in the same transaction."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, NoReturn
from uuid import UUID

import asyncpg

from i18n import text
from server.core import db
from server.core.actor import Actor
from server.core.clock import EDGE, now
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains import chain
from server.domains.access import audit
from server.domains.chain.stock.goods import DISPOSED_BY, Stock
from server.domains.chain.stock.quantities import converted
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.commands import AddEvidence, NewNonconformity

_NAMED = 3  # packages
_INSERT = """
INSERT INTO nonconformity (tenant_id, id, number, lot_id, from_lot_id, record_id, quantity, unit, counted_before, defect,
    defect_class, stage, party, supplier_id, step_id, carrier, party_reason, opened_by, opener_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
"""
_EVIDENCE = """
INSERT INTO nonconformity_evidence (tenant_id, id, nonconformity_id, record_id, attachment_id, added_by)
SELECT $1, e.id, $2, e.record_id, e.attachment_id, $3 FROM unnest($4::uuid[], $5::uuid[], $6::uuid[]) AS e(id, record_id, attachment_id)
ON CONFLICT DO NOTHING
"""
_SAME_EVIDENCE = """
INSERT INTO nonconformity_evidence (tenant_id, nonconformity_id, record_id, attachment_id, added_by)
SELECT tenant_id, $3, record_id, attachment_id, $4 FROM nonconformity_evidence WHERE tenant_id = $1 AND nonconformity_id = $2
"""


class Opened(NamedTuple):
    """`lot_id`: where the goods stand now and are stopped."""

    id: UUID
    number: str
    lot_id: UUID


def cause_of(nonconformity_id: UUID) -> str:
    """The cause of the holds that a nonconformity opens."""
    return f"{DISPOSED_BY}{nonconformity_id}"


async def open_nonconformity(actor: Actor, command: NewNonconformity) -> Opened:
    """Open one and stop the goods. Raises NotFound, NothingLeft, NothingLoose, NonconformityAlreadyOpen, RecordOfOtherLot, and what
    refuses a split. Goods that an earlier nonconformity, closed by now, had left stopped are this one's."""
    stock = await chain.lock_stock(actor.tenant, command.lot_id, "lot_id")
    await _check_record(actor.tenant, command)
    if number := await db.fetchval(
        "SELECT number FROM nonconformity WHERE tenant_id = $1 AND lot_id = $2 AND state = 'open'", actor.tenant, stock.id
    ):  # fmt: skip
        raise problems.NonconformityAlreadyOpen(field="lot_id", lot_no=stock.lot_no, number=number)
    await take_over(actor, stock)
    if stock.left is not None and stock.left <= 0 and not stock.is_piece_of_lot:
        await _nothing_left(actor.tenant, stock)
    quantity, unit, whole = _quantity(command, stock)
    lot_id = stock.id if whole else await _split(actor, command, stock, quantity, unit)
    found = Opened(new_id(), await _next_number(actor.tenant), lot_id)
    counted = stock.difference if whole else Decimal(0)
    await db.execute(
        _INSERT, actor.tenant, found.id, found.number, lot_id, None if whole else stock.id, command.record_id, quantity, unit,
        counted, command.defect, command.defect_class, command.stage, command.party, command.supplier_id, command.step_id,
        command.carrier, command.party_reason, actor.id, actor.name,
    )  # fmt: skip
    await _store_evidence(actor, found.id, command.record_ids, command.attachment_ids)
    await stop(actor, [lot_id], found.id, found.number, command.defect)
    after = command.model_dump(mode="json", exclude_none=True) | {"number": found.number, "lot_id": lot_id}
    await audit.record(actor, "nonconformity.opened", "nonconformity", found.id, after=after)
    return found


async def open_about_contents(actor: Actor, of_package: asyncpg.Record, stock: Stock) -> Opened:
    """What came out of a package that failed is nonconforming by itself, as the package was, with its evidence. `stock`: the
    goods, none of which went anywhere yet."""
    await take_over(actor, stock)
    found = Opened(new_id(), await _next_number(actor.tenant), stock.id)
    what = of_package
    await db.execute(
        _INSERT, actor.tenant, found.id, found.number, stock.id, what["lot_id"], what["record_id"], stock.left, stock.unit,
        stock.difference, what["defect"], what["defect_class"], what["stage"], what["party"], what["supplier_id"], what["step_id"],
        what["carrier"], what["party_reason"], actor.id, actor.name,
    )  # fmt: skip
    await db.execute(_SAME_EVIDENCE, actor.tenant, what["id"], found.id, actor.id)
    await stop(actor, [stock.id], found.id, found.number, what["defect"])
    after = {"number": found.number, "lot_id": stock.id, "out_of": what["number"]}
    await audit.record(actor, "nonconformity.opened", "nonconformity", found.id, after=after)
    return found


async def stop(actor: Actor, lots: Sequence[UUID], nonconformity_id: UUID, number: str, defect: str) -> None:
    """These goods are stopped by this nonconformity."""
    reason = text("nonconformity.hold_reason", actor.language, number=number, defect=defect)
    await chain.open_holds(actor, lots, kind="quarantined", cause=cause_of(nonconformity_id), reason=reason)


async def _check_record(tenant_id: UUID, command: NewNonconformity) -> None:
    """The failing record is one of this lot, or of no lot at all (a device, a place, a shipment)."""
    if command.record_id is None:
        return
    row = await db.fetchrow(
        "SELECT lot_id FROM record WHERE tenant_id = $1 AND id = $2", tenant_id, command.record_id
    )  # fmt: skip
    if row is None:
        raise NotFound(field="record_id")
    if row["lot_id"] not in (None, command.lot_id):
        raise problems.RecordOfOtherLot(field="record_id")


async def take_over(actor: Actor, stock: Stock) -> None:
    """What another nonconformity's hold still stops here (it was closed, or came over with goods) goes under this one."""
    for hold in [each for each in stock.holds if each.cause.startswith(DISPOSED_BY)]:
        await chain.close_holds(
            actor, hold.cause, text("nonconformity.taken_over", actor.language), only=stock.id
        )  # fmt: skip
        stock.holds.remove(hold)


async def _nothing_left(tenant_id: UUID, stock: Stock) -> NoReturn:
    around = await chain.queries.packages_around(tenant_id, stock.id)
    packages = [row["lot_no"] for row in around if row["id"] != stock.id]
    if not packages:
        raise problems.NothingLeft(field="lot_id", lot_no=stock.lot_no)
    named = "、".join(packages[:_NAMED]) + ("…" if len(packages) > _NAMED else "")
    raise problems.NothingLoose(field="lot_id", lot_no=stock.lot_no, packages=named)


def _quantity(command: NewNonconformity, stock: Stock) -> tuple[Decimal, str, bool]:
    """How much, in the lot's unit, and whether that is all of it."""
    if stock.is_piece_of_lot:
        return Decimal(1), stock.unit or "pcs", True
    if command.quantity is None:
        if stock.left is None:
            raise chain.problems.QuantityRequired(field="quantity", lot_no=stock.lot_no)
        return stock.left, stock.unit or "", True
    unit = stock.unit or command.unit or ""
    quantity = converted(command.quantity, command.unit or unit, stock)
    return quantity, unit, stock.left == quantity


async def _split(actor: Actor, command: NewNonconformity, stock: Stock, quantity: Decimal, unit: str) -> UUID:
    lot_no = command.lot_no or await chain.free_number(actor.tenant, stock, "F")
    part = chain.SplitLot(lot_no=lot_no, quantity=quantity, unit=unit, serials=command.serials, remark=command.defect)
    return await chain.split_lot(actor, stock.id, part)


async def _next_number(tenant_id: UUID) -> str:
    """NC, the day, and a number that counts within it. The graph's lock keeps two from taking the same."""
    prefix = f"NC{now().astimezone(EDGE):%Y%m%d}-"
    count = await db.fetchval(
        "SELECT count(*) FROM nonconformity WHERE tenant_id = $1 AND number LIKE $2", tenant_id, f"{prefix}%"
    )
    return f"{prefix}{count + 1:03d}"


async def add_evidence(actor: Actor, nonconformity_id: UUID, command: AddEvidence) -> None:
    """Add records and files while it is open. Raises NotFound, NonconformityClosed."""
    await locked(actor.tenant, nonconformity_id)
    await _store_evidence(actor, nonconformity_id, command.record_ids, command.attachment_ids)
    await audit.record(
        actor, "nonconformity.evidence_added", "nonconformity", nonconformity_id, after=command.model_dump(mode="json")
    )


async def _store_evidence(actor: Actor, nonconformity_id: UUID, records: Sequence[UUID], files: Sequence[UUID]) -> None:
    known = await db.fetchval(
        "SELECT count(*) FROM record WHERE tenant_id = $1 AND id = ANY($2::uuid[])", actor.tenant, list(records)
    )
    if known != len(set(records)):
        raise NotFound(field="record_ids")
    known = await db.fetchval(
        "SELECT count(*) FROM attachment WHERE tenant_id = $1 AND id = ANY($2::uuid[])", actor.tenant, list(files)
    )
    if known != len(set(files)):
        raise NotFound(field="attachment_ids")
    rows = [(new_id(), record, None) for record in records] + [(new_id(), None, file) for file in files]
    if rows:
        await db.execute(
            _EVIDENCE, actor.tenant, nonconformity_id, actor.id, *(list(column) for column in zip(*rows, strict=True))
        )


async def locked(tenant_id: UUID, nonconformity_id: UUID) -> asyncpg.Record:
    """An open nonconformity, after the graph's lock. Raises NotFound, NonconformityClosed."""
    await chain.lock_graph(tenant_id)
    row = await db.fetchrow("SELECT * FROM nonconformity WHERE tenant_id = $1 AND id = $2", tenant_id, nonconformity_id)
    if row is None:
        raise NotFound
    if row["state"] == "closed":
        raise problems.NonconformityClosed(number=row["number"])
    return row


async def locked_disposition(tenant_id: UUID, disposition_id: UUID) -> tuple[asyncpg.Record, asyncpg.Record]:
    """A disposition and its open nonconformity, after the graph's lock. Raises NotFound, NonconformityClosed."""
    await chain.lock_graph(tenant_id)
    row = await db.fetchrow("SELECT * FROM disposition WHERE tenant_id = $1 AND id = $2", tenant_id, disposition_id)
    if row is None:
        raise NotFound
    return row, await locked(tenant_id, row["nonconformity_id"])
