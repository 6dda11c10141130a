"""Lots under lock. Every command that draws, links, holds, releases or counts begins here, in this order: the
enterprise's graph, then the rows in the order of their ids. So no two of them wait for each other in a circle,
what is inside a package cannot change while it is judged, and two links cannot close a cycle together.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import UUID

import asyncpg

from server.core import db
from server.core.errors import NotFound
from server.domains import codes
from server.domains.chain.stock.chunks import chunks
from server.domains.chain.stock.goods import Concession, Content, OpenHold, Stock

# NO KEY UPDATE: writers of records, which only refer to a lot, need not wait.
_LOTS = """
SELECT id, lot_no, kind, product_id, state, quantity, unit, used_quantity, counted_difference, expires_at,
       coalesce(expires_at <= now(), false) AS expired,
       concession_id, conceded_until, conceded_quantity, coalesce(conceded_until <= now(), false) AS concession_over,
       conceded_customer_id,
       (SELECT c.name FROM customer c WHERE c.tenant_id = $1 AND c.id = lot.conceded_customer_id) AS conceded_customer
FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id
"""
_HOLDS = """
SELECT lot_id, kind, cause, reason, coalesce(origin_id, id) AS origin FROM hold
WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[]) AND closed_at IS NULL ORDER BY id
"""
# What is inside: packed and installed lots, and, since a piece is part of it, the lot a serialised piece was split from
# (a piece has a state of its own; the holds of that lot are its holds too, hence not `packed`). What was worked on again
# (`body`) is a lot of its own that its holds do not follow, but what was installed in it is installed still.
_INSIDE = """
WITH RECURSIVE inside(outside, inner_lot, packed, body) AS (
    SELECT l.to_lot, l.from_lot, l.kind = 'packed', l.kind IN ('reworked', 'repaired')
    FROM link l WHERE l.tenant_id = $1 AND l.to_lot = ANY($2::uuid[]) AND {open}
  UNION
    SELECT CASE WHEN i.body THEN i.outside ELSE l.to_lot END, l.from_lot, l.kind = 'packed', l.kind IN ('reworked', 'repaired')
    FROM inside i JOIN link l ON l.tenant_id = $1 AND l.to_lot = i.inner_lot
    WHERE {open} AND (NOT i.body OR l.kind IN ('installed', 'reworked', 'repaired'))
)
SELECT outside, inner_lot, packed FROM inside WHERE NOT body
"""
# Pieces that lie in a package by their code and have a record of their own: their holds stop the package.
_PIECES = """
SELECT c.package_id AS outside, l.id AS inner_lot, false AS packed
FROM code c JOIN lot l ON l.tenant_id = $1 AND l.code_text = c.text
WHERE c.tenant_id = $1 AND c.package_id = ANY($2::uuid[])
"""
# Pieces with records of their own that may not leave, by the lot whose stock they are; asked of coded lots alone.
# `customer_id`: those that may leave, but to this customer alone.
_STOPPED_PIECES = f"""
SELECT c.lot_id, stopped.customer_id, count(*) AS pieces FROM (
    SELECT DISTINCT ON (code_text) code_text, customer_id FROM (
        SELECT u.code_text, NULL::uuid AS customer_id
        FROM hold h JOIN lot u ON u.tenant_id = $1 AND u.id = h.lot_id AND u.code_text IS NOT NULL
        WHERE h.tenant_id = $1 AND h.closed_at IS NULL
      UNION ALL
        SELECT u.code_text, NULL FROM lot u
        WHERE u.tenant_id = $1 AND u.state <> 'released' AND u.kind = 'unit' AND u.code_text IS NOT NULL
      UNION ALL
        SELECT u.code_text, u.conceded_customer_id FROM lot u
        WHERE u.tenant_id = $1 AND u.conceded_customer_id IS NOT NULL AND u.code_text IS NOT NULL
    ) pieces ORDER BY code_text, customer_id NULLS FIRST
) stopped JOIN code c ON c.tenant_id = $1 AND c.text = stopped.code_text
WHERE (SELECT EXISTS (SELECT FROM code_range r WHERE r.tenant_id = $1 AND r.lot_id = ANY($2::uuid[])))
  AND c.lot_id = ANY($2::uuid[]) AND c.package_id IS NULL AND c.shipment_id IS NULL
  AND c.state <> ALL (ARRAY[{", ".join(map(str, codes.OUT_OF_USE))}])
GROUP BY c.lot_id, stopped.customer_id
"""  # noqa: S608 - constants
_OPEN = """
    l.until IS NULL AND l.reverses IS NULL
    AND (l.kind IN ('packed', 'installed', 'reworked', 'repaired')
         OR l.kind = 'split' AND (SELECT kind FROM lot t WHERE t.tenant_id = $1 AND t.id = l.to_lot) = 'unit')
    AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
"""
_CONTENTS = _INSIDE.replace("{open}", _OPEN)


async def lock_graph(tenant_id: UUID) -> None:
    """Wait until no other command of this enterprise changes the graph; held to the end of the transaction."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('chain:' || $1::text, 0))", str(tenant_id))


async def lock_stocks(tenant_id: UUID, lot_ids: Iterable[UUID]) -> dict[UUID, Stock]:
    """The lots and all that is inside them, locked. Ids that name no lot of this enterprise are missing in the answer."""
    await lock_graph(tenant_id)
    return await read_stocks(tenant_id, lot_ids, lock=True)


async def read_stocks(tenant_id: UUID, lot_ids: Iterable[UUID], *, lock: bool = False) -> dict[UUID, Stock]:
    """The same without a lock, for looking only."""
    wanted = sorted(set(lot_ids))
    inside = await db.fetch(_CONTENTS, tenant_id, wanted)
    ids = sorted({*wanted, *(row["inner_lot"] for row in inside)})
    stocks = await _rows(tenant_id, ids, lock)
    packages = [stock.id for stock in stocks.values() if stock.kind == "package"]
    if packages and (pieces := await db.fetch(_PIECES, tenant_id, packages)):
        inside += pieces + await db.fetch(_CONTENTS, tenant_id, sorted({row["inner_lot"] for row in pieces}))
        more = sorted({row["inner_lot"] for row in inside} - stocks.keys())
        stocks |= await _rows(tenant_id, more, lock)
        ids += more
    # Only now: a hold that was written while we waited for the row is seen by a statement that begins afterwards.
    for row in await db.fetch(_HOLDS, tenant_id, ids):
        stocks[row["lot_id"]].holds.append(OpenHold(row["kind"], row["cause"], row["reason"], row["origin"]))
    for row in await db.fetch(_STOPPED_PIECES, tenant_id, wanted):
        if row["customer_id"] is None:
            stocks[row["lot_id"]].stopped_pieces = row["pieces"]
        else:
            stocks[row["lot_id"]].reserved_pieces[row["customer_id"]] = row["pieces"]
    for outside, inner, packed in dict.fromkeys((row["outside"], row["inner_lot"], row["packed"]) for row in inside):
        stocks[outside].inside.append(Content(stocks[inner], packed))
    return stocks


async def _rows(tenant_id: UUID, ids: list[UUID], lock: bool) -> dict[UUID, Stock]:
    rows = await db.fetch(_LOTS + ("FOR NO KEY UPDATE" if lock else ""), tenant_id, ids)
    return {row["id"]: _stock(row) for row in rows}


async def lock_stock(tenant_id: UUID, lot_id: UUID, field: str | None = None) -> Stock:
    """One lot, locked; NotFound where it is missing or another's."""
    stock = (await lock_stocks(tenant_id, [lot_id])).get(lot_id)
    if stock is None:
        raise NotFound(field=field)
    return stock


def _stock(row: asyncpg.Record) -> Stock:
    return Stock(
        id=row["id"], lot_no=row["lot_no"], kind=row["kind"], product_id=row["product_id"], state=row["state"],
        quantity=row["quantity"], unit=row["unit"], used=row["used_quantity"], difference=row["counted_difference"],
        expires_at=row["expires_at"], expired=row["expired"], concession=_concession(row),
    )  # fmt: skip


def _concession(row: asyncpg.Record) -> Concession | None:
    if row["concession_id"] is None:
        return None
    return Concession(
        row["concession_id"], row["conceded_until"], row["conceded_quantity"], row["concession_over"],
        row["conceded_customer_id"], row["conceded_customer"],
    )  # fmt: skip


_USE = """
UPDATE lot SET used_quantity = used_quantity + d.drawn
FROM unnest($2::uuid[], $3::numeric[]) AS d(id, drawn)
WHERE lot.tenant_id = $1 AND lot.id = d.id
"""


async def add_used(tenant_id: UUID, drawn: Mapping[UUID, Decimal]) -> None:
    """Write what was drawn from each lot (negative: given back); the constraint has the last word."""
    moved = [(lot_id, amount) for lot_id, amount in drawn.items() if amount]
    for part in chunks(moved):
        await db.execute(_USE, tenant_id, [lot_id for lot_id, _ in part], [amount for _, amount in part])
