"""The lots whose goods a lot is: split off, mixed or worked on again, at any depth, by links that stand."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from server.core import db
from server.domains.chain.recipes.parting import Moved, shares_of

_MOVED = """l.kind IN ('split', 'merged', 'reworked', 'repaired') AND l.reverses IS NULL
      AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = $1 AND r.reverses = l.id)"""
_UP = f"""
WITH RECURSIVE up(target, lot) AS (
    SELECT t, t FROM unnest($2::uuid[]) AS t
  UNION
    SELECT u.target, l.from_lot FROM up u JOIN link l ON l.tenant_id = $1 AND l.to_lot = u.lot
    WHERE {_MOVED}{{and_more}}
)
"""  # noqa: S608 - constants
GOODS_OF = _UP.format(and_more="")
"""`up(target, lot)`: each of the lots $2 of the enterprise $1 with itself and those."""
_UNDECIDED = _UP.format(
    and_more=""" AND NOT (l.kind IN ('reworked', 'repaired') AND EXISTS (
          SELECT FROM disposition d WHERE d.tenant_id = $1 AND d.result_lot_id = l.to_lot AND d.state IN ('carried_out', 'verified')))"""
)
_MOVES = f"""{GOODS_OF}
SELECT l.to_lot, l.from_lot, l.drawn_quantity, f.quantity + f.counted_difference
FROM (SELECT DISTINCT lot FROM up) u
JOIN link l ON l.tenant_id = $1 AND l.to_lot = u.lot JOIN lot f ON f.tenant_id = $1 AND f.id = l.from_lot
WHERE {_MOVED}
"""  # noqa: S608 - constants
_UNRELEASED = f"""{_UNDECIDED}
SELECT u.target, l.id, l.lot_no FROM up u JOIN lot l ON l.tenant_id = $1 AND l.id = u.lot AND l.state = 'pending'
WHERE u.lot <> u.target ORDER BY u.target, l.lot_no
"""  # noqa: S608 - constants


async def shares_in(tenant_id: UUID, lot_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, Decimal]]:
    """Of each lot that is goods of others the share of each of them in it; see `shares_of`."""
    return shares_of([Moved(*row) for row in await db.fetch(_MOVES, tenant_id, list(lot_ids))]) if lot_ids else {}


async def origins_unreleased(tenant_id: UUID, lot_ids: Sequence[UUID]) -> list[tuple[UUID, UUID, str]]:
    """(lot, id, number) of each lot whose goods these are, by moves that no signed disposition decided, and that nobody
    released: a part answers for it."""
    return [tuple(row) for row in await db.fetch(_UNRELEASED, tenant_id, list(lot_ids))]
