"""Lots come into being, one or 200,000 at a time, and carry the numbers people search by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import EDGE, end_of_day
from server.core.days import LAST_DAY
from server.core.errors import NotFound, Problem
from server.core.ids import new_id
from server.core.impossible import ImpossibleValue
from server.core.units import counts_pieces, find_unit
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.commands import FACTS, LotChanges, NewLot
from server.domains.chain.holds.history import write_history
from server.domains.chain.lots import correcting
from server.domains.chain.results import BulkResult, RowError
from server.domains.chain.stock.chunks import chunks, plan_for_many
from server.domains.chain.stock.goods import ONE_PIECE_KINDS, Stock
from server.domains.chain.stock.locking import lock_stock
from server.domains.chain.stock.quantities import assert_whole, plain
from server.domains.chain.values import assert_in_order, begins, expires

COLUMNS = (
    "id", "kind", "product_id", "lot_no", "supplier_id", "supplier_lot_no", "quantity", "unit", "produced_at",
    "production_ended_at", "received_at", "expires_at", "state", "released_at", "production_order", "purchase_order",
    "delivery_note", "customer_order", "place_id", "remark",
)  # fmt: skip
_TYPES = (
    "uuid", "text", "uuid", "text", "uuid", "text", "numeric", "text", "timestamptz", "timestamptz", "timestamptz",
    "timestamptz", "text", "timestamptz", "text", "text", "text", "text", "uuid", "text",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO lot (tenant_id, created_by, {', '.join(COLUMNS)}) SELECT $1, $2, r.* FROM unnest("  # noqa: S608 - our own column names
    + ", ".join(f"${position + 3}::{kind}[]" for position, kind in enumerate(_TYPES))
    + f") AS r({', '.join(COLUMNS)})"
)
_STAYS = """
INSERT INTO stay (tenant_id, lot_id, place_id, from_at)
SELECT $1, s.lot_id, s.place_id, s.from_at FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS s(lot_id, place_id, from_at)
"""

LotRow = dict[str, Any]  # one value for every name in COLUMNS


@dataclass(frozen=True, slots=True)
class Known:
    """What a lot's references stand for: the products, and which suppliers and places exist."""

    products: Mapping[UUID, asyncpg.Record]
    suppliers: frozenset[UUID]
    places: frozenset[UUID]
    taken: frozenset[tuple[UUID, str]]


async def create_lot(actor: Actor, command: NewLot) -> UUID:
    """Write one lot; raises the problem that refuses it."""
    result = await create_lots(actor, [command])
    if result.errors:
        raise result.errors[0].problem
    lot_id = result.ids[0]
    assert lot_id is not None
    return lot_id


async def create_lots(actor: Actor, rows: Sequence[NewLot], *, all_or_nothing: bool = False) -> BulkResult:
    """Write up to 200,000 lots, awaiting release; refused rows are named and, with `all_or_nothing`, nothing is written."""
    known = await _known(actor.tenant, rows)
    result = BulkResult([None] * len(rows))
    values: list[LotRow] = []
    numbers = set(known.taken)
    for position, row in enumerate(rows):
        try:
            value = _row_of(row, known, numbers)
        except Problem as problem:
            result.errors.append(RowError(position, problem))
            continue
        numbers.add((row.product_id, row.lot_no))
        values.append(value)
        result.ids[position] = value["id"]
    if result.errors and all_or_nothing:
        return BulkResult([None] * len(rows), result.errors, written=False)
    await insert(actor, values)
    return result


async def insert(actor: Actor, values: Sequence[LotRow], reason: str | None = None) -> None:
    """Store complete rows with their first state, their place, and one audit entry."""
    if not values:
        return
    await plan_for_many(len(values))
    for part in chunks(values):
        await db.execute(_INSERT, actor.tenant, actor.id, *([value[name] for value in part] for name in COLUMNS))
    for state in ("pending", "released", "rejected"):
        ids = [value["id"] for value in values if value["state"] == state]
        if ids:
            await write_history(actor, ids, None, state, reason)
    await _begin_stays(actor.tenant, [value for value in values if value["place_id"]])
    first = values[0]
    if len(values) == 1:
        await audit.record(
            actor, "lot.created", "lot", first["id"], after={k: v for k, v in first.items() if v is not None}
        )
    else:
        after = {"lots": len(values), "first": first["id"], "last": values[-1]["id"], "state": first["state"]}
        await audit.record(actor, "lot.created_many", "lot", first["id"], after=after)
    for part in chunks(values):
        payload = {"lot_ids": [value["id"] for value in part]}
        await outbox.append("LotsCreated", key=str(part[0]["id"]), payload=payload, tenant_id=actor.tenant)


async def _begin_stays(tenant_id: UUID, placed: Sequence[LotRow]) -> None:
    if placed:
        now = await db.fetchval("SELECT now()")
        since = [
            value["received_at"] or value["production_ended_at"] or value["produced_at"] or now for value in placed
        ]
        await db.execute(_STAYS, tenant_id, [v["id"] for v in placed], [v["place_id"] for v in placed], since)


async def _known(tenant_id: UUID, rows: Sequence[NewLot]) -> Known:
    products = await db.fetch(
        "SELECT id, unit, shelf_life_days FROM product WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tenant_id, list({row.product_id for row in rows}),
    )  # fmt: skip
    # By number alone: joined by product too, PostgreSQL may look through all lots of the product for each row as long as
    # it has not counted the lots that came in just now.
    taken = await db.fetch(
        "SELECT product_id, lot_no FROM lot WHERE tenant_id = $1 AND lot_no = ANY($2::text[])",
        tenant_id, [row.lot_no for row in rows],
    )  # fmt: skip
    return Known(
        {row["id"]: row for row in products},
        await _existing("supplier", tenant_id, {row.supplier_id for row in rows if row.supplier_id}),
        await _existing("place", tenant_id, {row.place_id for row in rows if row.place_id}),
        frozenset((row["product_id"], row["lot_no"]) for row in taken),
    )


async def _existing(table: str, tenant_id: UUID, ids: set[UUID]) -> frozenset[UUID]:
    if not ids:
        return frozenset()
    rows = await db.fetch(f"SELECT id FROM {table} WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(ids))  # noqa: S608 - two fixed names
    return frozenset(row["id"] for row in rows)


def _row_of(command: NewLot, known: Known, numbers: set[tuple[UUID, str]]) -> LotRow:
    product = known.products.get(command.product_id)
    if product is None:
        raise NotFound(field="product_id")
    if command.supplier_id and command.supplier_id not in known.suppliers:
        raise NotFound(field="supplier_id")
    if command.place_id and command.place_id not in known.places:
        raise NotFound(field="place_id")
    if (command.product_id, command.lot_no) in numbers:
        raise problems.LotNoTaken(field="lot_no", lot_no=command.lot_no)
    produced_at = command.produced_at or begins(command.produced_on)
    quantity, unit = _quantity_of(command, product["unit"])
    assert_whole(quantity, unit)
    if command.kind == "unit" and quantity not in (None, 1) and unit is not None and counts_pieces(unit):
        raise problems.UnitIsOnePiece(field="quantity", lot_no=command.lot_no)
    expires_at = _expiry(command, produced_at, product["shelf_life_days"])
    return command.model_dump(exclude={"produced_on"}) | {
        "id": new_id(), "produced_at": produced_at, "received_at": begins(command.received_at), "expires_at": expires_at,
        "quantity": quantity, "unit": unit, "state": "pending", "released_at": None,
    }  # fmt: skip


def _expiry(command: NewLot, produced_at: datetime | None, shelf_life_days: int | None) -> datetime | None:
    """The expiry said, else the end of the shelf life. Raises ShelfLifeTooLong, ExpiresBeforeProduced."""
    said = expires(command.expires_at)
    if said is None:
        try:
            return shelf_end(produced_at, shelf_life_days)
        except problems.ShelfLifeTooLong as problem:
            problem.field = "produced_at" if command.produced_on is None else "produced_on"
            raise
    assert_in_order(produced_at, said)
    return said


def _quantity_of(command: NewLot, product_unit: str) -> tuple[Decimal | None, str]:
    """A package or a serialised item is one piece; other lots are what is said, in the product's unit if none is."""
    if command.unit and command.unit != product_unit:
        _check_unit(command.unit)
    if command.kind not in ONE_PIECE_KINDS:
        return command.quantity, command.unit or product_unit
    if command.kind == "package" and command.quantity not in (None, Decimal(1)):
        raise problems.OnePiece(field="quantity", lot_no=command.lot_no)
    default_unit = "case" if command.kind == "package" else "pcs"
    if command.quantity is None:
        return Decimal(1), command.unit or default_unit
    return command.quantity, command.unit or (default_unit if command.quantity == 1 else product_unit)


def _check_unit(unit: str) -> None:
    """A unit that nobody can convert is refused now, not when the first of the lot is used."""
    try:
        find_unit(unit)
    except ImpossibleValue as unknown:
        raise problems.UnitUnknown(field="unit", unit=unknown.params["unit"]) from None


def shelf_end(produced_at: datetime | None, shelf_life_days: int | None) -> datetime | None:
    """The end of the last day of the shelf life, which is counted from the day after production; None where unknown.
    Raises ShelfLifeTooLong."""
    if produced_at is None or shelf_life_days is None:
        return None
    produced_on = produced_at.astimezone(EDGE).date()
    if shelf_life_days > (LAST_DAY - produced_on).days:
        raise problems.ShelfLifeTooLong(produced_on=produced_on, days=shelf_life_days, last=LAST_DAY)
    return end_of_day(produced_on + timedelta(days=shelf_life_days))


async def change_lot(actor: Actor, lot_id: UUID, command: LotChanges) -> list[UUID]:
    """Change references and remark; state a quantity that was unknown; correct what was mistyped. The lots of which
    something was corrected: this one, and parts that had taken it over. Raises QuantityAlreadyKnown, StockOverdrawn, and
    what refuses a correction."""
    stock = await lock_stock(actor.tenant, lot_id)
    corrected = await correcting.correct(actor, lot_id, command)
    before, after = corrected.get(lot_id, ({}, {}))
    changes = _changes_of(stock, command)
    if changes:
        before |= await _replace(actor.tenant, lot_id, changes)
    if before:
        said = {"reason": command.reason, "parts": [each for each in corrected if each != lot_id]} if corrected else {}
        after = after | changes | {name: value for name, value in said.items() if value}
        await audit.record(actor, "lot.changed", "lot", lot_id, before=before, after=after)
    return list(corrected)


def _changes_of(stock: Stock, command: LotChanges) -> dict[str, Any]:
    """What changes without being a correction."""
    changes = command.model_dump(exclude_unset=True, exclude={"reason", *FACTS})
    if changes.get("quantity") is not None and stock.is_piece_of_lot:
        raise problems.PieceOfLot(field="quantity", lot_no=stock.lot_no)
    if changes.get("quantity") is None:
        changes.pop("quantity", None)
    elif stock.quantity is not None:
        raise problems.QuantityAlreadyKnown(field="quantity", lot_no=stock.lot_no)
    elif changes["quantity"] + stock.difference < stock.used:
        raise problems.QuantityBelowUsed(
            field="quantity", lot_no=stock.lot_no, used=plain(stock.used - stock.difference), unit=stock.unit or ""
        )
    assert_whole(changes.get("quantity"), changes.get("unit") or stock.unit)
    if "unit" in changes and (changes["unit"] is None or stock.quantity is not None or stock.used):
        raise problems.QuantityAlreadyKnown(field="unit", lot_no=stock.lot_no)
    return changes


async def _replace(tenant_id: UUID, lot_id: UUID, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Write them; what stood there before."""
    names = sorted(changes)
    before = await db.fetchrow(
        f"SELECT {', '.join(names)} FROM lot WHERE tenant_id = $1 AND id = $2", tenant_id, lot_id  # noqa: S608 - names of our own model
    )  # fmt: skip
    assignments = ", ".join(f"{name} = ${position + 3}" for position, name in enumerate(names))
    await db.execute(
        f"UPDATE lot SET {assignments} WHERE tenant_id = $1 AND id = $2", tenant_id, lot_id, *(changes[n] for n in names)  # noqa: S608
    )  # fmt: skip
    return dict(before or {})
