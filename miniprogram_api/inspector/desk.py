"""What an inspector looks after: his own day, conflicts, tasks handed to colleagues, signs of invented data."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from i18n import readable, text
from miniprogram_api.inspector import examples
from miniprogram_api.inspector.pack_views import subject_words
from server.core.clock import EDGE, now
from server.core.days import Day
from server.core.errors import NotFound
from server.domains.access import holders_of
from server.domains.quality import inspection, phone
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


class DayQuery(BaseModel):
    """`day`: today where empty."""

    model_config = ConfigDict(extra="forbid")
    day: Day | None = None


class HistoryQuery(DayQuery):
    """`badge_id`: at a terminal, whose day it is."""

    badge_id: UUID | None = None


class HistoryItem(BaseModel):
    """One record as it was delivered. `subject`: what it is about, in words. `corrected_by`: the record that corrected it."""

    record_id: UUID
    entry_id: UUID
    check_id: UUID | None
    form_name: str
    form_name_en: str | None
    subject: str
    verdict: str
    captured_at: datetime | None
    received_at: datetime
    flags: list[str]
    lot_id: UUID | None
    lot_no: str | None
    device_id: UUID | None
    device_name: str | None
    place_id: UUID | None
    place_name: str | None
    shipment_id: UUID | None
    working_day: date | None
    inspection_id: UUID | None
    corrects: UUID | None
    corrected_by: UUID | None
    photos: int


class HistoryOut(BaseModel):
    items: list[HistoryItem]


class BadgeQuery(BaseModel):
    """`badge_id`: at a terminal, whose."""

    model_config = ConfigDict(extra="forbid")
    badge_id: UUID | None = None


class OwnConflictOut(BaseModel):
    """`own`: which of the two was one's own, the one `kept` as the record, the `other` that came later, or both. `record_id`:
    the record that stands. Empty `resolution`: it is still looked at."""

    id: UUID
    entry_id: UUID
    record_id: UUID
    own: Literal["kept", "other", "both"]
    form_name: str
    form_name_en: str | None
    lot_no: str | None
    received_at: datetime
    resolution: Literal["keep", "correct"] | None
    reason: str | None
    resolved_at: datetime | None
    resolver_name: str | None


class OwnConflictList(BaseModel):
    items: list[OwnConflictOut]


class SignOut(BaseModel):
    """Something to look at; nothing was refused for it."""

    kind: str
    text: str
    operator_name: str
    record_ids: list[UUID]


class SignList(BaseModel):
    items: list[SignOut]


@routes.get("/api/v1/phone/records", permission="phone.enter", query=HistoryQuery, returns=HistoryOut)
async def own_history(call: Call) -> HistoryOut:
    """What one has delivered on a day, the newest first."""
    user_id = await _person(call)
    rows = await phone.own_history(call.actor.tenant, user_id, call.query.day or now().astimezone(EDGE).date())
    return HistoryOut(
        items=[HistoryItem.model_validate({**row, "subject": subject_words(row, call.language)}) for row in rows]
    )


async def _person(call: Call) -> UUID:
    """Whose desk it is: at a terminal that of the badge's holder. NotFound."""
    user_id, badge_id = call.actor.id, call.query.badge_id
    if call.actor.kind == "terminal":
        holders = await holders_of(call.actor.tenant, [badge_id] if badge_id else [])
        if badge_id not in holders:
            raise NotFound(field="badge_id")
        user_id = holders[badge_id].user_id
    assert user_id is not None
    return user_id


@routes.get("/api/v1/phone/own-conflicts", permission="phone.enter", query=BadgeQuery, returns=OwnConflictList)
async def own_conflicts(call: Call) -> OwnConflictList:
    """How conflicts about one's own entries stand or ended: who decided, why, and which record stands; the newest first."""
    rows = await phone.own_conflicts(call.actor.tenant, await _person(call))
    return OwnConflictList(items=[OwnConflictOut.model_validate(row) for row in rows])


@routes.get("/api/v1/phone/signs", permission="quality.check", query=DayQuery, returns=SignList)
async def list_signs(call: Call) -> SignList:
    """What was unusual about the entries that phones delivered on a day: bursts, the same numbers again and again, entries
    heaped at a shift's end, values piled just inside a limit, photos used before, wrong clocks, late deliveries."""
    day = call.query.day or now().astimezone(EDGE).date()
    return SignList(items=[
        SignOut(
            kind=each.kind, text=text(f"inspection.unusual.{each.kind}", call.language, **readable(each.params)),
            operator_name=each.operator_name, record_ids=list(each.records),
        )
        for each in await inspection.signs_of_day(call.actor.tenant, day)
    ])  # fmt: skip


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
