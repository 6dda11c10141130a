"""Devices are kept by hand; their calibrations are facts, added and never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from server.core import db
from server.core.actor import Actor
from server.core.errors import NotFound
from server.core.ids import new_id
from server.core.models import found
from server.domains.access import audit
from server.domains.devices.commands import DeviceChanges, MoveDevice, NewCalibration, NewDevice
from server.domains.devices.models import Device
from server.domains.devices.placing import move_device
from server.domains.devices.rules import Calibration, Validity, validity_at

_CALIBRATIONS = """
SELECT device_id, calibrated_at, valid_until, passed FROM calibration
WHERE tenant_id = $1 AND device_id = ANY($2::uuid[]) AND calibrated_at <= $3
"""


async def create_device(actor: Actor, command: NewDevice) -> UUID:
    """Enter a device."""
    device = await Device.create(tenant_id=actor.tenant, **command.model_dump())
    await audit.record(actor, "device.created", "device", device.id, after=command.model_dump())
    return device.id


async def change_device(actor: Actor, device_id: UUID, command: DeviceChanges) -> None:
    """Change the fields that were sent; at another place it stands from now on. Raises NotFound."""
    device = await found(Device, device_id, actor.tenant)
    values = command.model_dump(exclude_unset=True)
    place_id = values.pop("place_id", device.place_id)
    if place_id != device.place_id:
        await move_device(actor, device_id, MoveDevice(place_id=place_id))
    before = {name: getattr(device, name) for name in values}
    if values == before:
        return
    device.update_from_dict(values)
    await device.save(update_fields=list(values))
    await audit.record(actor, "device.changed", "device", device_id, before=before, after=values)


async def calibrate(actor: Actor, device_id: UUID, command: NewCalibration) -> UUID:
    """Enter a calibration certificate. Raises NotFound."""
    await found(Device, device_id, actor.tenant)
    calibration_id = new_id()
    await db.execute(
        "INSERT INTO calibration (tenant_id, id, device_id, certificate_no, calibrated_at, valid_until, passed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        actor.tenant, calibration_id, device_id, command.certificate_no, command.calibrated_at, command.valid_until,
        command.passed,
    )  # fmt: skip
    after = command.model_dump() | {"calibration_id": calibration_id}
    await audit.record(actor, "device.calibrated", "device", device_id, after=after)
    return calibration_id


async def calibration_at(tenant_id: UUID, device_ids: Sequence[UUID], at: datetime) -> dict[UUID, Validity]:
    """How each device stood at that moment. Raises NotFound if one of them does not exist."""
    wanted = set(device_ids)
    rows = await db.fetch(
        "SELECT id, calibration_required FROM device WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tenant_id,
        list(wanted),
    )
    if len(rows) != len(wanted):
        raise NotFound(field="device_ids")
    known: dict[UUID, list[Calibration]] = {row["id"]: [] for row in rows}
    for row in await db.fetch(_CALIBRATIONS, tenant_id, list(wanted), at):
        known[row["device_id"]].append(Calibration(row["calibrated_at"], row["valid_until"], row["passed"]))
    return {row["id"]: validity_at(row["calibration_required"], known[row["id"]], at) for row in rows}


async def list_devices(
    tenant_id: UUID, after: UUID | None, limit: int, *, code: str | None = None, place_id: UUID | None = None
) -> list[Device]:
    """Devices in the order they were entered."""
    wanted = {name: value for name, value in (("code", code), ("place_id", place_id)) if value is not None}
    rows = Device.filter(tenant_id=tenant_id, **wanted)
    if after is not None:
        rows = rows.filter(id__gt=after)
    return await rows.order_by("id").limit(limit)


async def list_calibrations(tenant_id: UUID, device_id: UUID) -> Sequence[asyncpg.Record]:
    """A device's certificates, the newest first."""
    return await db.fetch(
        "SELECT * FROM calibration WHERE tenant_id = $1 AND device_id = $2 ORDER BY calibrated_at DESC, id DESC",
        tenant_id, device_id,
    )  # fmt: skip
