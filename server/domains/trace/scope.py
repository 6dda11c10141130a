"""What a recall must reach: every lot a contaminated lot went into, their serials, their deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from server.core.actor import Actor
from server.domains.trace.ends import CodeRange, find_code_ranges
from server.domains.trace.problems import TraceIncomplete
from server.domains.trace.service import trace_products


@dataclass(frozen=True, slots=True)
class Affected:
    """Frozen at the moment of asking. `lots` holds the contaminated lots themselves too; ended links count (it was inside).
    `shipments` and `customers` are those with whom something stayed."""

    lots: frozenset[UUID]
    code_ranges: frozenset[CodeRange]
    shipments: frozenset[UUID]
    customers: frozenset[UUID]


async def affected(actor: Actor, lot_ids: Iterable[UUID]) -> Affected:
    """All of it or nothing: raises TraceIncomplete rather than leave a lot out, NotFound where no lot is the actor's."""
    found = await trace_products(actor, lot_ids)
    if not found.complete:
        raise TraceIncomplete
    ranges = await find_code_ranges(actor.tenant, list(found.lots))
    there = [row for row in found.ends.deliveries if row["returned_at"] is None]
    return Affected(
        frozenset(UUID(lot_id) for lot_id in found.lots),
        frozenset(ranges),
        frozenset(UUID(row["shipment_id"]) for row in there),
        frozenset(UUID(row["customer_id"]) for row in there),
    )
