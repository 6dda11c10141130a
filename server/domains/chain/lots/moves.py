"""Goods get another number: split, merged, reworked, packed. Each makes the new lot and its links in one command."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.domains.chain import problems
from server.domains.chain.commands import MergeLots, NewLink, PackLots, Part, ReworkLot, SplitLot
from server.domains.chain.holds.inheritance_rules import earliest, inherited_state
from server.domains.chain.links.linking import links_stocks
from server.domains.chain.lots import creating as lots
from server.domains.chain.lots import packing
from server.domains.chain.lots.serials import assert_nothing_unnamed, assert_serials, move_serials
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.stock.gate import why_not_moved, why_not_reworked
from server.domains.chain.stock.goods import Stock
from server.domains.chain.stock.locking import lock_graph, lock_stocks, read_stocks
from server.domains.chain.stock.quantities import assert_whole, converted, pieces_as_said
from server.domains.chain.values import expires

_PARENT = f"SELECT {', '.join(lots.COLUMNS)} FROM lot WHERE tenant_id = $1 AND id = $2"  # noqa: S608 - our own column names


async def split_lot(
    actor: Actor,
    lot_id: UUID,
    command: SplitLot,
    *,
    cause: str | None = None,
    unnamed: bool = False,
    codes_along: Sequence[SerialRange] = (),
) -> UUID:
    """Part of a lot as a lot of its own, no freer than the whole: state, expiry and open holds go along. `cause`: the
    hold by whose decision it moves. Raises SerialsToName where coded pieces would go along without their codes;
    `unnamed`: nobody can say yet which they are, and whoever recalls the part is told. `codes_along`: what just came out of
    a package, whatever became of these codes there."""
    stocks = await lock_stocks(actor.tenant, [lot_id])
    parent = await _parent(actor.tenant, lot_id)
    _check_movable([stocks[lot_id]], cause)
    quantity, unit = command.quantity, command.unit or parent["unit"]
    stocks[lot_id].by_name = bool(codes_along)
    for serials in command.serials:
        await assert_serials(actor.tenant, lot_id, parent["lot_no"], serials)
    if command.serials:
        pieces = sum(serials.count for serials in command.serials)
        stocks[lot_id].by_name = True
        quantity = pieces_as_said(quantity, unit, pieces, stocks[lot_id])
    elif not unnamed:
        await assert_nothing_unnamed(actor.tenant, stocks[lot_id], _in_own_unit(quantity, unit, stocks[lot_id]))
    if quantity is None and parent["quantity"] is not None:
        raise problems.QuantityRequired(field="quantity", lot_no=parent["lot_no"])
    assert_whole(quantity, unit, stocks[lot_id])
    child = parent | {
        "id": new_id(), "lot_no": command.lot_no, "quantity": quantity, "unit": unit,
        "place_id": command.place_id or parent["place_id"], "remark": command.remark,
    }  # fmt: skip
    await _make(actor, child, stocks, [_link(lot_id, child, "split", quantity, unit, command.at)])
    await move_serials(actor, [*command.serials, *codes_along], lot_id, child["id"])
    return _id(child)


def _in_own_unit(quantity: Decimal | None, unit: str | None, stock: Stock) -> Decimal | None:
    return None if quantity is None else converted(quantity, unit or stock.unit or "", stock)


async def merge_lots(actor: Actor, command: MergeLots) -> UUID:
    """Several lots of one product as one: released if all of them are, good until the first of them expires."""
    parents = await _lock_parts(actor.tenant, command.parts)
    stocks = await read_stocks(actor.tenant, parents)
    first = await _parent(actor.tenant, command.parts[0].lot_id)
    if len({stock.product_id for stock in parents.values()}) > 1:
        raise problems.ProductsDiffer(field="parts")
    drawn = [_taken(part, parents[part.lot_id]) for part in command.parts]
    child = first | {
        "id": new_id(), "lot_no": command.lot_no, "quantity": _sum(drawn, first["unit"], parents[first["id"]]),
        "place_id": command.place_id or first["place_id"], "remark": command.remark,
        "state": inherited_state([stock.state for stock in parents.values()]),
        "expires_at": earliest([stock.expires_at for stock in parents.values()]),
        "production_order": None, "purchase_order": None, "delivery_note": None, "customer_order": None,
        "supplier_lot_no": None, "supplier_id": None, "produced_at": None, "production_ended_at": None, "received_at": None,
    }  # fmt: skip
    if child["state"] == "released":
        child["released_at"] = await _last_release(actor.tenant, list(parents))
    else:
        child["released_at"] = None
    links = [
        _link(part.lot_id, child, "merged", quantity, unit, command.at)
        for part, (quantity, unit) in zip(command.parts, drawn, strict=True)
    ]
    await _make(actor, child, stocks, links)
    return _id(child)


async def rework_lot(actor: Actor, lot_id: UUID, command: ReworkLot, *, cause: str | None = None) -> UUID:
    """Part of a lot as a new lot that waits for a release of its own, whatever the state of the old one. `cause`: the
    hold by whose decision it moves. Raises ExpiryExtended, and what stops a use where it becomes another product undecided."""
    stocks = await lock_stocks(actor.tenant, [lot_id])
    parent = await _parent(actor.tenant, lot_id)
    _check_movable([stocks[lot_id]], cause)
    product_id, until = command.product_id or parent["product_id"], expires(command.expires_at)
    if problem := why_not_reworked(stocks[lot_id], product_id, until, decided=cause is not None):
        raise problem
    quantity, unit = _taken(Part(lot_id=lot_id, quantity=command.quantity, unit=command.unit), stocks[lot_id])
    child = parent | {
        "id": new_id(), "lot_no": command.lot_no, "product_id": product_id,
        "quantity": command.quantity_out or quantity, "unit": unit, "state": "pending", "released_at": None,
        "expires_at": until or parent["expires_at"], "produced_at": None, "production_ended_at": None,
        "place_id": command.place_id or parent["place_id"], "remark": command.remark,
    }  # fmt: skip
    link = _link(lot_id, child, command.kind, quantity, unit, command.at)
    await _make(actor, child, stocks, [link.model_copy(update={"operation_id": command.operation_id})])
    return _id(child)


async def pack_lots(actor: Actor, command: PackLots) -> UUID:
    """A case or pallet with what lies in it. It is one piece; its contents can only leave with it, or after it is opened."""
    await lock_graph(actor.tenant)
    package_id = new_id()
    pieces = await packing.put_codes(actor, package_id, command)
    named = [part.lot_id for part in command.contents]
    stocks = await lock_stocks(actor.tenant, [*named, *pieces])
    contents = packing.contents_of(command, pieces, stocks)
    for coded in pieces:
        stocks[coded].by_name = True
    _check_movable([stocks[part.lot_id] for part in contents], None)
    first = await _parent(actor.tenant, contents[0].lot_id)
    child = dict.fromkeys(lots.COLUMNS) | {
        "id": package_id, "kind": "package", "product_id": command.product_id or first["product_id"], "lot_no": command.lot_no,
        "quantity": Decimal(1), "unit": command.unit, "state": "pending", "place_id": command.place_id or first["place_id"],
        "remark": command.remark,
    }  # fmt: skip
    links = [_link(part.lot_id, child, "packed", *_taken(part, stocks[part.lot_id]), command.at) for part in contents]
    await _make(actor, child, stocks, links)
    await packing.mark_coded(actor.tenant, package_id, pieces)
    return package_id


def _check_movable(stocks: Iterable[Stock], cause: str | None) -> None:
    for stock in stocks:
        if problem := why_not_moved(stock, cause):
            raise problem


def _id(child: dict[str, Any]) -> UUID:
    lot_id: UUID = child["id"]
    return lot_id


async def _parent(tenant_id: UUID, lot_id: UUID) -> dict[str, Any]:
    row = await db.fetchrow(_PARENT, tenant_id, lot_id)
    if row is None:
        raise NotFound
    return dict(row)


async def _lock_parts(tenant_id: UUID, parts: list[Part]) -> dict[UUID, Stock]:
    """The lots that the parts name; NotFound for one that does not exist."""
    stocks = await lock_stocks(tenant_id, [part.lot_id for part in parts])
    for position, part in enumerate(parts):
        if part.lot_id not in stocks:
            raise NotFound(field=f"parts.{position}.lot_id")
    return {part.lot_id: stocks[part.lot_id] for part in parts}


def _taken(part: Part, stock: Stock) -> tuple[Decimal | None, str | None]:
    """Quantity and unit of a part; all that is left where none is said."""
    if part.quantity is not None:
        return part.quantity, part.unit or stock.unit
    if stock.left is not None and stock.left <= 0:
        raise problems.NotEnoughLeft(field="quantity", lot_no=stock.lot_no, left="0", unit=stock.unit or "", wanted="")
    return stock.left, stock.unit


def _sum(drawn: list[tuple[Decimal | None, str | None]], unit: str | None, stock: Stock) -> Decimal | None:
    """All parts in one unit; unknown where one of them is."""
    total = Decimal(0)
    for quantity, given in drawn:
        if quantity is None:
            return None
        total += converted(quantity, given or unit or "", stock)
    return total


def _link(
    source: UUID, child: dict[str, Any], kind: Any, quantity: Decimal | None, unit: str | None, at: datetime | None
) -> NewLink:
    return NewLink.model_construct(
        from_lot=source, to_lot=child["id"], kind=kind, quantity=quantity, unit=unit, at=at, operation_id=None
    )


async def _make(actor: Actor, child: dict[str, Any], stocks: dict[UUID, Stock], links: list[NewLink]) -> None:
    """Store the new lot, then its links; what refuses a link takes the lot with it (one transaction)."""
    await lots.insert(actor, [child], links[0].kind)
    stocks |= await read_stocks(actor.tenant, [child["id"]])
    at = links[0].at or await _now()
    await links_stocks(actor, [link.model_copy(update={"at": link.at or at}) for link in links], stocks)


async def _now() -> datetime:
    now: datetime = await db.fetchval("SELECT now()")
    return now


async def _last_release(tenant_id: UUID, lot_ids: list[UUID]) -> datetime | None:
    released_at: datetime | None = await db.fetchval(
        "SELECT max(released_at) FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, lot_ids
    )
    return released_at
