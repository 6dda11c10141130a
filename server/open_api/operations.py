"""/api/v1/operations: what was done to lots, by whom, with what."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.domains import chain
from server.domains.quality import events
from server.http.routes import Call, RouteTable
from server.open_api.chain_views import Created, Out
from server.open_api.examples import chain as chain_examples
from server.open_api.examples import demo

routes = RouteTable("operations")
PRESENT = {"present": True}


class ParameterOut(Out):
    """`value`, `low` and `high` of a secret parameter are shown to an authority as present."""

    name: str
    value: Decimal | str | dict[str, bool]
    unit: str | None
    low: Decimal | dict[str, bool] | None
    high: Decimal | dict[str, bool] | None
    secret: bool

    @classmethod
    def shown(cls, parameter: dict[str, Any], masked: bool) -> "ParameterOut":
        if masked and parameter["secret"]:
            values = {name: PRESENT for name in ("value", "low", "high") if parameter[name] is not None}
            return cls.model_validate(parameter | values)
        return cls.model_validate(parameter)


class OperationLot(Out):
    lot_id: UUID
    lot_no: str
    role: str


class OperationDevice(Out):
    """`calibration`: as it stood when the device was used."""

    device_id: UUID
    code: str
    name: str
    calibration: str


class OperationOut(Out):
    id: UUID
    step_id: UUID | None
    step_name: str | None
    critical: bool | None
    name: str
    line_place_id: UUID | None
    line_name: str | None
    shift: str | None
    operator_id: UUID | None
    operator_name: str | None
    started_at: datetime | None
    ended_at: datetime | None
    parameters: list[ParameterOut]
    unit: str | None
    quantity_in: Decimal | None
    quantity_good: Decimal | None
    quantity_reworked: Decimal | None
    quantity_scrapped: Decimal | None
    scrapped_by_defect: dict[str, Decimal]
    lots: list[OperationLot]
    devices: list[OperationDevice]

    @classmethod
    def shown(cls, row: dict[str, Any], masked: bool) -> "OperationOut":
        secrets = row["secrets"]
        parameters = [
            ParameterOut.shown(p | {"secret": p["secret"] or f"parameter:{p['name']}" in secrets}, masked)
            for p in row["parameters"]
        ]
        return cls.model_validate(row | {"parameters": parameters})


class OperationList(Out):
    items: list[OperationOut]


@routes.post(
    "/api/v1/operations",
    permission="chain.write",
    body=chain.NewOperation,
    returns=Created,
    status=201,
    example=chain_examples.OPERATION,
)
async def record_operation(call: Call, body: chain.NewOperation) -> Created:
    operation_id = await chain.record_operation(call.actor, body)
    await events.operation_recorded(call.actor, operation_id, body)
    return Created(id=operation_id)


@routes.post(
    "/api/v1/operations/{id}/end",
    permission="chain.write",
    body=chain.EndOperation,
    returns=OperationOut,
    example=chain_examples.OPERATION_END,
    path_example={"id": demo.RUNNING_OPERATION},
)
async def end_operation(call: Call, body: chain.EndOperation) -> OperationOut:
    """Once; in the same words again it answers the same."""
    ended = await chain.end_operation(call.actor, call.id(), body)
    if not ended.before:
        await events.operation_ended(call.actor, call.id(), ended.lots_out)
    return OperationOut.shown(await chain.get_operation(call.actor.tenant, call.id()), call.masks_secrets)


@routes.get("/api/v1/operations/{id}", permission="chain.read", returns=OperationOut)
async def get_operation(call: Call) -> OperationOut:
    return OperationOut.shown(await chain.get_operation(call.actor.tenant, call.id()), call.masks_secrets)


@routes.get("/api/v1/lots/{id}/operations", permission="chain.read", returns=OperationList)
async def list_operations(call: Call) -> OperationList:
    await chain.queries.lot(call.actor.tenant, call.id())
    rows = await chain.operations_of_lot(call.actor.tenant, call.id())
    return OperationList(items=[OperationOut.shown(row, call.masks_secrets) for row in rows])
