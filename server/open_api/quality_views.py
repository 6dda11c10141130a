"""What of the quality domain leaves by /api/v1: allow-lists, with secrets shown as present, never as values."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from i18n import text
from server.core import db
from server.domains.quality import LotQuality, Row, Stored, Warned, show_measurement
from server.open_api.inspection_views import DecidedOut, ReachOut

PRESENT = {"present": True}


class Out(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Created(Out):
    id: UUID


class SpecificationCreated(Created):
    version: int


class FormCreated(Created):
    form_version_id: UUID


class Note(Out):
    """Something accepted that a person should see."""

    field: str
    title: str
    code: str
    text: str

    @classmethod
    def of(cls, note: Warned, language: str) -> "Note":
        sets = "、" if language == "zh_CN" else ", "
        named = sets.join(text(f"quality.set.{each}", language) for each in note.params.get("sets", ()))
        words = text(f"quality.warning.{note.code}", language, title=note.title, sets=named)
        return cls(field=note.field, title=note.title, code=note.code, text=words)


class RecordStored(Out):
    """What came of an entry. `failed_sets`: legal, customer, internal, or `range` (beyond the form's own range).
    `warnings` were accepted; red ones are `out_of_range` and `limit_failed`. `inspection`: the one that was done by it;
    `reach`: what a failed check puts in doubt, since the last good one."""

    id: UUID
    verdict: str
    verdict_in_force: str | None
    failed_sets: list[str]
    warning: bool
    replayed: bool
    warnings: list[Note]
    inspection: DecidedOut | None
    reach: ReachOut | None

    @classmethod
    def of(cls, stored: Stored, language: str) -> "RecordStored":
        return cls(
            id=stored.record_id, verdict=stored.verdict, verdict_in_force=stored.verdict_in_force,
            failed_sets=list(stored.failed_sets), warning=stored.warning, replayed=stored.replayed,
            warnings=[Note.of(each, language) for each in stored.warned],
            inspection=DecidedOut.of(stored.done.decided), reach=ReachOut.of(stored.done.reach),
        )  # fmt: skip


class RecordSummary(Out):
    id: UUID
    stage: str
    form_code: str
    form_name: str
    form_name_en: str | None
    form_version: int
    lot_id: UUID | None
    device_id: UUID | None
    place_id: UUID | None
    supplier_id: UUID | None
    shipment_id: UUID | None
    working_day: date | None
    operation_id: UUID | None
    verdict: str
    verdict_in_force: str | None
    warning: bool
    failed_sets: list[str]
    missing: list[str]
    source: str
    operator_name: str
    checker_name: str | None
    report_no: str | None
    captured_at: datetime | None
    received_at: datetime
    late: bool
    late_reason: str | None
    corrects: UUID | None
    correction_reason: str | None
    corrected_by: UUID | None
    document_no: str | None
    keep_until: datetime
    wants_check: bool
    checked_by: str | None
    checked_at: datetime | None
    inspection_id: UUID | None


class MeasurementOut(Out):
    """`result` is the value as text ("<0.01", "ND", an option); null where it is a secret (`present` is true) or blank."""

    characteristic_id: UUID
    code: str
    name: str
    name_en: str | None
    result: str | None
    value: Decimal | None
    qualifier: str | None
    unit: str | None
    limits: dict[str, Any] | None
    failed_sets: list[str]
    warning: bool
    verdict: str
    sample_no: int | None
    present: bool

    @classmethod
    def of(cls, row: Row, *, masked: bool) -> "MeasurementOut":
        shown = show_measurement(row)
        hidden = {"result": None, "value": None, "qualifier": None, "limits": None}
        own = {
            "result": shown or None,
            "value": row["value"],
            "qualifier": row["qualifier"],
            "limits": db.loads(row["limits"]),
        }
        return cls.model_validate({**row, **(hidden if masked else own), "present": bool(shown)})


class GaugeOut(Out):
    """A device that the record was measured with; `calibration` as it stood then."""

    device_id: UUID
    code: str
    name: str
    calibration: str


class LaterFile(Out):
    """A file that came after its record."""

    attachment_id: UUID
    added_at: datetime
    adder_name: str
    reason: str


class RecordOut(RecordSummary):
    """`attachment_ids`: all its files; `added_later`: which of them came after it."""

    form_version_id: UUID
    values: dict[str, Any]
    warnings: list[Note]
    measurements: list[MeasurementOut]
    attachment_ids: list[UUID]
    added_later: list[LaterFile]
    gauges: list[GaugeOut]
    secret_fields: list[str]

    @classmethod
    def of(cls, record: dict[str, Any], language: str, *, masks_secrets: bool) -> "RecordOut":
        secret = set(record["secret_fields"]) if masks_secrets else set()
        masked = set(record["secret_characteristics"]) if masks_secrets else set()
        values = {name: PRESENT if name in secret else each for name, each in record["values"].items()}
        measured = [MeasurementOut.of(row, masked=row["characteristic_id"] in masked) for row in record["measurements"]]
        notes = [Note.of(Warned(**note), language) for note in record["notes"]]
        later = [
            {"attachment_id": each["id"], "added_at": each["added_at"], "adder_name": each["adder_name"], "reason": each["add_reason"]}
            for each in record["files"] if each["added_at"] is not None
        ]  # fmt: skip
        shown = {"values": values, "measurements": measured, "warnings": notes, "added_later": later}
        return cls.model_validate({**record, **shown})


class RecordPage(Out):
    items: list[RecordSummary]
    next: str | None = None


class CharacteristicOut(Out):
    model_config = ConfigDict(extra="ignore", from_attributes=True)

    id: UUID
    code: str
    name: str
    name_en: str | None
    unit: str | None
    method: str | None
    result_kind: str
    decimals: int | None
    comparison_rule: str
    options: list[str]
    options_en: list[str]
    severity: str


class CharacteristicPage(Out):
    items: list[CharacteristicOut]
    next: str | None = None


class SpecificationOut(Out):
    id: UUID
    product_id: UUID | None
    step_id: UUID | None
    characteristic_id: UUID
    code: str
    name: str
    unit: str | None
    version: int
    limits: dict[str, Any]
    required: bool
    standard: str | None
    standard_edition: str | None
    valid_from: datetime


class SpecificationPage(Out):
    items: list[SpecificationOut]
    next: str | None = None


class FormOut(Out):
    model_config = ConfigDict(extra="ignore", populate_by_name=True, serialize_by_alias=True)

    id: UUID
    code: str
    name: str
    name_en: str | None
    stage: str
    product_id: UUID | None
    subject_kind: str
    document_no: str | None
    keep_years: int
    second_check: bool
    late_after_minutes: int | None
    form_version_id: UUID
    version: int
    json_schema: dict[str, Any] = Field(alias="schema")
    ui: dict[str, Any]
    in_force_from: datetime


class FormPage(Out):
    items: list[FormOut]
    next: str | None = None


class AttachmentOut(Out):
    """`digest` is SHA-256 of the file, in hex."""

    id: UUID
    digest: str
    file_name: str
    media_type: str
    size_bytes: int
    title: str | None
    kind: str | None = None


class AttachmentPage(Out):
    items: list[AttachmentOut]


class LotQualityOut(Out):
    verdict: str
    records: int
    fails: int
    not_judged: int
    warnings: int
    legal_fails: int
    documents: int
    last_record_at: datetime | None

    @classmethod
    def of(cls, quality: LotQuality) -> "LotQualityOut":
        return cls(verdict=quality.verdict, **quality._asdict())
