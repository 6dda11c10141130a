"""What was done to lots: step, devices with their calibration as it stood then, people, parameters, quantities."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from server.core import db, outbox
from server.core.actor import Actor
from server.core.errors import FieldError, Invalid, NotFound
from server.core.ids import new_id
from server.domains import devices
from server.domains.access import audit
from server.domains.chain.operations.commands import NewOperation
from server.domains.chain.operations.units import unit_meant
from server.domains.chain.recipes.adopting import adopt_recipes
from server.domains.chain.recipes.charging import charged_by, check_operation
from server.domains.chain.stock.locking import lock_graph

_COLUMNS = (
    "step_id", "line_place_id", "shift", "started_at", "ended_at", "unit", "quantity_in", "quantity_good",
    "quantity_reworked", "quantity_scrapped",
)  # fmt: skip
_INSERT = (
    "INSERT INTO operation (tenant_id, id, created_by, operator_id, operator_name, name, parameters, scrapped_by_defect,"  # noqa: S608 - our own column names
    f" {', '.join(_COLUMNS)}) VALUES ($1, $2, $3, $3, $4, $5, $6::jsonb, $7::jsonb,"
    f" {', '.join(f'${position + 8}' for position in range(len(_COLUMNS)))})"
)
_LIST = """
SELECT o.*, s.name AS step_name, s.sequence, s.critical, p.name AS line_name, ol.role,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('lot_id', x.lot_id, 'role', x.role, 'lot_no', l.lot_no) ORDER BY x.role, l.lot_no), '[]')
        FROM operation_lot x JOIN lot l ON l.tenant_id = $1 AND l.id = x.lot_id
        WHERE x.tenant_id = $1 AND x.operation_id = o.id) AS lots,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('device_id', d.id, 'code', d.code, 'name', d.name, 'calibration', od.calibration) ORDER BY d.code), '[]')
        FROM operation_device od JOIN device d ON d.tenant_id = $1 AND d.id = od.device_id
        WHERE od.tenant_id = $1 AND od.operation_id = o.id) AS devices,
       (SELECT coalesce(array_agg(DISTINCT secret), '{}') FROM operation_lot x
        JOIN lot l ON l.tenant_id = $1 AND l.id = x.lot_id JOIN product q ON q.tenant_id = $1 AND q.id = l.product_id
        CROSS JOIN unnest(q.trade_secrets) AS secret WHERE x.tenant_id = $1 AND x.operation_id = o.id) AS secrets
FROM operation o
LEFT JOIN operation_lot ol ON ol.tenant_id = $1 AND ol.operation_id = o.id AND ol.lot_id = $2
LEFT JOIN process_step s ON s.tenant_id = $1 AND s.id = o.step_id
LEFT JOIN place p ON p.tenant_id = $1 AND p.id = o.line_place_id
WHERE o.tenant_id = $1
"""


async def record_operation(actor: Actor, command: NewOperation) -> UUID:
    """Store an operation. Raises NotFound for what it names and does not exist, Invalid without step and name,
    RecipeToChoose, and what the recipe of an output refuses of the inputs."""
    await lock_graph(actor.tenant)
    name = command.name or await _step_name(actor.tenant, command.step_id)
    await assert_lots(actor.tenant, [*command.lots_in, *command.lots_out], "lots_in")
    await adopt_recipes(actor, await charged_by(actor.tenant, command.lots_in, command.lots_out), "lots_out")
    await check_operation(actor.tenant, command.lots_in, command.lots_out)
    operation_id = new_id()
    values = {column: getattr(command, column) for column in _COLUMNS}
    values["unit"] = await unit_meant(actor.tenant, values, command.lots_in, command.lots_out)
    await db.execute(
        _INSERT, actor.tenant, operation_id, actor.id, command.operator_name or actor.name, name,
        db.dumps([parameter.model_dump() for parameter in command.parameters]), db.dumps(command.scrapped_by_defect),
        *values.values(),
    )  # fmt: skip
    await write_lots(actor.tenant, operation_id, "in", command.lots_in)
    await write_lots(actor.tenant, operation_id, "out", command.lots_out)
    await _write_devices(actor.tenant, operation_id, command)
    await end_production(actor.tenant, command.lots_out, command.ended_at)
    await audit.record(actor, "operation.recorded", "operation", operation_id, after=_without_secrets(command))
    told = {"operation_id": operation_id, "lot_ids": command.lots_out}
    await outbox.append("OperationRecorded", key=str(operation_id), payload=told, tenant_id=actor.tenant)
    return operation_id


async def _step_name(tenant_id: UUID, step_id: UUID | None) -> str:
    if step_id is None:
        raise Invalid([FieldError("name", "input_missing")])
    name: str | None = await db.fetchval(
        "SELECT name FROM process_step WHERE tenant_id = $1 AND id = $2", tenant_id, step_id
    )
    if name is None:
        raise NotFound(field="step_id")
    return name


async def assert_lots(tenant_id: UUID, lots: Sequence[UUID], field: str) -> None:
    """NotFound where one of them is not there."""
    known = await db.fetchval(
        "SELECT count(*) FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[])", tenant_id, list(lots)
    )
    if known != len(set(lots)):
        raise NotFound(field=field)


async def write_lots(tenant_id: UUID, operation_id: UUID, role: Literal["in", "out"], lots: Sequence[UUID]) -> None:
    """What went into an operation, or came out of it."""
    await db.execute(
        "INSERT INTO operation_lot (tenant_id, operation_id, lot_id, role) SELECT $1, $2, lot, $4 FROM unnest($3::uuid[]) AS lot"
        " ON CONFLICT DO NOTHING",
        tenant_id, operation_id, list(lots), role,
    )  # fmt: skip


async def _write_devices(tenant_id: UUID, operation_id: UUID, command: NewOperation) -> None:
    """Calibration as it stood when the operation began, or as it stands where no time is known."""
    if not command.device_ids:
        return
    at: datetime = command.started_at or command.ended_at or await db.fetchval("SELECT now()")
    states = await devices.calibration_at(tenant_id, command.device_ids, at)
    await db.execute(
        "INSERT INTO operation_device (tenant_id, operation_id, device_id, calibration)"
        " SELECT $1, $2, d.id, d.state FROM unnest($3::uuid[], $4::text[]) AS d(id, state)",
        tenant_id, operation_id, list(states), list(states.values()),
    )  # fmt: skip


async def end_production(tenant_id: UUID, lots: Sequence[UUID], ended_at: datetime | None) -> None:
    """The production of a lot ends with its last operation, where nothing later was said."""
    if ended_at and lots:
        await db.execute(
            "UPDATE lot SET production_ended_at = greatest(production_ended_at, $3) WHERE tenant_id = $1"
            " AND id IN (SELECT id FROM lot WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE)",
            tenant_id, list(lots), ended_at,
        )  # fmt: skip


def _without_secrets(command: NewOperation) -> dict[str, Any]:
    """The trail is read by more people than the formula is."""
    after = command.model_dump(mode="json", exclude_none=True)
    for parameter in after["parameters"]:
        if parameter["secret"]:
            parameter["value"] = None
    return after


async def operations_of_lot(tenant_id: UUID, lot_id: UUID) -> list[dict[str, Any]]:
    """The operations that a lot went into or came out of, in the order they were recorded.

    `secrets`: what the products of these lots keep as trade secrets (`parameter:<name>`).
    """
    rows = await db.fetch(_LIST + " AND ol.lot_id IS NOT NULL ORDER BY o.id", tenant_id, lot_id)
    return [_shown(dict(row)) for row in rows]


async def get_operation(tenant_id: UUID, operation_id: UUID) -> dict[str, Any]:
    """One operation; NotFound."""
    row = await db.fetchrow(_LIST + " AND o.id = $3", tenant_id, None, operation_id)
    if row is None:
        raise NotFound
    return _shown(dict(row))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: db.loads(row[name]) for name in ("parameters", "scrapped_by_defect", "lots", "devices")}
