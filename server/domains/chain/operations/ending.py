"""The end of an operation that was recorded at its start: said once; said again in the same words it changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from server.core import db, outbox
from server.core.actor import Actor
from server.core.clock import lies_ahead, now
from server.core.errors import NotFound
from server.domains.access import audit
from server.domains.chain.operations.commands import (
    Counts,
    EndOperation,
    OperationBackwards,
    OperationSaidOtherwise,
    OperationUnfinished,
    assert_balanced,
)
from server.domains.chain.operations.recording import assert_lots, end_production, write_lots
from server.domains.chain.operations.units import unit_meant
from server.domains.chain.recipes.adopting import adopt_recipes
from server.domains.chain.recipes.charging import charged_by, check_operation
from server.domains.chain.stock.locking import lock_graph

_LOCK = "SELECT * FROM operation WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE"
_COUNTED = ("unit", "quantity_in", "quantity_good", "quantity_reworked", "quantity_scrapped", "scrapped_by_defect")
_END = (
    "UPDATE operation SET end_told_at = now(), end_told_by = $3, ended_at = $4, scrapped_by_defect = $5::jsonb,"
    " unit = $6, quantity_in = $7, quantity_good = $8, quantity_reworked = $9, quantity_scrapped = $10"
    " WHERE tenant_id = $1 AND id = $2"
)


class Ended(NamedTuple):
    """The lots that came out. `before`: it had been told already, in the same words."""

    lots_out: list[UUID]
    before: bool


async def end_operation(actor: Actor, operation_id: UUID, command: EndOperation) -> Ended:
    """Say when an operation ended and what came of it. Raises NotFound, OperationSaidOtherwise, OperationBackwards,
    OperationUnfinished, DefectsNotBalanced, OperationUnbalanced, and what the recipe of an output refuses of the inputs."""
    await lock_graph(actor.tenant)
    row = await db.fetchrow(_LOCK, actor.tenant, operation_id)
    if row is None:
        raise NotFound
    known = {**row, "scrapped_by_defect": _defects(db.loads(row["scrapped_by_defect"]))}
    lots = await _lots(actor.tenant, operation_id)
    new = _news(known, lots["out"], command)
    if known["ended_at"] is not None:
        return Ended(lots["out"], before=True)
    ended_at = command.ended_at or now()
    _assert_possible(known["started_at"], ended_at)
    if "lots_out" in new:
        await _come_out(actor, row, lots["in"], command.lots_out)
    counts = {name: new.get(name, known[name]) for name in _COUNTED}
    assert_balanced(Counts.model_construct(**counts))
    out = list(dict.fromkeys([*lots["out"], *command.lots_out]))
    counts["unit"] = await unit_meant(actor.tenant, counts, lots["in"], out)
    defects = db.dumps(counts.pop("scrapped_by_defect"))
    await db.execute(_END, actor.tenant, operation_id, actor.id, ended_at, defects, *counts.values())
    await end_production(actor.tenant, out, ended_at)
    after = new | {"ended_at": ended_at}
    await audit.record(actor, "operation.ended", "operation", operation_id, before={"ended_at": None}, after=after)
    told = {"operation_id": operation_id, "lot_ids": out}
    await outbox.append("OperationEnded", key=str(operation_id), payload=told, tenant_id=actor.tenant)
    return Ended(out, before=False)


def _defects(stored: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(str(quantity)) for name, quantity in stored.items()}


async def _lots(tenant_id: UUID, operation_id: UUID) -> dict[str, list[UUID]]:
    rows = await db.fetch(
        "SELECT role, lot_id FROM operation_lot WHERE tenant_id = $1 AND operation_id = $2 ORDER BY lot_id",
        tenant_id,
        operation_id,
    )
    return {role: [row["lot_id"] for row in rows if row["role"] == role] for role in ("in", "out")}


def _news(known: Mapping[str, Any], lots_out: Sequence[UUID], command: EndOperation) -> dict[str, Any]:
    """What the command says that was not known. Raises OperationSaidOtherwise for what was known otherwise."""
    said = {name: getattr(command, name) for name in ("ended_at", *_COUNTED)}
    new = {}
    for name, value in said.items():
        if value is None or value == {} or value == known[name]:
            continue
        if known[name] not in (None, {}) or known["ended_at"] is not None:
            raise OperationSaidOtherwise(field=name)
        new[name] = value
    if command.lots_out and set(command.lots_out) != set(lots_out):
        if lots_out or known["ended_at"] is not None:
            raise OperationSaidOtherwise(field="lots_out")
        new["lots_out"] = command.lots_out
    return new


def _assert_possible(started_at: datetime | None, ended_at: datetime) -> None:
    if started_at is not None and ended_at < started_at:
        raise OperationBackwards(field="ended_at")
    if lies_ahead(ended_at):
        raise OperationUnfinished(field="ended_at")


async def _come_out(actor: Actor, operation: asyncpg.Record, lots_in: Sequence[UUID], lots_out: Sequence[UUID]) -> None:
    await assert_lots(actor.tenant, lots_out, "lots_out")
    await adopt_recipes(actor, await charged_by(actor.tenant, lots_in, lots_out), "lots_out")
    await check_operation(actor.tenant, lots_in, lots_out, operation["created_at"])
    await write_lots(actor.tenant, operation["id"], "out", lots_out)
