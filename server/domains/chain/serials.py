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


async def assert_serials(tenant_id: UUID, lot_id: UUID, lot_no: str, serials: SerialRange) -> None:
    """Raises SerialsNotOfLot unless every one of these serials stands for this lot."""
    if not await db.fetchval(_OF_LOT, tenant_id, serials.order_id, lot_id, serials.first, serials.last):
        raise problems.SerialsNotOfLot(field="serials", lot_no=lot_no, first=serials.first, last=serials.last)


async def move_serials(actor: Actor, ranges: Sequence[SerialRange], from_lot: UUID, to_lot: UUID) -> None:
    """The codes of these serials stand for the other lot from now on."""
    for serials in ranges:
        moved = codes.SerialRange(first=serials.first, last=serials.last)
        await codes.move_codes(actor, serials.order_id, [moved], from_lot, to_lot)
