"""A package that failed is opened by what was signed about it: what lay in it comes out as lots of their own, no freer than it."""

from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.domains.chain import problems
from server.domains.chain.commands import SplitLot
from server.domains.chain.holds.inheritance import store_inherited
from server.domains.chain.holds.states import mark_rejected
from server.domains.chain.links.ending import open_decided
from server.domains.chain.lots.moves import split_lot
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.stock.goods import DISPOSED_BY, ONE_PIECE_KINDS, Stock
from server.domains.chain.stock.locking import lock_stocks

# The codes in a package, as ranges without gaps.
_CODES = """
SELECT lot_id, order_id, min(serial) AS first, max(serial) AS last FROM (
    SELECT lot_id, order_id, serial, serial - row_number() OVER (PARTITION BY lot_id, order_id ORDER BY serial) AS island
    FROM code WHERE tenant_id = $1 AND package_id = $2
) c GROUP BY lot_id, order_id, island ORDER BY lot_id, order_id, first
"""
_TAKEN = "SELECT lot_no FROM lot WHERE tenant_id = $1 AND product_id = $2 AND lot_no = ANY($3::text[])"


async def take_apart(actor: Actor, package_id: UUID, reason: str) -> list[Stock]:
    """Open a package by decision: each piece that lay in it, and of each lot the part that did, as a lot of its own. What
    stops the package besides a nonconformity stops them, and they are rejected where it is. Raises PackageInUse, and
    QuantityRequired where nobody knows how much of a lot lies in it.

    A nonconformity's own hold does not go along: the caller says what stops the goods from here on.
    """
    package = (await lock_stocks(actor.tenant, [package_id]))[package_id]
    coded = await _codes(actor.tenant, package_id)
    rows = await open_decided(actor, package, reason)
    sources = await lock_stocks(actor.tenant, [row["from_lot"] for row in rows])
    place = await db.fetchval("SELECT place_id FROM lot WHERE tenant_id = $1 AND id = $2", actor.tenant, package_id)
    out = []
    for row in rows:
        source = sources[row["from_lot"]]
        if source.kind in ONE_PIECE_KINDS:
            out.append(source.id)
        else:
            out.append(await _part(actor, row, source, coded.get(source.id, []), place))
    return await _stop_alike(actor, package, out)


async def _codes(tenant_id: UUID, package_id: UUID) -> dict[UUID, list[SerialRange]]:
    found: dict[UUID, list[SerialRange]] = {}
    for row in await db.fetch(_CODES, tenant_id, package_id):
        one = SerialRange(order_id=row["order_id"], first=row["first"], last=row["last"])
        found.setdefault(row["lot_id"], []).append(one)
    return found


async def _part(
    actor: Actor, link: asyncpg.Record, source: Stock, coded: list[SerialRange], place: UUID | None
) -> UUID:
    """What of the lot lay in the package. A nonconformity of the rest of the lot does not keep it there: the caller takes
    over what it brings of that."""
    if link["quantity"] is None:
        raise problems.QuantityRequired(field="quantity", lot_no=source.lot_no)
    other = next((hold.cause for hold in source.holds if hold.cause.startswith(DISPOSED_BY)), None)
    command = SplitLot.model_construct(
        lot_no=await free_number(actor.tenant, source, "F"), quantity=link["quantity"], unit=link["unit"],
        place_id=place, serials=[], at=None, remark=None,
    )  # fmt: skip
    return await split_lot(actor, source.id, command, cause=other, unnamed=True, codes_along=coded)


async def _stop_alike(actor: Actor, package: Stock, out: list[UUID]) -> list[Stock]:
    goods = await lock_stocks(actor.tenant, out)
    for each in (goods[lot_id] for lot_id in out):
        known = {hold.key for hold in each.holds}
        for hold in package.holds:
            if not hold.cause.startswith(DISPOSED_BY) and hold.key not in known:
                each.holds.append(hold)
                each.brought.append(hold)
    await store_inherited(actor, [goods[lot_id] for lot_id in out])
    if package.state == "rejected" and out:
        await mark_rejected(actor, out, "goods_were_rejected")
    return [goods[lot_id] for lot_id in out]


async def free_number(tenant_id: UUID, stock: Stock, mark: str, product_id: UUID | None = None) -> str:
    """A lot number nobody has: the lot's with -F1, -F2 … (`mark`) behind it."""
    tried = [f"{stock.lot_no[:72]}-{mark}{step}" for step in range(1, 1000)]
    rows = await db.fetch(_TAKEN, tenant_id, product_id or stock.product_id, tried)
    taken = {row["lot_no"] for row in rows}
    return next(number for number in tried if number not in taken)
