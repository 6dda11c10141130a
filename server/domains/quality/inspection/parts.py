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
from server.domains.quality.inspection.problems import NothingToPart

_LOCK = """
SELECT i.id, i.lot_id, i.accepted, i.rejected, i.pending, i.quantity, i.unit, l.lot_no, l.product_id,
       coalesce((SELECT sum(quantity) FROM inspection_part p WHERE p.tenant_id = $1 AND p.inspection_id = i.id AND p.outcome = 'accepted'), 0) AS accepted_gone,
       coalesce((SELECT sum(quantity) FROM inspection_part p WHERE p.tenant_id = $1 AND p.inspection_id = i.id AND p.outcome = 'rejected'), 0) AS rejected_gone
FROM inspection i JOIN lot l ON l.tenant_id = i.tenant_id AND l.id = i.lot_id
WHERE i.tenant_id = $1 AND i.id = $2 FOR UPDATE OF i
"""
_SUFFIX = {"accepted": "A", "rejected": "N"}


async def part_lots(actor: Actor, inspection_id: UUID, command: PartLots) -> dict[str, UUID]:
    """Split off what was accepted and what was rejected since the last time; lot by outcome. What was rejected is
    rejected: no route uses or ships it. Raises NotFound, NothingToPart, and what the chain refuses."""
    lot_id = await db.fetchval(
        "SELECT lot_id FROM inspection WHERE tenant_id = $1 AND id = $2", actor.tenant, inspection_id
    )
    if lot_id is None:
        raise NotFound
    await chain.lock_stock(actor.tenant, lot_id)  # goods before what is said of them, as everywhere
    row = await db.fetchrow(_LOCK, actor.tenant, inspection_id)
    assert row is not None
    made: dict[str, UUID] = {}
    for outcome in ("accepted", "rejected"):
        quantity = row[outcome] - row[f"{outcome}_gone"]
        if quantity > 0:
            made[outcome] = await _part(actor, dict(row), outcome, quantity, command)
    if not made:
        raise NothingToPart
    if "rejected" in made:
        await chain.mark_rejected(actor, [made["rejected"]], row["lot_no"])
    await audit.record(actor, "inspection.parted", "inspection", inspection_id, after={**made, "lot_id": row["lot_id"]})
    return made


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
