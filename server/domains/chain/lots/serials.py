"""Serial ranges of a coded lot: they move with a split part and leave with a shipment."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.units import counts_pieces
from server.domains import codes
from server.domains.chain import problems
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.stock.goods import ZERO, Stock

_OF_LOT = """
SELECT coalesce(range_agg(serials) @> int4range($4, $5 + 1), false)
FROM code_range WHERE tenant_id = $1 AND order_id = $2 AND lot_id = $3
"""
# Until the transaction ends no code of the order is voided, packed or moved by another.
_LOCK = "SELECT id FROM code_order WHERE tenant_id = $1 AND id = $2 FOR UPDATE"
_SHIPPED = """
SELECT greatest(lower(gone), $3) AS serial, s.shipment_no
FROM shipment_line n JOIN shipment s ON s.tenant_id = $1 AND s.id = n.shipment_id
CROSS JOIN unnest(int4multirange(n.serials) - n.refused_serials) AS gone
WHERE n.tenant_id = $1 AND n.order_id = $2 AND n.returned_at IS NULL
  AND (int4multirange(n.serials) - n.refused_serials) && int4range($3, $4 + 1) AND gone && int4range($3, $4 + 1)
ORDER BY 1 LIMIT 1
"""
_OUT_OF_USE = """
SELECT min(serial) FROM code
WHERE tenant_id = $1 AND order_id = $2 AND serial BETWEEN $3 AND $4 AND state = ANY($5::smallint[])
"""
_LOADED_OUT_OF_USE = """
SELECT min(c.serial) FROM shipment_line n
JOIN code c ON c.tenant_id = $1 AND c.order_id = n.order_id AND c.serial >= lower(n.serials) AND c.serial < upper(n.serials)
WHERE n.tenant_id = $1 AND n.shipment_id = $2 AND n.returned_at IS NULL AND NOT n.refused_serials @> c.serial
  AND c.state = ANY($3::smallint[])
"""
_PACKED = """
SELECT c.serial, p.lot_no FROM code c JOIN lot p ON p.tenant_id = $1 AND p.id = c.package_id
WHERE c.tenant_id = $1 AND c.order_id = $2 AND c.serial BETWEEN $3 AND $4 AND c.package_id IS NOT NULL ORDER BY c.serial LIMIT 1
"""
# How many coded pieces lie loose in the lot, as far as one wants to know ($4).
_STANDING = """
SELECT count(*) FROM (
    SELECT FROM code_range r
    JOIN code c ON c.tenant_id = $1 AND c.order_id = r.order_id AND c.serial >= lower(r.serials) AND c.serial < upper(r.serials)
    JOIN code_order o ON o.tenant_id = $1 AND o.id = r.order_id AND o.level = 'item' AND o.audience = 'public'
    WHERE r.tenant_id = $1 AND r.lot_id = $2 AND c.package_id IS NULL AND c.shipment_id IS NULL AND c.state <> ALL ($3::smallint[])
    LIMIT $4) standing
"""
# Pieces that have a record, and so perhaps a hold, of their own.
_PIECES = """
SELECT l.id FROM unnest($2::uuid[], $3::int[], $4::int[]) AS r(order_id, first, last)
JOIN code c ON c.tenant_id = $1 AND c.order_id = r.order_id AND c.serial BETWEEN r.first AND r.last
JOIN lot l ON l.tenant_id = $1 AND l.code_text = c.text
"""


async def assert_serials(tenant_id: UUID, lot_id: UUID, lot_no: str, serials: SerialRange) -> None:
    """These serials are stock of this lot, each by itself, and stay so to the end of the transaction. Raises
    SerialsNotOfLot, SerialShippedAlready for one on a shipment that stands, SerialOutOfUse for one voided or lost,
    SerialsPacked for one in a package; each names the first."""
    await db.fetchval(_LOCK, tenant_id, serials.order_id)
    if not await db.fetchval(_OF_LOT, tenant_id, serials.order_id, lot_id, serials.first, serials.last):
        raise problems.SerialsNotOfLot(field="serials", lot_no=lot_no, first=serials.first, last=serials.last)
    where = (tenant_id, serials.order_id, serials.first, serials.last)
    if (shipped := await db.fetchrow(_SHIPPED, *where)) is not None:
        raise problems.SerialShippedAlready(
            field="serials", serial=shipped["serial"], shipment_no=shipped["shipment_no"]
        )
    if (dead := await db.fetchval(_OUT_OF_USE, *where, codes.OUT_OF_USE)) is not None:
        raise problems.SerialOutOfUse(field="serials", serial=dead)
    await _assert_loose(tenant_id, serials)


async def assert_nothing_unnamed(tenant_id: UUID, stock: Stock, quantity: Decimal | None) -> None:
    """The quantity can be parted from the lot without taking pieces along that have codes, whose codes would stay behind.
    Raises SerialsToName."""
    counted = stock.unit is not None and counts_pieces(stock.unit)
    rest = stock.left - quantity if counted and stock.left is not None and quantity is not None else ZERO
    coded = await db.fetchval(_STANDING, tenant_id, stock.id, list(codes.OUT_OF_USE), max(int(rest), 0) + 1)
    if coded > rest:
        raise problems.SerialsToName(field="serials", lot_no=stock.lot_no)


async def assert_loaded(tenant_id: UUID, shipment_id: UUID) -> None:
    """No code on the shipment's lines was voided or lost since it was loaded. Raises SerialOutOfUse, naming the first."""
    dead = await db.fetchval(_LOADED_OUT_OF_USE, tenant_id, shipment_id, codes.OUT_OF_USE)
    if dead is not None:
        raise problems.SerialOutOfUse(serial=dead)


async def _assert_loose(tenant_id: UUID, serials: SerialRange) -> None:
    packed = await db.fetchrow(_PACKED, tenant_id, serials.order_id, serials.first, serials.last)
    if packed is not None:
        raise problems.SerialsPacked(field="serials", serial=packed["serial"], package=packed["lot_no"])


async def pieces_in(tenant_id: UUID, ranges: Sequence[SerialRange]) -> list[UUID]:
    """The `unit` lots among the pieces of these serials."""
    if not ranges:
        return []
    rows = await db.fetch(
        _PIECES, tenant_id, [r.order_id for r in ranges], [r.first for r in ranges], [r.last for r in ranges]
    )
    return [row["id"] for row in rows]


async def move_serials(actor: Actor, ranges: Sequence[SerialRange], from_lot: UUID, to_lot: UUID) -> None:
    """The codes of these serials stand for the other lot from now on. Raises SerialsPacked for one in a package."""
    for serials in ranges:
        await _assert_loose(actor.tenant, serials)
        moved = codes.SerialRange(first=serials.first, last=serials.last)
        await codes.move_codes(actor, serials.order_id, [moved], from_lot, to_lot)
