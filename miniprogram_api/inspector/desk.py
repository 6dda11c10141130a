"""What an inspector looks after: conflicts, tasks handed to colleagues."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from miniprogram_api.inspector import examples
from server.domains.quality import phone
from server.http.routes import Call, RouteTable

routes = RouteTable("phone_desk")


class ConflictOut(BaseModel):
    """`kept`: what the record says, as it was sent; `other`: what came later under the same id."""

    id: UUID
    entry_id: UUID
    record_id: UUID
    form_code: str
    form_name: str
    form_name_en: str | None
    lot_no: str | None
    kept: dict[str, Any]
    kept_by: str
    kept_at: datetime
    other: dict[str, Any]
    other_by: str
    received_at: datetime
    resolution: Literal["keep", "correct"] | None
    reason: str | None
    resolved_at: datetime | None
    resolver_name: str | None


class ConflictList(BaseModel):
    items: list[ConflictOut]


class StandsOut(BaseModel):
    """The record that stands now."""

    record_id: UUID


class HandoverCreated(BaseModel):
    id: UUID


@routes.get("/api/v1/phone/conflicts", permission="quality.check", returns=ConflictList)
async def list_conflicts(call: Call) -> ConflictList:
    """Entries that came twice with different bodies, both side by side; those that wait first."""
    rows = await phone.list_conflicts(call.actor.tenant)
    return ConflictList(items=[ConflictOut.model_validate(row) for row in rows])


@routes.post(
    "/api/v1/phone/conflicts/{id}/resolution", permission="quality.check", body=phone.ResolveConflict, returns=StandsOut,
    example=examples.RESOLUTION,
)  # fmt: skip
async def resolve_conflict(call: Call, body: phone.ResolveConflict) -> StandsOut:
    """Say which of the two was found, with a reason; `correct` makes the later one a correction of the record."""
    return StandsOut(record_id=await phone.resolve_conflict(call.actor, call.id(), body))


@routes.post(
    "/api/v1/phone/handovers", permission="phone.enter", body=phone.NewHandover, returns=HandoverCreated, status=201,
    example=examples.HANDOVER,
)  # fmt: skip
async def hand_over(call: Call, body: phone.NewHandover) -> HandoverCreated:
    """Hand a task to a colleague, who finds it in his pack. Whoever does the inspection has done it."""
    return HandoverCreated(id=await phone.hand_over(call.actor, body))


@routes.delete("/api/v1/phone/handovers/{id}", permission="phone.enter", status=204)
async def end_handover(call: Call) -> None:
    """Take it back, or decline it."""
    await phone.end_handover(call.actor, call.id())
