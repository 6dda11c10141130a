"""/api/v1/devices: equipment and gauges, and their calibration."""

from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from server.core.clock import EDGE, now
from server.core.models import found
from server.domains import devices
from server.domains.chain.values import Command
from server.http.paging import PageQuery
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import demo
from server.open_api.examples import master as master_examples
from server.open_api.paged import after_of, next_of

routes = RouteTable("devices")


class DeviceOut(Out):
    """`calibration`: how it stands now."""

    id: UUID
    code: str
    name: str
    kind: str
    place_id: UUID | None
    calibration_required: bool
    calibration: str

    @classmethod
    def shown(cls, device: devices.Device, calibration: str) -> "DeviceOut":
        return cls(
            id=device.id, code=device.code, name=device.name, kind=device.kind, place_id=device.place_id,
            calibration_required=device.calibration_required, calibration=calibration,
        )  # fmt: skip


class DevicePage(Out):
    items: list[DeviceOut]
    next: str | None


class PlacementOut(Out):
    """`from_at` empty: as long as anybody knows; `until_at` empty: it stands there still."""

    place_id: UUID
    place_name: str
    from_at: datetime | None
    until_at: datetime | None


class PlacementList(Out):
    items: list[PlacementOut]


class CalibrationOut(Out):
    """`valid_to`: the last day it holds."""

    id: UUID
    certificate_no: str
    calibrated_at: datetime
    valid_to: date
    passed: bool

    @classmethod
    def of(cls, row: Any) -> Self:
        last = (row["valid_until"] - timedelta(microseconds=1)).astimezone(EDGE).date()
        return cls.model_validate(dict(row) | {"valid_to": last})


class CalibrationList(Out):
    items: list[CalibrationOut]


class DeviceQuery(PageQuery):
    code: str | None = None
    place_id: UUID | None = None


class ValidityQuery(Command):
    """At which moment; without one, now."""

    at: datetime | None = None


class ValidityOut(Out):
    at: datetime
    calibration: str


async def shown(tenant_id: UUID, rows: list[devices.Device]) -> list[DeviceOut]:
    """Devices with how their calibration stands now."""
    states = await devices.calibration_at(tenant_id, [row.id for row in rows], now())
    return [DeviceOut.shown(row, states[row.id]) for row in rows]


@routes.post(
    "/api/v1/devices",
    permission="chain.master",
    body=devices.NewDevice,
    returns=Created,
    status=201,
    example=master_examples.DEVICE,
)
async def create_device(call: Call, body: devices.NewDevice) -> Created:
    return Created(id=await devices.create_device(call.actor, body))


@routes.get("/api/v1/devices", permission="chain.read", query=DeviceQuery, returns=DevicePage)
async def list_devices(call: Call) -> DevicePage:
    query: DeviceQuery = call.query
    tenant = call.actor.tenant
    rows = await devices.list_devices(tenant, after_of(query), query.limit, code=query.code, place_id=query.place_id)
    return DevicePage(items=await shown(tenant, rows), next=next_of(rows, query))


@routes.get("/api/v1/devices/{id}", permission="chain.read", returns=DeviceOut)
async def get_device(call: Call) -> DeviceOut:
    device = await found(devices.Device, call.id(), call.actor.tenant)
    return (await shown(call.actor.tenant, [device]))[0]


@routes.patch(
    "/api/v1/devices/{id}",
    permission="chain.master",
    body=devices.DeviceChanges,
    returns=DeviceOut,
    example=master_examples.DEVICE_CHANGE,
    path_example={"id": demo.LOGGER},
)
async def change_device(call: Call, body: devices.DeviceChanges) -> DeviceOut:
    await devices.change_device(call.actor, call.id(), body)
    device = await found(devices.Device, call.id(), call.actor.tenant)
    return (await shown(call.actor.tenant, [device]))[0]


@routes.post(
    "/api/v1/devices/{id}/calibrations",
    permission="chain.master",
    body=devices.NewCalibration,
    returns=Created,
    status=201,
    example=master_examples.CALIBRATION,
)
async def calibrate(call: Call, body: devices.NewCalibration) -> Created:
    return Created(id=await devices.calibrate(call.actor, call.id(), body))


@routes.get("/api/v1/devices/{id}/calibrations", permission="chain.read", returns=CalibrationList)
async def list_calibrations(call: Call) -> CalibrationList:
    await found(devices.Device, call.id(), call.actor.tenant)
    rows = await devices.list_calibrations(call.actor.tenant, call.id())
    return CalibrationList(items=[CalibrationOut.of(row) for row in rows])


@routes.get("/api/v1/devices/{id}/calibration", permission="chain.read", query=ValidityQuery, returns=ValidityOut)
async def calibration_at(call: Call) -> ValidityOut:
    at = call.query.at or now()
    at = at if at.tzinfo else at.replace(tzinfo=EDGE)
    states = await devices.calibration_at(call.actor.tenant, [call.id()], at)
    return ValidityOut(at=at, calibration=states[call.id()])


@routes.post(
    "/api/v1/devices/{id}/move",
    permission="chain.write",
    body=devices.MoveDevice,
    returns=PlacementList,
    example=master_examples.DEVICE_MOVE,
    path_example={"id": demo.LOGGER},
)
async def move_device(call: Call, body: devices.MoveDevice) -> PlacementList:
    await devices.move_device(call.actor, call.id(), body)
    return await _placements(call)


@routes.get("/api/v1/devices/{id}/placements", permission="chain.read", returns=PlacementList)
async def list_placements(call: Call) -> PlacementList:
    await found(devices.Device, call.id(), call.actor.tenant)
    return await _placements(call)


async def _placements(call: Call) -> PlacementList:
    rows = await devices.placements(call.actor.tenant, call.id())
    return PlacementList(items=[PlacementOut.of(row) for row in rows])
