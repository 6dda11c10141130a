"""Input of the domain's commands; also the wire bodies."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from server.core.clock import lies_ahead
from server.core.days import Day, Moment, ZonedMoment
from server.core.ids import new_id
from server.core.impossible import ImpossibleValue
from server.domains.quality.limits import Comparison, Limits, ResultKind

Stage = Literal["material", "production", "testing", "logistics"]
SubjectKind = Literal["lot", "device", "place", "supplier", "shipment", "working_day"]
Source = Literal["phone", "web", "plc", "import", "api", "camera", "paper"]
Severity = Literal["critical", "major", "minor"]
Code = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[Decimal, Field(ge=0, le=Decimal("1e15"), allow_inf_nan=False)]
Note = Annotated[str, Field(min_length=1, max_length=1000)]
FieldName = Annotated[str, Field(min_length=1, max_length=80)]
MOST_NESTING = 24  # of JSON as sent; forms allow less, this only keeps what walks it from falling over


def shallow(value: dict[str, Any]) -> dict[str, Any]:
    """The value, if it nests no deeper than MOST_NESTING."""
    level: list[Any] = [value]
    for _ in range(MOST_NESTING):
        level = [child for each in level if isinstance(each, dict | list) for child in _children(each)]
        if not level:
            return value
    raise ValueError("nested too deeply")


def _children(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


SUBJECT_FIELDS = ("lot_id", "code", "device_id", "place_id", "supplier_id", "shipment_id", "working_day")


def not_ahead(at: datetime) -> datetime:
    """The moment, unless it lies ahead of our clock by more than clocks differ: ImpossibleValue `captured_in_future`."""
    if lies_ahead(at):
        raise ImpossibleValue("captured_in_future", at=at)
    return at


Captured = Annotated[ZonedMoment, AfterValidator(not_ahead)]


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewCharacteristic(Command):
    """`options_en`: what a reader of English sees in place of each option or grade, in their order; or empty."""

    code: Code
    name: Name
    name_en: Name | None = None
    unit: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    method: Name | None = None
    result_kind: ResultKind
    decimals: Annotated[int, Field(ge=0, le=12)] | None = None
    comparison_rule: Comparison = "full_value"
    options: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    options_en: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    severity: Severity = "major"


class CharacteristicWords(Command):
    """What is sent is changed: the English name, English words of all options in their order (or none)."""

    name_en: Name | None = None
    options_en: Annotated[tuple[Name, ...], Field(max_length=200)] = ()


class FormWords(Command):
    """The English name of a form."""

    name_en: Name | None = None


class NewSpecificationVersion(Command):
    """Limits in the characteristic's unit, in force from `valid_from` (now where empty)."""

    limits: Limits
    required: bool = True
    standard: Name | None = None
    standard_edition: Name | None = None
    valid_from: ZonedMoment | None = None


class NewSpecification(NewSpecificationVersion):
    """`product_id` empty: for every product; `step_id` empty: at every step."""

    characteristic_id: UUID
    product_id: UUID | None = None
    step_id: UUID | None = None


class FieldHints(Command):
    """How a field is shown and what it means. `characteristic_id` binds it to limits; `secret` keeps its value from
    regulators and the public, who see that it is present; `titles` by language, before the schema's own title."""

    characteristic_id: UUID | None = None
    unit: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    secret: bool = False
    titles: dict[Literal["zh_CN", "en"], Name] = Field(default_factory=dict)
    widget: Annotated[str, Field(max_length=40)] | None = None
    help: Annotated[str, Field(max_length=500)] | None = None


class FormUi(Command):
    """`order`: the fields as shown, the schema's order where empty; JSON objects as stored keep none."""

    order: Annotated[tuple[FieldName, ...], Field(max_length=300)] = ()
    fields: Annotated[dict[FieldName, FieldHints], Field(max_length=300)] = Field(default_factory=dict)


class NewFormVersion(Command):
    """`json_schema`: JSON Schema 2020-12 of the restricted profile, of type object."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    json_schema: Annotated[dict[str, Any], AfterValidator(shallow), Field(alias="schema")]
    ui: FormUi = FormUi()
    in_force_from: ZonedMoment | None = None


class NewForm(NewFormVersion):
    """`document_no`: the code where the plant numbers its documents no other way. `keep_years`: nothing is purged earlier,
    or ever, by itself. `second_check`: another person confirms each record. `late_after_minutes`: what is entered later
    than this after the fact says why."""

    code: Code
    name: Name
    name_en: Name | None = None
    stage: Stage
    subject_kind: SubjectKind = "lot"
    product_id: UUID | None = None
    document_no: Name | None = None
    keep_years: Annotated[int, Field(ge=1, le=100)] = 2
    second_check: bool = False
    late_after_minutes: Annotated[int, Field(ge=1, le=366 * 24 * 60)] | None = None


class Inspected(Command):
    """What a record decided of its inspection: how much was accepted and rejected (all that is pending, by the
    record's verdict, where neither is said), or the sample drawn and the nonconforming items in it."""

    accepted: Amount | None = None
    rejected: Amount | None = None
    sample_size: Annotated[int, Field(ge=1, le=10**9)] | None = None
    defectives: Annotated[int, Field(ge=0, le=10**9)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.sample_size is None) != (self.defectives is None):
            raise ValueError("a sample has a size and a number of nonconforming items")
        if self.sample_size is not None and self.defectives is not None and self.defectives > self.sample_size:
            raise ValueError("more nonconforming items than the sample has")
        if self.sample_size is not None and (self.accepted is not None or self.rejected is not None):
            raise ValueError("a sample decides about all that is pending")
        return self


class NewRecord(Command):
    """One filled-in form. Exactly one form reference and exactly one subject; `code` is a trace code.

    `entry_id` is the client's: sent again with the same body it names the same record. `incomplete` saves a record
    whose required fields are not all filled, as not judged. `inspection_id`: the inspection that it does; without one, the
    inspection that is due of this form and subject, if any. `gauge_ids`: the devices it was measured with.
    """

    entry_id: UUID = Field(default_factory=new_id)
    form_version_id: UUID | None = None
    form_id: UUID | None = None
    form_code: Code | None = None
    lot_id: UUID | None = None
    code: Code | None = None
    device_id: UUID | None = None
    place_id: UUID | None = None
    supplier_id: UUID | None = None
    shipment_id: UUID | None = None
    working_day: Day | None = None
    operation_id: UUID | None = None
    values: Annotated[dict[FieldName, Any], AfterValidator(shallow), Field(max_length=300)]
    source: Source = "api"
    captured_at: Captured | None = None
    operator_name: Name | None = None
    checker_name: Name | None = None
    report_no: Name | None = None
    late_reason: Note | None = None
    incomplete: bool = False
    inspection_id: UUID | None = None
    inspected: Inspected | None = None
    gauge_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    attachment_ids: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    corrects: UUID | None = None
    correction_reason: Note | None = None

    @property
    def subject(self) -> tuple[str, Any]:
        """(field, value) of the one subject given."""
        return next((name, value) for name in SUBJECT_FIELDS if (value := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if sum(getattr(self, name) is not None for name in SUBJECT_FIELDS) != 1:
            raise ValueError("a record has exactly one subject")
        if sum(each is not None for each in (self.form_version_id, self.form_id, self.form_code)) != 1:
            raise ValueError("a record names exactly one form")
        if (self.corrects is None) != (self.correction_reason is None):
            raise ValueError("a correction gives its reason")
        return self


class DecideLots(Command):
    """One signature over one lot or many: the signer's password is asked again. `remark` is printed on the lot's test report."""

    lot_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=10_000)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]
    remark: Note | None = None


class AskUrgent(Command):
    """Why a lot must leave before its results are there."""

    lot_id: UUID
    reason: Note


class DecideUrgent(Command):
    """The answer of a second person, who holds the right; the password is asked again. `remark` is printed on the lot's
    test report."""

    approve: bool
    password: Annotated[str, Field(min_length=1, max_length=1000)]
    remark: Note | None = None


class AttachToLot(Command):
    attachment_id: UUID
    kind: Literal["incoming_report", "inspection_report", "certificate", "photo", "other"] = "inspection_report"


class AddFiles(Command):
    """Files that come to a record after it was stored, and why only then."""

    attachment_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=20)]
    reason: Note


class RecordFilter(BaseModel):
    """What a list of records is narrowed to; dates are of `received_at`."""

    model_config = ConfigDict(extra="forbid")

    lot_id: UUID | None = None
    device_id: UUID | None = None
    place_id: UUID | None = None
    supplier_id: UUID | None = None
    shipment_id: UUID | None = None
    stage: Stage | None = None
    verdict: Literal["pass", "fail", "not_judged"] | None = None
    to_complete: bool | None = None
    late: bool | None = None
    current_only: bool = True
    received_from: Moment | None = None
    received_to: Moment | None = None
