"""A package that failed: it is disposed of with all that is in it, or opened, so that what was in it is judged by itself."""

from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.domains import chain
from server.domains.chain.stock.goods import Stock, contents
from server.domains.quality.nonconformity import problems
from server.domains.quality.nonconformity.law import legally_barred
from server.domains.quality.nonconformity.opening import open_about_contents, stop, take_over
from server.domains.quality.nonconformity.rules import LEAVES_THE_LAW, MAKES_ANEW

_SUPPLIERS = """
SELECT DISTINCT supplier_id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND kind <> 'package'
"""


async def assert_within_law(tenant_id: UUID, kind: str, stock: Stock, field: str | None = None) -> None:
    """Raises LegalLimitFailed where no signature lets these goods go on as they are, those in a package neither; and
    PackageOutsideLaw where what came out of the package would be worked on and its failure forgotten."""
    if kind in LEAVES_THE_LAW:
        inside = [] if kind == "sort" else [each.stock.id for each in contents(stock) if each.packed]
        if await legally_barred(tenant_id, [stock.id, *inside]):
            raise problems.LegalLimitFailed(field=field, lot_no=stock.lot_no)
    elif kind in MAKES_ANEW and stock.kind == "package" and await legally_barred(tenant_id, [stock.id]):
        raise problems.PackageOutsideLaw(field=field, lot_no=stock.lot_no)


def assert_one_content(stock: Stock, field: str | None = None) -> None:
    """Raises PackageOfSeveral where more than one thing lies in a package, at any depth."""
    while stock.kind == "package":
        inside = [each.stock for each in stock.inside if each.packed]
        if len(inside) != 1:
            raise problems.PackageOfSeveral(field=field, lot_no=stock.lot_no)
        stock = inside[0]


async def supplier_of(tenant_id: UUID, nonconformity: asyncpg.Record, stock: Stock, field: str | None = None) -> UUID:
    """Whose goods these are: as was said, else whose the lot is, or all that lies in the package. Raises NoSupplier."""
    if nonconformity["supplier_id"] is not None:
        said: UUID = nonconformity["supplier_id"]
        return said
    goods = [stock.id]
    if stock.kind == "package":
        goods = [each.stock.id for each in contents(stock) if each.packed]
    found = [row["supplier_id"] for row in await db.fetch(_SUPPLIERS, tenant_id, goods)]
    if len(found) != 1 or found[0] is None:
        raise problems.NoSupplier(field=field, lot_no=stock.lot_no)
    supplier: UUID = found[0]
    return supplier


async def open_for_sorting(actor: Actor, nonconformity: asyncpg.Record, package: Stock, reason: str) -> None:
    """Open it; what comes out, a case on a pallet as it is, has a nonconformity of its own and waits for its disposition."""
    for stock in await chain.take_apart(actor, package.id, reason):
        await open_about_contents(actor, nonconformity, stock)


async def take_all_apart(actor: Actor, nonconformity: asyncpg.Record, package: Stock, reason: str) -> list[Stock]:
    """Open it and what was packed in it, at any depth: all that came out, packages emptied by then too, stopped by the
    nonconformity of the outermost."""
    found: list[Stock] = []
    front = [package]
    while front:
        for stock in await chain.take_apart(actor, front.pop().id, reason):
            await take_over(actor, stock)
            found.append(stock)
            if stock.kind == "package":
                front.append(stock)
    await stop(
        actor, [each.id for each in found], nonconformity["id"], nonconformity["number"], nonconformity["defect"]
    )
    emptied = await chain.lock_stocks(actor.tenant, [each.id for each in found])
    return [emptied[each.id] for each in found]


async def only_content(actor: Actor, nonconformity: asyncpg.Record, package: Stock, reason: str) -> Stock:
    """Open it; the goods that lay in it alone. Raises PackageOfSeveral."""
    opened = await take_all_apart(actor, nonconformity, package, reason)
    goods = [each for each in opened if each.kind != "package"]
    if len(goods) != 1:
        raise problems.PackageOfSeveral(lot_no=package.lot_no)
    return goods[0]
