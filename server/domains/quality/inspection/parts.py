"""Accepted and rejected quantities go different ways: each as a lot of its own."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.domains import chain
from server.domains.access import audit
from server.domains.quality.inspection.commands import PartLots
from server.domains.quality.inspection.problems import NothingToPart, PartOfOther

_LOCK = """
SELECT i.id, i.accepted, i.rejected, i.pending, i.quantity, i.unit, l.id AS lot_id, l.lot_no, l.product_id, l.unit AS lot_unit,
       coalesce((SELECT sum(quantity) FROM inspection_part p WHERE p.tenant_id = $1 AND p.inspection_id = i.id AND p.outcome = 'accepted'), 0) AS accepted_gone,
       coalesce((SELECT sum(quantity) FROM inspection_part p WHERE p.tenant_id = $1 AND p.inspection_id = i.id AND p.outcome = 'rejected'), 0) AS rejected_gone
FROM inspection i JOIN lot l ON l.tenant_id = i.tenant_id AND l.id = $3
WHERE i.tenant_id = $1 AND i.id = $2 FOR UPDATE OF i
"""
# The inspected lot and what was split off it or merged with others, but for what has gone its own way already. Where more has gone
# as accepted than is accepted any more ($3), what is rejected lies there too.
_AMONG = """
WITH RECURSIVE among(lot) AS (
    SELECT lot_id FROM inspection WHERE tenant_id = $1 AND id = $2
  UNION
    SELECT k.to_lot FROM among a JOIN link k ON k.tenant_id = $1 AND k.from_lot = a.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)
      AND NOT EXISTS (SELECT FROM inspection_part p WHERE p.tenant_id = $1 AND p.inspection_id = $2 AND p.lot_id = k.to_lot
                      AND (p.outcome = 'rejected' OR NOT $3::boolean))
)
"""
_IS_AMONG = f"{_AMONG} SELECT EXISTS (SELECT FROM among WHERE lot = $4)"  # noqa: S608 - constants
_ELSEWHERE = f"""{_AMONG}
SELECT l.id, l.lot_no FROM among a JOIN lot l ON l.tenant_id = $1 AND l.id = a.lot
JOIN inspection i ON i.tenant_id = $1 AND i.id = $2 AND i.lot_id <> l.id AND i.unit = l.unit
WHERE coalesce(l.quantity - l.used_quantity, 1) > 0 ORDER BY l.lot_no LIMIT 200
"""  # noqa: S608 - constants
_SUFFIX = {"rejected": "N", "accepted": "A"}


async def part_lots(actor: Actor, inspection_id: UUID, command: PartLots) -> dict[str, UUID]:
    """Split off what was rejected and what was accepted since the last time, as far as it lies in this lot; lot by outcome.
    What was rejected is rejected: no route uses or ships it. Raises NotFound, PartOfOther, NothingToPart, and what the chain
    refuses."""
    inspected = await db.fetchval(
        "SELECT lot_id FROM inspection WHERE tenant_id = $1 AND id = $2", actor.tenant, inspection_id
    )
    if inspected is None:
        raise NotFound
    source = command.from_lot_id or inspected
    stock = await chain.lock_stock(
        actor.tenant, source, "from_lot_id"
    )  # goods before what is said of them, as everywhere
    row = await db.fetchrow(_LOCK, actor.tenant, inspection_id, source)
    assert row is not None
    doubted = row["accepted_gone"] > row["accepted"]
    if row["unit"] != row["lot_unit"] or not await db.fetchval(_IS_AMONG, actor.tenant, inspection_id, doubted, source):
        raise PartOfOther(field="from_lot_id", lot_no=row["lot_no"])
    made: dict[str, UUID] = {}
    left = stock.left
    for outcome in _SUFFIX:  # first what must not stay behind
        quantity = row[outcome] - row[f"{outcome}_gone"]
        if left is not None:
            quantity, left = min(quantity, left), left - max(min(quantity, left), Decimal(0))
        if quantity > 0:
            made[outcome] = await _part(actor, dict(row), outcome, quantity, command)
    if not made:
        raise NothingToPart
    if "rejected" in made:
        await chain.mark_rejected(actor, [made["rejected"]], row["lot_no"])
    await audit.record(actor, "inspection.parted", "inspection", inspection_id, after={**made, "lot_id": row["lot_id"]})
    return made


async def lying_elsewhere(tenant_id: UUID, inspection_id: UUID, *, doubted: bool) -> list[tuple[UUID, str]]:
    """The lots, (id, number), other than the inspected one in which its goods lie and are still to be parted. `doubted`: more has
    gone as accepted than is accepted any more."""
    return [(row["id"], row["lot_no"]) for row in await db.fetch(_ELSEWHERE, tenant_id, inspection_id, doubted)]


async def _part(actor: Actor, row: dict[str, Any], outcome: str, quantity: Decimal, command: PartLots) -> UUID:
    lot_no = getattr(command, f"{outcome}_lot_no") or await _free_number(actor.tenant, row, _SUFFIX[outcome])
    split = chain.SplitLot(
        lot_no=lot_no, quantity=quantity, unit=row["unit"], place_id=getattr(command, f"{outcome}_place_id")
    )
    lot_id = await chain.split_lot(actor, row["lot_id"], split, unnamed=True)
    await db.execute(
        "INSERT INTO inspection_part (tenant_id, inspection_id, lot_id, outcome, quantity) VALUES ($1, $2, $3, $4, $5)",
        actor.tenant, row["id"], lot_id, outcome, quantity,
    )  # fmt: skip
    return lot_id


async def _free_number(tenant_id: UUID, row: dict[str, Any], suffix: str) -> str:
    """The number of its lot with -A1, -A2 … (accepted) or -N1 … (nonconforming) behind it."""
    stem = f"{row['lot_no'][:72]}-{suffix}"
    taken = await db.fetch(
        "SELECT lot_no FROM lot WHERE tenant_id = $1 AND product_id = $2 AND starts_with(lot_no, $3)",
        tenant_id, row["product_id"], stem,
    )  # fmt: skip
    numbers = {each["lot_no"] for each in taken}
    return next(number for step in range(1, len(numbers) + 2) if (number := f"{stem}{step}") not in numbers)
