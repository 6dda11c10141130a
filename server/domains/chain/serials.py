"""Serial ranges of a coded lot: they move with a split part and leave with a shipment."""

from collections.abc import Sequence
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains import codes
from server.domains.chain import problems
from server.domains.chain.shipment_commands import SerialRange

_OF_LOT = """
SELECT coalesce(range_agg(serials) @> int4range($4, $5 + 1), false)
FROM code_range WHERE tenant_id = $1 AND order_id = $2 AND lot_id = $3
"""
_PACKED = """
SELECT c.serial, p.lot_no FROM code c JOIN lot p ON p.tenant_id = $1 AND p.id = c.package_id
WHERE c.tenant_id = $1 AND c.order_id = $2 AND c.serial BETWEEN $3 AND $4 AND c.package_id IS NOT NULL ORDER BY c.serial LIMIT 1
"""
# Pieces that have a record, and so perhaps a hold, of their own.
_PIECES = """
SELECT l.id FROM unnest($2::uuid[], $3::int[], $4::int[]) AS r(order_id, first, last)
JOIN code c ON c.tenant_id = $1 AND c.order_id = r.order_id AND c.serial BETWEEN r.first AND r.last
JOIN lot l ON l.tenant_id = $1 AND l.code_text = c.text
"""


async def assert_serials(tenant_id: UUID, lot_id: UUID, lot_no: str, serials: SerialRange) -> None:
    """Raises SerialsNotOfLot unless every one of these serials stands for this lot, SerialsPacked for one in a package."""
    if not await db.fetchval(_OF_LOT, tenant_id, serials.order_id, lot_id, serials.first, serials.last):
        raise problems.SerialsNotOfLot(field="serials", lot_no=lot_no, first=serials.first, last=serials.last)
    await _assert_loose(tenant_id, serials)


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
