"""A link ends when what was inside comes out, and is reversed when it was wrong; it is never deleted."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound, Problem
from server.core.ids import new_id
from server.domains import codes
from server.domains.access import audit
from server.domains.chain import problems
from server.domains.chain.commands import EndLink, ReverseLink
from server.domains.chain.stock.goods import INSIDE_KINDS, MOVE_KINDS, ZERO, Stock
from server.domains.chain.stock.locking import add_used, lock_graph, lock_stocks
from server.domains.chain.stock.quantities import converted

_LINK = """
SELECT l.*, EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id) AS reversed
FROM link l WHERE l.tenant_id = $1 AND l.id = $2
"""
_INSIDE = """
SELECT l.* FROM link l WHERE l.tenant_id = $1 AND l.to_lot = $2 AND l.kind = 'packed' AND l.until IS NULL AND l.reverses IS NULL
  AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id) ORDER BY l.id
"""
_REVERSE = """
INSERT INTO link (tenant_id, id, from_lot, to_lot, kind, quantity, unit, drawn_quantity, operation_id, at, reverses, created_by)
SELECT tenant_id, $3, from_lot, to_lot, kind, quantity, unit, -drawn_quantity, operation_id, now(), id, $4
FROM link WHERE tenant_id = $1 AND id = $2
"""
# Whether anything else hangs on a lot: it went on somewhere, was counted, or something else came into it.
_TOUCHED = """
SELECT EXISTS (SELECT FROM link WHERE tenant_id = $1 AND from_lot = $2)
    OR EXISTS (SELECT FROM shipment_line WHERE tenant_id = $1 AND lot_id = $2)
    OR EXISTS (SELECT FROM stock_count WHERE tenant_id = $1 AND lot_id = $2)
    OR EXISTS (SELECT FROM link WHERE tenant_id = $1 AND to_lot = $2 AND id <> $3)
"""


async def end_link(actor: Actor, link_id: UUID, command: EndLink) -> None:
    """Take out what is inside. Raises LinkNotEndable for kinds that put nothing inside, PackageInUse for a case that left."""
    link, source, target = await _open_link(actor.tenant, link_id)
    await _end(actor, link, source, target, command)


async def open_package(actor: Actor, lot_id: UUID, command: EndLink) -> int:
    """Take everything out of a case or off a pallet, codes too; how many links ended. Raises NotFound, NothingInside."""
    await lock_graph(actor.tenant)
    rows = await db.fetch(_INSIDE, actor.tenant, lot_id)
    if not rows:
        lot_no = await db.fetchval("SELECT lot_no FROM lot WHERE tenant_id = $1 AND id = $2", actor.tenant, lot_id)
        raise NotFound if lot_no is None else problems.NothingInside(lot_no=lot_no)
    stocks = await lock_stocks(actor.tenant, [lot_id, *(row["from_lot"] for row in rows)])
    _check_unused(stocks[lot_id])
    await _check_may_come_out(actor.tenant, stocks[lot_id], [stocks[row["from_lot"]] for row in rows])
    await _open(actor, lot_id, rows, command)
    return len(rows)


async def open_decided(actor: Actor, package: Stock, reason: str) -> list[asyncpg.Record]:
    """Open a package because it was signed, whatever stops it: the caller stops what came out. The links that ended."""
    rows = await db.fetch(_INSIDE, actor.tenant, package.id)
    _check_unused(package)
    await _open(actor, package.id, rows, EndLink(reason=reason))
    return rows


async def _open(actor: Actor, lot_id: UUID, rows: Sequence[asyncpg.Record], command: EndLink) -> None:
    until = await _until(command, rows)
    returns = command.returns_to_stock is not False
    await _write_end(actor.tenant, rows, until, returns)
    if returns:
        await _unpack(actor, lot_id, rows)
    after = {"until": until, "reason": command.reason, "returns_to_stock": returns, "links": len(rows)}
    await audit.record(actor, "lot.opened", "lot", lot_id, after=after)


async def _open_link(tenant_id: UUID, link_id: UUID) -> tuple[asyncpg.Record, Stock, Stock]:
    """The link, locked by the graph's lock, and both its lots."""
    await lock_graph(tenant_id)
    link = await db.fetchrow(_LINK, tenant_id, link_id)
    if link is None:
        raise NotFound
    if link["reversed"] or link["reverses"] is not None:
        raise problems.LinkReversed
    if link["until"] is not None:
        raise problems.LinkEnded
    stocks = await lock_stocks(tenant_id, [link["from_lot"], link["to_lot"]])
    return link, stocks[link["from_lot"]], stocks[link["to_lot"]]


async def _end(actor: Actor, link: asyncpg.Record, source: Stock, target: Stock, command: EndLink) -> None:
    if link["kind"] not in INSIDE_KINDS:
        raise problems.LinkNotEndable
    packed = link["kind"] == "packed"
    if packed:
        _check_unused(target)
        await _check_may_come_out(actor.tenant, target, [source])
    returns = packed if command.returns_to_stock is None else command.returns_to_stock
    until = await _until(command, [link])
    await _write_end(actor.tenant, [link], until, returns)
    if returns:  # what did not come back is not free to leave again by its code
        await _unpack(actor, target.id, [link])
    after = {"until": until, "reason": command.reason, "returns_to_stock": returns}
    await audit.record(actor, "link.ended", "link", link["id"], before={"until": None}, after=after)


def _check_unused(package: Stock) -> None:
    if package.used > 0:
        raise problems.PackageInUse(lot_no=package.lot_no)


async def _until(command: EndLink, links: Sequence[asyncpg.Record]) -> datetime:
    until: datetime = command.at or await db.fetchval("SELECT now()")
    if any(link["at"] is not None and until < link["at"] for link in links):
        raise problems.EndsBeforeStart(field="at")
    return until


async def _write_end(tenant_id: UUID, links: Sequence[asyncpg.Record], until: datetime, returns: bool) -> None:
    """The links end; what they drew is given back where it returns to stock."""
    await db.execute(
        "UPDATE link SET until = $3, drawn_quantity = CASE WHEN $4 THEN 0 ELSE drawn_quantity END"
        " WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tenant_id, [link["id"] for link in links], until, returns,
    )  # fmt: skip
    if returns:
        given: dict[UUID, Decimal] = {}
        for link in links:
            given[link["from_lot"]] = given.get(link["from_lot"], ZERO) - link["drawn_quantity"]
        await add_used(tenant_id, given)


async def _unpack(actor: Actor, package_id: UUID, links: Sequence[asyncpg.Record]) -> None:
    """The codes whose pieces these links put into the package come out with them."""
    coded = [link["from_lot"] for link in links if link["coded"]]
    if coded:
        await codes.unpack_codes(actor, package_id, coded)


async def reverse_link(actor: Actor, link_id: UUID, command: ReverseLink) -> UUID:
    """Strike a wrong link out by a new row. What it drew is given back, and what it brought leaves the other lot."""
    link, source, target = await _open_link(actor.tenant, link_id)
    if link["kind"] == "packed":
        _check_unused(target)
        await _check_may_come_out(actor.tenant, target, [source])
    if link["kind"] in MOVE_KINDS:
        await _check_may_go_back(actor.tenant, source, target)
    if link["kind"] in MOVE_KINDS and link["drawn_quantity"]:
        await _take_back(actor, link, target)
    reversal = new_id()
    await db.execute(_REVERSE, actor.tenant, link_id, reversal, actor.id)
    await add_used(actor.tenant, {source.id: -link["drawn_quantity"]})
    await _unpack(actor, target.id, [link])
    after = {"reversal": reversal, "reason": command.reason, "given_back": link["drawn_quantity"]}
    await audit.record(actor, "link.reversed", "link", link_id, after=after)
    return reversal


async def _take_back(actor: Actor, link: asyncpg.Record, target: Stock) -> None:
    """The same goods are never in two lots: what goes back to the one leaves the other, or the link stays.

    Codes that stand for the other lot keep it there: they are moved by splits alone.
    """
    if await db.fetchval(
        "SELECT true FROM code_range WHERE tenant_id = $1 AND lot_id = $2 LIMIT 1", actor.tenant, target.id
    ):
        raise problems.TargetInUse(lot_no=target.lot_no)
    untouched = not await db.fetchval(_TOUCHED, actor.tenant, target.id, link["id"]) and target.used == 0
    quantity = ZERO if untouched else _without(link, target)
    await db.execute("UPDATE lot SET quantity = $3 WHERE tenant_id = $1 AND id = $2", actor.tenant, target.id, quantity)
    await audit.record(
        actor, "lot.changed", "lot", target.id, before={"quantity": target.quantity}, after={"quantity": quantity}
    )


async def _check_may_come_out(tenant_id: UUID, package: Stock, inside: Sequence[Stock]) -> None:
    """What stops a package stops what is in it: it is judged first, then opened."""
    for content in inside:
        _check_stopped_alike(package, content)
    await _check_not_judged(tenant_id, package, beside=None)


async def _check_may_go_back(tenant_id: UUID, source: Stock, target: Stock) -> None:
    """Goods that are stopped or judged under this number do not become free by going back to the other."""
    _check_stopped_alike(target, source)
    await _check_not_judged(tenant_id, target, beside=source.id)


async def _check_not_judged(tenant_id: UUID, goods: Stock, beside: UUID | None) -> None:
    if await db.fetchval("SELECT judged_by_itself($1, $2, $3)", tenant_id, goods.id, beside):
        raise problems.JudgedByItself(lot_no=goods.lot_no)


def _check_stopped_alike(goods: Stock, others: Stock) -> None:
    stopped = {hold.key for hold in others.holds}
    for hold in goods.holds:
        if hold.key not in stopped:
            raise problems.LotOnHold(lot_no=goods.lot_no, reason=hold.reason)


def _without(link: asyncpg.Record, target: Stock) -> Decimal:
    left = target.left
    if left is None or target.quantity is None or link["quantity"] is None:
        raise problems.TargetInUse(lot_no=target.lot_no)
    try:
        moved = converted(link["quantity"], link["unit"] or target.unit or "", target)
    except Problem:
        raise problems.TargetInUse(lot_no=target.lot_no) from None
    if moved > left or moved > target.quantity:
        raise problems.TargetInUse(lot_no=target.lot_no)
    return target.quantity - moved
