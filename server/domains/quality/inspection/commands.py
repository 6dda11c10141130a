"""Input of what plans inspections and carries them out; also the wire bodies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from server.core.days import Day
from server.domains.quality.commands import Command, Inspected
from server.domains.quality.inspection.sampling import AQLS, Level

__all__ = [
    "CallInspection", "CheckRecord", "Command", "DayFilter", "Inspected", "InspectionFilter", "LateEntries", "NewPlan",
    "NewPlanVersion", "PartLots", "ResumeSampling", "RetirePlan", "Sampling",
]  # fmt: skip

Trigger = Literal[
    "receipt", "first_piece", "hours", "pieces", "last_piece", "end_of_lot", "before_shipment", "after_release",
    "daily", "weekly", "monthly",
]  # fmt: skip
FirstPieceOn = Literal["shift_start", "operator", "material", "tool", "program", "stop"]
ListState = Literal["upcoming", "due", "missed", "open", "done", "late", "failed", "withdrawn"]
Code = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Positive = Annotated[Decimal, Field(gt=0, le=Decimal("1e9"), allow_inf_nan=False)]
DAYS: Mapping[str, str] = {"daily": "day", "weekly": "week", "monthly": "month"}
MOST_MINUTES = 366 * 24 * 60

# What each trigger can be about, and which of the version's settings it must have.
SUBJECTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("receipt", "end_of_lot", "after_release"), frozenset({"lot"})),
    **dict.fromkeys(("first_piece", "hours", "last_piece"), frozenset({"lot", "device", "place"})),
    "pieces": frozenset({"lot"}),
    "before_shipment": frozenset({"lot", "shipment"}),
    **dict.fromkeys(DAYS, frozenset({"working_day"})),
}
NEEDS: Mapping[str, str] = {
    "first_piece": "first_piece_on", "hours": "every_hours", "pieces": "every_pieces", "after_release": "days_after",
}  # fmt: skip


class Sampling(Command):
    """GB/T 2828.1, single sampling. `aql` in per cent nonconforming, as the standard lists them."""

    aql: Annotated[str, Field(json_schema_extra={"enum": list(AQLS)})]
    level: Level = "II"

    @model_validator(mode="after")
    def _listed(self) -> Self:
        if self.aql not in AQLS:
            raise ValueError("not an AQL of the standard")
        return self


class NewPlanVersion(Command):
    """`within_minutes`: the time to do it in, from when it falls due; after that it is missed.

    `every_hours` counts from the start of the operation, or, with `while_running` off, from the day the version comes
    into force. `stop_hours`: a stop longer than this makes a first piece. `weekdays`: on which a daily record is
    expected, 1 is Monday.
    """

    form_id: UUID
    within_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)]
    mandatory: bool = True
    first_piece_on: Annotated[tuple[FirstPieceOn, ...], Field(max_length=6)] = ()
    stop_hours: Positive | None = None
    every_hours: Annotated[Decimal, Field(ge=Decimal("0.1"), le=Decimal(8784))] | None = None
    every_pieces: Positive | None = None
    while_running: bool = True
    days_after: Annotated[tuple[Annotated[int, Field(ge=0, le=36500)], ...], Field(max_length=50)] = ()
    weekdays: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1, max_length=7)] = (
        1, 2, 3, 4, 5, 6, 7,
    )  # fmt: skip
    sampling: Sampling | None = None
    in_force_from: AwareDatetime | None = None


class NewPlan(NewPlanVersion):
    """`product_id`: of a product or material, empty for every one; `step_id` empty: at every step."""

    code: Code
    name: Name
    trigger: Trigger
    product_id: UUID | None = None
    step_id: UUID | None = None
    device_id: UUID | None = None
    place_id: UUID | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.device_id is not None and self.place_id is not None:
            raise ValueError("a plan is about a device or a place")
        return self


class RetirePlan(Command):
    reason: Reason


class CallInspection(Command):
    """An inspection that nothing recorded by the system made due: after a repair, on demand, or again (`reinspects`,
    the one that failed). Of a lot, or of the plan's own device or place; again of a shipment too, the one that failed."""

    plan_id: UUID
    lot_id: UUID | None = None
    operation_id: UUID | None = None
    reason: Literal["repair", "tool", "program", "demand", "again"] = "demand"
    reinspects: UUID | None = None
    remark: Reason | None = None

    @model_validator(mode="after")
    def _again(self) -> Self:
        if (self.reinspects is not None) != (self.reason == "again"):
            raise ValueError("an inspection done again names the one that failed")
        return self


class PartLots(Command):
    """What was accepted and what was rejected go on as lots of their own, numbered here or from the lot's number.
    `from_lot_id`: the part split off the inspected lot, or the mixture, in which it lies, where it does not lie in the lot itself."""

    from_lot_id: UUID | None = None
    accepted_lot_no: Code | None = None
    rejected_lot_no: Code | None = None
    accepted_place_id: UUID | None = None
    rejected_place_id: UUID | None = None


class CheckRecord(Command):
    """Another person's confirmation. Without a name: by the one who is signed in; else the checker enters name and
    password beside the one who recorded it."""

    username: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    password: Annotated[str, Field(min_length=1, max_length=1000)] | None = None

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("a name comes with a password")
        return self


class ResumeSampling(Command):
    """Sampling that was discontinued goes on, tightened."""

    plan_id: UUID
    product_id: UUID
    supplier_id: UUID | None = None
    reason: Reason


class LateEntries(Command):
    """After how many minutes an entry counts as late (补录), where its form does not say; empty: after a day, and
    without a reason asked for."""

    late_after_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None


class InspectionFilter(BaseModel):
    """What a list of inspections is narrowed to. `due`: open and not yet too late; `open`: due or missed;
    `late`: done too late; `failed`: not passed; `withdrawn`: the end of its operation says that it was not due after all.
    Days are of `due_at`."""

    model_config = ConfigDict(extra="forbid")

    state: ListState = "open"
    trigger: Trigger | None = None
    plan_id: UUID | None = None
    lot_id: UUID | None = None
    device_id: UUID | None = None
    place_id: UUID | None = None
    shipment_id: UUID | None = None


class DayFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day_from: Day | None = None
    day_to: Day | None = None
    missing_only: bool = False
