"""What the chain answers about a lot: itself, its holds, its states, its balance, its links."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from server.core import db
from server.core.errors import NotFound
from server.domains.chain.stock.locking import read_stocks
from server.domains.chain.stock.quantities import Balance, balance

_LOT = """
SELECT l.*, p.name AS product_name, p.sku, p.spec, p.trade_secrets, s.name AS supplier_name, pl.name AS place_name
FROM lot l
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = l.supplier_id
LEFT JOIN place pl ON pl.tenant_id = $1 AND pl.id = l.place_id
WHERE l.tenant_id = $1
"""
_REACHED = """
WITH RECURSIVE reached(lot) AS (
    SELECT lot FROM unnest($2::uuid[]) AS lot
  UNION
    SELECT x.lot FROM reached r CROSS JOIN LATERAL (
        SELECT l.to_lot AS lot FROM link l WHERE l.tenant_id = $1 AND l.from_lot = r.lot AND l.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = l.id)
        UNION ALL -- an operation uses what it takes in where another lot comes out of it
        SELECT o.lot_id FROM operation_lot i JOIN operation_lot o ON o.tenant_id = $1 AND o.operation_id = i.operation_id
        WHERE i.tenant_id = $1 AND i.lot_id = r.lot AND i.role = 'in' AND o.role = 'out') x
)
SELECT lot FROM reached
"""
_DRAWN = """
SELECT kind, sum(drawn_quantity) AS drawn,
       count(*) FILTER (WHERE quantity IS NULL AND drawn_quantity = 0 AND until IS NULL AND reverses IS NULL
                        AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = link.id)) AS unknown
FROM link WHERE tenant_id = $1 AND from_lot = $2 GROUP BY kind
"""
_OTHERS = """
SELECT (SELECT coalesce(sum(drawn_quantity), 0) FROM shipment_line WHERE tenant_id = $1 AND lot_id = $2) AS shipped,
       (SELECT coalesce(sum(drawn_quantity), 0) FROM scrap WHERE tenant_id = $1 AND lot_id = $2 AND fate <> 'returned') AS scrapped,
       (SELECT coalesce(sum(drawn_quantity), 0) FROM scrap WHERE tenant_id = $1 AND lot_id = $2 AND fate = 'returned') AS returned,
       (SELECT coalesce(sum(drawn_quantity), 0) FROM withdrawal WHERE tenant_id = $1 AND lot_id = $2) AS sampled,
       (SELECT max(counted_at) FROM stock_count WHERE tenant_id = $1 AND lot_id = $2) AS last_counted_at
"""
_LINKS = """
SELECT l.id, l.from_lot, l.to_lot, l.kind, l.quantity, l.unit, l.operation_id, l.at, l.until, l.reverses, l.created_at,
       f.lot_no AS from_lot_no, t.lot_no AS to_lot_no, 'formula' = ANY (p.trade_secrets) AS formula,
       EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id) AS reversed
FROM link l
JOIN lot f ON f.tenant_id = $1 AND f.id = l.from_lot
JOIN lot t ON t.tenant_id = $1 AND t.id = l.to_lot JOIN product p ON p.tenant_id = $1 AND p.id = t.product_id
WHERE l.tenant_id = $1 AND (l.from_lot = $2 OR l.to_lot = $2) AND l.id > $3 ORDER BY l.id LIMIT $4
"""
_EQUAL = {
    "kind": "l.kind", "product_id": "l.product_id", "lot_no": "l.lot_no", "supplier_id": "l.supplier_id",
    "supplier_lot_no": "l.supplier_lot_no", "state": "l.state", "place_id": "l.place_id", "produced_on": "l.produced_on",
}  # fmt: skip
_BEGINS = ("production_order", "purchase_order", "delivery_note", "customer_order")
_LAST_CHARACTER = "\U0010ffff"  # behind every text that begins alike, in the order of code points
LOWEST_ID = UUID(int=0)
HIGHEST_ID = UUID(int=2**128 - 1)


async def reached_from(tenant_id: UUID, lot_ids: Sequence[UUID]) -> list[UUID]:
    """These lots and every lot they went into, by links (also where one has ended since) and by operations, however far."""
    return [row["lot"] for row in await db.fetch(_REACHED, tenant_id, list(lot_ids))]


async def lot(tenant_id: UUID, lot_id: UUID) -> asyncpg.Record:
    """The lot with the names of product, supplier and place; NotFound where it is missing or another's."""
    row = await db.fetchrow(_LOT + " AND l.id = $2", tenant_id, lot_id)
    if row is None:
        raise NotFound
    return row


async def lots(
    tenant_id: UUID, filters: dict[str, Any], *, held: bool | None, before: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Lots, the newest first, that equal every given filter, and whose order numbers begin so; `before` is the id that
    ended the page before."""
    sql, args = _LOT + " AND l.id < $2", [tenant_id, before or HIGHEST_ID, limit]
    for name in (name for name, value in filters.items() if value is not None):
        args.append(filters[name])
        if name in _BEGINS:
            args.append(filters[name] + _LAST_CHARACTER)
            sql += f" AND l.{name} BETWEEN ${len(args) - 1} AND ${len(args)}"
        else:
            sql += f" AND {_EQUAL[name]} = ${len(args)}"
    if held is not None:
        sql += " AND " + ("" if held else "NOT ")
        sql += "EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL)"
    return await db.fetch(sql + " ORDER BY l.id DESC LIMIT $3", *args)


async def holds(tenant_id: UUID, lot_ids: Sequence[UUID], *, open_only: bool = False) -> Sequence[asyncpg.Record]:
    """The holds of these lots in the order they were opened."""
    sql = "SELECT * FROM hold WHERE tenant_id = $1 AND lot_id = ANY($2::uuid[])"
    return await db.fetch(
        sql + (" AND closed_at IS NULL" if open_only else "") + " ORDER BY id", tenant_id, list(lot_ids)
    )


async def history(tenant_id: UUID, lot_id: UUID) -> Sequence[asyncpg.Record]:
    """The states a lot went through, the first first."""
    return await db.fetch(
        "SELECT * FROM lot_history WHERE tenant_id = $1 AND lot_id = $2 ORDER BY id", tenant_id, lot_id
    )


async def links(tenant_id: UUID, lot_id: UUID, *, after: UUID | None, limit: int) -> Sequence[asyncpg.Record]:
    """The links into and out of one lot, reversed and ended ones included."""
    return await db.fetch(_LINKS, tenant_id, lot_id, after or LOWEST_ID, limit)


_IN_FORMULA = """
SELECT EXISTS (
    SELECT FROM link k JOIN lot t ON t.tenant_id = $1 AND t.id = k.to_lot JOIN product p ON p.tenant_id = $1 AND p.id = t.product_id
    WHERE k.tenant_id = $1 AND k.from_lot = $2 AND k.kind = 'consumed' AND 'formula' = ANY (p.trade_secrets))
"""


async def in_secret_formula(tenant_id: UUID, lot_id: UUID) -> bool:
    """Whether the lot went into goods whose formula is a trade secret."""
    return bool(await db.fetchval(_IN_FORMULA, tenant_id, lot_id))


async def lot_balance(tenant_id: UUID, lot_id: UUID) -> Balance:
    """Where the lot's quantity went. Exact: see rules.py."""
    stock = (await read_stocks(tenant_id, [lot_id])).get(lot_id)
    others = await db.fetchrow(_OTHERS, tenant_id, lot_id)
    if stock is None or others is None:
        raise NotFound
    drawn = await db.fetch(_DRAWN, tenant_id, lot_id)
    by_kind: dict[str, Decimal] = {row["kind"]: row["drawn"] for row in drawn}
    unknown = sum(row["unknown"] for row in drawn)
    shipped, scrapped, returned, sampled, last_counted_at = others
    return balance(stock, by_kind, shipped, scrapped, returned, sampled, last_counted_at, unknown)


async def stays(tenant_id: UUID, lot_id: UUID) -> Sequence[asyncpg.Record]:
    """Where a lot stood, the first place first."""
    return await db.fetch(
        "SELECT s.place_id, p.name AS place_name, s.from_at, s.to_at FROM stay s"
        " JOIN place p ON p.tenant_id = $1 AND p.id = s.place_id"
        " WHERE s.tenant_id = $1 AND s.lot_id = $2 ORDER BY s.from_at, s.id",
        tenant_id, lot_id,
    )  # fmt: skip


_SHIPMENTS = """
SELECT s.*, c.name AS customer_name, o.name AS outlet_name
FROM shipment s
JOIN customer c ON c.tenant_id = $1 AND c.id = s.customer_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = s.outlet_id
WHERE s.tenant_id = $1
"""
_SHIPMENT_LINES = """
SELECT n.id, n.lot_id, l.lot_no, l.kind, p.name AS product_name, 'prices' = ANY (p.trade_secrets) AS price_secret,
       n.quantity, n.unit, n.packages, n.order_id, lower(n.serials) AS first_serial, upper(n.serials) - 1 AS last_serial,
       n.price, n.returned_at, n.refused_quantity, n.returned_lot_id, n.received_outlet_id, o.name AS received_outlet_name,
       ARRAY(SELECT jsonb_build_object('first', lower(r), 'last', upper(r) - 1) FROM unnest(n.refused_serials) AS r) AS refused_serials
FROM shipment_line n
JOIN lot l ON l.tenant_id = $1 AND l.id = n.lot_id
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN outlet o ON o.tenant_id = $1 AND o.id = n.received_outlet_id
WHERE n.tenant_id = $1 AND n.shipment_id = $2 ORDER BY n.id
"""


_SHIPMENT_EQUAL = {
    name: name for name in ("shipment_no", "customer_id", "outlet_id", "delivery_note", "customer_order")
}


async def shipment(tenant_id: UUID, shipment_id: UUID) -> asyncpg.Record:
    """The shipment with the names of its receiver; NotFound."""
    row = await db.fetchrow(_SHIPMENTS + " AND s.id = $2", tenant_id, shipment_id)
    if row is None:
        raise NotFound
    return row


async def shipment_lines(tenant_id: UUID, shipment_id: UUID) -> Sequence[asyncpg.Record]:
    """The lines in the order they were entered."""
    return await db.fetch(_SHIPMENT_LINES, tenant_id, shipment_id)


async def shipments(
    tenant_id: UUID, filters: dict[str, Any], *, lot_id: UUID | None, before: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Shipments, the newest first, that equal every given filter; with `lot_id`, those with a line of that lot."""
    wanted = {name: value for name, value in filters.items() if value is not None}
    sql, args = _SHIPMENTS + " AND s.id < $2", [tenant_id, before or HIGHEST_ID, limit, *wanted.values()]
    for position, name in enumerate(wanted):
        sql += f" AND s.{_SHIPMENT_EQUAL[name]} = ${position + 4}"
    if lot_id is not None:
        args.append(lot_id)
        sql += f" AND s.id IN (SELECT shipment_id FROM shipment_line WHERE tenant_id = $1 AND lot_id = ${len(args)})"  # noqa: S608 - a number
    return await db.fetch(sql + " ORDER BY s.id DESC LIMIT $3", *args)


_ARRIVED_AT = """
SELECT o.id AS outlet_id, o.name AS outlet_name, c.id AS customer_id, c.name AS customer_name
FROM shipment_line n
JOIN outlet o ON o.tenant_id = $1 AND o.id = n.received_outlet_id
JOIN customer c ON c.tenant_id = $1 AND c.id = o.customer_id
WHERE n.tenant_id = $1 AND n.shipment_id = $2 AND (n.lot_id = ANY($3::uuid[]) OR (n.order_id = $4 AND n.serials @> $5::int)) LIMIT 1
"""


async def arrived_at(
    tenant_id: UUID, shipment_id: UUID, packages: Sequence[UUID], order_id: UUID, serial: int
) -> asyncpg.Record | None:
    """Where a coded piece arrived with this shipment (outlet_id, outlet_name, customer_id, customer_name), in one of these
    packages or by its serial; None where it arrived as it was sent."""
    return await db.fetchrow(_ARRIVED_AT, tenant_id, shipment_id, list(packages), order_id, serial)


_AROUND = """
WITH RECURSIVE around(lot, depth) AS (
    SELECT $2::uuid, 0
  UNION
    SELECT l.to_lot, a.depth + 1 FROM around a JOIN link l ON l.tenant_id = $1 AND l.from_lot = a.lot
    WHERE l.kind = 'packed' AND l.until IS NULL AND l.reverses IS NULL AND a.depth < 20
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)
)
SELECT t.id, t.lot_no, t.unit FROM around a JOIN lot t ON t.tenant_id = $1 AND t.id = a.lot ORDER BY a.depth, t.id
"""


async def packages_around(tenant_id: UUID, package_id: UUID) -> Sequence[asyncpg.Record]:
    """The package and those it stands in, the innermost first: case, pallet."""
    return await db.fetch(_AROUND, tenant_id, package_id)
