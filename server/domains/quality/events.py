"""What falls due by what happens below and by the clock, told in the same transaction; goods that go already stop where a record made
before fails what is due of them now. Where that may be, the graph's lock comes before any row, as everywhere."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.actor import Actor
from server.core.clock import now
from server.domains import chain
from server.domains.quality.inspection import clockwork
from server.domains.quality.inspection.ending import settle_ended
from server.domains.quality.inspection.falling_due import (
    fall_due_after_release,
    fall_due_for_lots,
    fall_due_for_shipments,
)
from server.domains.quality.inspection.matching import adopt_records
from server.domains.quality.inspection.running import assert_no_lot_needed, fall_due_for_operations
from server.domains.quality.nonconformity.after_release import stop_rejected


async def fall_due(
    actor: Actor,
    *,
    lots: Collection[UUID] = (),
    operations: Collection[UUID] = (),
    shipments: Collection[UUID] = (),
) -> None:
    """Make due what these ask for, in the transaction that they came with. What was made due before stays as it is."""
    if operations:
        await chain.lock_graph(actor.tenant)
    if lots:
        await fall_due_for_lots(actor.tenant, lots)
    if operations:
        made = await fall_due_for_operations(actor.tenant, operations, now())
        await stop_rejected(actor, await adopt_records(actor.tenant, made))
    if shipments:
        await fall_due_for_shipments(actor.tenant, shipments)


async def operation_recorded(actor: Actor, operation_id: UUID, recorded: chain.NewOperation) -> None:
    """What it asks for. Raises OperationLotsNeeded where it runs and names no lot of which anything could fall due."""
    if recorded.started_at and not (recorded.ended_at or recorded.lots_in or recorded.lots_out):
        await assert_no_lot_needed(actor.tenant, operation_id)
    await fall_due(actor, lots=recorded.lots_out, operations=[operation_id])


async def operation_ended(actor: Actor, operation_id: UUID, lots_out: Collection[UUID]) -> None:
    """What the end of an operation, and so of the production of these lots, means for what is due."""
    await chain.lock_graph(actor.tenant)
    await fall_due(actor, lots=lots_out)
    await stop_rejected(actor, await settle_ended(actor, operation_id))


async def tick(actor: Actor, at: datetime) -> int:
    """What the clock makes due of an enterprise by `at`; how many inspections are told to be missed by now."""
    await chain.lock_graph(actor.tenant)
    ticked = await clockwork.tick(actor.tenant, at)
    await stop_rejected(actor, ticked.rejected)
    return ticked.missed


async def on_lots_created(actor: Actor, payload: dict[str, Any]) -> None:
    await fall_due(actor, lots=[UUID(each) for each in payload["lot_ids"]])


async def on_operation_recorded(actor: Actor, payload: dict[str, Any]) -> None:
    """Its lots too: their production may have ended with it."""
    lots = [UUID(each) for each in payload["lot_ids"]]
    await fall_due(actor, lots=lots, operations=[UUID(payload["operation_id"])])


async def on_operation_ended(actor: Actor, payload: dict[str, Any]) -> None:
    await operation_ended(actor, UUID(payload["operation_id"]), [UUID(each) for each in payload["lot_ids"]])


async def on_shipment_changed(actor: Actor, payload: dict[str, Any]) -> None:
    await fall_due(actor, shipments=[UUID(payload["shipment_id"])])


async def on_lot_released(actor: Actor, payload: dict[str, Any]) -> None:
    await fall_due_after_release(actor.tenant, [UUID(payload["lot_id"])])
