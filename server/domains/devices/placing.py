"""Where a device stood, from when to when."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from server.core import constraints, db
from server.core.actor import Actor
from server.core.clock import now
from server.core.errors import Conflict, NotFound, Problem
from server.core.ids import new_id
from server.domains.access import audit
from server.domains.devices.commands import MoveDevice

_PLACEMENTS = """
SELECT n.place_id, p.name AS place_name, n.from_at, n.until_at
FROM device_placement n JOIN place p ON p.tenant_id = $1 AND p.id = n.place_id
WHERE n.tenant_id = $1 AND n.device_id = $2 ORDER BY n.from_at NULLS FIRST, n.id
"""
_NEVER_MOVED = """
SELECT d.place_id, p.name AS place_name, NULL::timestamptz AS from_at, NULL::timestamptz AS until_at
FROM device d JOIN place p ON p.tenant_id = $1 AND p.id = d.place_id WHERE d.tenant_id = $1 AND d.id = $2
"""
_INSERT = """
INSERT INTO device_placement (tenant_id, id, device_id, place_id, from_at, until_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class DeviceMoveBackwards(Problem):
    """It came to where it stands only after that."""

    status = 422
    code = "device_move_backwards"


class DeviceElsewhere(Conflict):
    """The database's own last word: it stood in another place then."""

    code = "device_elsewhere"


constraints.register({"device_in_one_place": DeviceElsewhere})


async def move_device(actor: Actor, device_id: UUID, command: MoveDevice) -> None:
    """The device stands elsewhere from then on, or nowhere known. Raises NotFound, DeviceMoveBackwards."""
    at = command.at or now()
    device = await db.fetchrow(
        "SELECT place_id FROM device WHERE tenant_id = $1 AND id = $2 FOR UPDATE", actor.tenant, device_id
    )
    if device is None:
        raise NotFound
    if command.place_id is not None and not await db.fetchval(
        "SELECT true FROM place WHERE tenant_id = $1 AND id = $2", actor.tenant, command.place_id
    ):
        raise NotFound(field="place_id")
    await _leave(actor, device_id, device["place_id"], at)
    if command.place_id is not None:
        await db.execute(_INSERT, actor.tenant, new_id(), device_id, command.place_id, at, None, actor.id)
    await db.execute(
        "UPDATE device SET place_id = $3 WHERE tenant_id = $1 AND id = $2", actor.tenant, device_id, command.place_id
    )
    before, after = {"place_id": device["place_id"]}, {"place_id": command.place_id, "at": at}
    await audit.record(actor, "device.moved", "device", device_id, before=before, after=after)


async def _leave(actor: Actor, device_id: UUID, place_id: UUID | None, at: datetime) -> None:
    """Its stay where it stood ends; of a device that was never moved it is written down now."""
    last = await db.fetchrow(
        "SELECT id, from_at, until_at FROM device_placement WHERE tenant_id = $1 AND device_id = $2"
        " ORDER BY from_at DESC NULLS LAST LIMIT 1",
        actor.tenant, device_id,
    )  # fmt: skip
    if last is None:
        if place_id is not None:
            await db.execute(_INSERT, actor.tenant, new_id(), device_id, place_id, None, at, actor.id)
        return
    earliest = last["until_at"] or last["from_at"]
    if earliest is not None and at < earliest:
        raise DeviceMoveBackwards(field="at", since=earliest)
    if last["until_at"] is None:
        await db.execute(
            "UPDATE device_placement SET until_at = $3 WHERE tenant_id = $1 AND id = $2", actor.tenant, last["id"], at
        )


async def placements(tenant_id: UUID, device_id: UUID) -> Sequence[asyncpg.Record]:
    """place_id, place_name, from_at, until_at, the first place first; `from_at` empty: as long as anybody knows."""
    return await db.fetch(_PLACEMENTS, tenant_id, device_id) or await db.fetch(_NEVER_MOVED, tenant_id, device_id)
