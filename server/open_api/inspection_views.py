"""What of inspections leaves by /api/v1: allow-lists."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.domains.quality import inspection


class Out(BaseModel):
    model_config = ConfigDict(extra="ignore")


class InspectionCreated(Out):
    id: UUID


class PlanCreated(InspectionCreated):
    version: int


class SamplingOut(Out):
    """GB/T 2828.1: accepted with at most `accept` nonconforming items in `sample_size`. `whole`: every item."""

    letter: str
    sample_size: int
    accept: int
    reject: int
    severity: str
    whole: bool


class SamplingSetting(Out):
    aql: str
    level: str


class PlanOut(Out):
    """A plan with its newest version."""

    id: UUID
    code: str
    name: str
    trigger: str
    product_id: UUID | None
    step_id: UUID | None
    device_id: UUID | None
    place_id: UUID | None
    retired_at: datetime | None
    version: int
    form_id: UUID
    form_code: str
    form_name: str
    form_name_en: str | None
    within_minutes: int
    mandatory: bool
    first_piece_on: list[str]
    stop_hours: Decimal | None
    every_hours: Decimal | None
    every_pieces: Decimal | None
    while_running: bool
    days_after: list[int]
    weekdays: list[int]
    sampling: SamplingSetting | None
    in_force_from: datetime


class PlanPage(Out):
    items: list[PlanOut]
    next: str | None = None


class InspectionOut(Out):
    """`state`: upcoming, due, missed (open and too late), done, withdrawn (not due after all, `withdrawn_reason`). `late`: done too late, or open and too late already.
    Of a lot whose quantity is known, accepted + rejected + pending = quantity."""

    id: UUID
    plan_id: UUID
    plan_code: str
    plan_name: str
    trigger: str
    reason: str
    state: str
    mandatory: bool
    late: bool
    form_id: UUID
    form_code: str
    form_name: str
    form_name_en: str | None
    lot_id: UUID | None
    lot_no: str | None
    product_id: UUID | None
    product_name: str | None
    supplier_id: UUID | None
    device_id: UUID | None
    device_name: str | None
    place_id: UUID | None
    place_name: str | None
    shipment_id: UUID | None
    working_day: date | None
    operation_id: UUID | None
    reinspects: UUID | None
    due_from: datetime
    due_at: datetime
    quantity: Decimal | None
    unit: str | None
    accepted: Decimal
    rejected: Decimal
    pending: Decimal
    verdict: str | None
    record_id: UUID | None
    done_at: datetime | None
    entered_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


class InspectionPage(Out):
    items: list[InspectionOut]
    next: str | None = None


class ResultOut(Out):
    record_id: UUID
    verdict: str
    accepted: Decimal
    rejected: Decimal
    sample_size: int | None
    defectives: int | None
    created_at: datetime


class PartOut(Out):
    lot_id: UUID
    lot_no: str
    outcome: str
    quantity: Decimal


class InspectionDetail(InspectionOut):
    """`sampling`: of an open one the plan by which the lot is to be sampled now, of one that is done the plan it was."""

    sampling: SamplingOut | None
    results: list[ResultOut]
    parts: list[PartOut]


class CountsOut(Out):
    due: int
    missed: int
    upcoming: int


class PartedOut(Out):
    """The lots that were split off, by outcome."""

    accepted: UUID | None = None
    rejected: UUID | None = None


class DecidedOut(Out):
    """The inspection that a record did. `verdict` is null while a quantity is pending."""

    inspection_id: UUID
    trigger: str
    verdict: str | None
    late: bool
    quantity: Decimal | None
    accepted: Decimal
    rejected: Decimal
    pending: Decimal
    sampling: SamplingOut | None

    @classmethod
    def of(cls, decided: inspection.Decided | None) -> Self | None:
        return None if decided is None else cls.model_validate(decided._asdict())


class ReachedLotOut(Out):
    lot_id: UUID
    lot_no: str
    quantity: Decimal | None
    unit: str | None
    first_at: datetime


class QuantityOut(Out):
    quantity: Decimal
    unit: str


class ReachOut(Out):
    """How far a failed check reaches. `made_since`: the lots made, `was_there_since`: the lots that were there, since the
    last good check (`since`; null: there was none). At most 1,000 lots are named, `lots_in_all` counts them."""

    kind: str
    since_record_id: UUID | None
    since: datetime | None
    until: datetime
    lots: list[ReachedLotOut]
    lots_in_all: int
    quantities: list[QuantityOut]
    unknown_quantities: int

    @classmethod
    def of(cls, reach: inspection.Reach | None) -> Self | None:
        if reach is None:
            return None
        quantities = [QuantityOut(quantity=each, unit=unit) for unit, each in reach.quantities.items()]
        lots = [ReachedLotOut.model_validate(lot._asdict()) for lot in reach.lots]
        return cls.model_validate(reach._asdict() | {"lots": lots, "quantities": quantities})


class RecordReach(Out):
    """`reach` is null for a record that failed nothing but itself."""

    reach: ReachOut | None


class ToCheckOut(Out):
    id: UUID
    form_code: str
    form_name: str
    form_name_en: str | None
    lot_id: UUID | None
    device_id: UUID | None
    place_id: UUID | None
    supplier_id: UUID | None
    shipment_id: UUID | None
    working_day: date | None
    verdict: str
    source: str
    operator_name: str
    captured_at: datetime | None
    received_at: datetime


class ToCheckPage(Out):
    items: list[ToCheckOut]
    next: str | None = None


class SamplingStateOut(Out):
    """How severely the next lot of a supplier and product is sampled."""

    plan_id: UUID
    plan_name: str
    supplier_id: UUID | None
    supplier_name: str | None
    product_id: UUID
    product_name: str
    severity: str
    lots: int
    not_accepted: int
    last_at: datetime


class SamplingStates(Out):
    items: list[SamplingStateOut]


class WorkingDayOut(Out):
    """A day, week (its Sunday) or month (its last day) that a record is expected for. `state`: due, missed, done,
    upcoming."""

    inspection_id: UUID
    plan_id: UUID
    plan_name: str
    trigger: str
    working_day: date
    state: str
    late: bool
    due_at: datetime
    verdict: str | None
    record_id: UUID | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        return cls.model_validate(row | {"inspection_id": row["id"]})


class WorkingDayPage(Out):
    items: list[WorkingDayOut]
    next: str | None = None


class LateFormOut(Out):
    form_id: UUID
    form_code: str
    form_name: str
    form_name_en: str | None
    late: int


class LateEntriesOut(Out):
    """Entries after the fact, counted by form. `late_after_minutes`: the enterprise's own limit."""

    late_after_minutes: int | None
    total: int
    by_form: list[LateFormOut]
