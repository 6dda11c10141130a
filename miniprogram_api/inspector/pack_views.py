"""What of an enterprise's day an inspector's phone may hold: an allow-list."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from i18n import has_key, text
from server.core import db
from server.core.actor import Actor
from server.domains.access import LOCAL_UNLOCK_HOURS, Signer
from server.domains.access.badge_keys import ITERATIONS
from server.domains.access.pin_tries import MOST as PINS_MOST
from server.domains.quality import phone

PIN_TRIES, PIN_WAIT_SECONDS = 5, 300


class Out(BaseModel):
    model_config = ConfigDict(extra="ignore")


class MeOut(Out):
    """A person, or a terminal, at which the signers of the pack enter."""

    kind: str
    id: UUID
    name: str
    roles: list[str]
    may_record: bool
    may_check: bool
    tenant_name: str
    place_id: UUID | None
    place_name: str | None

    @classmethod
    def of(cls, actor: Actor, here: Mapping[str, Any]) -> "MeOut":
        return cls(
            kind=actor.kind, id=actor.id, name=actor.name, roles=sorted(actor.roles), may_record="phone.enter" in actor.permissions,
            may_check="quality.check" in actor.permissions, **here,
        )  # fmt: skip


class RulesOut(Out):
    """What the phone keeps to by itself while nobody can be asked."""

    skew_seconds: int = phone.SKEW_SECONDS
    batch_most: int = phone.MOST_AT_ONCE
    photo_most_bytes: int
    photo_part_bytes: int = phone.PART_BYTES
    local_unlock_hours: int = LOCAL_UNLOCK_HOURS
    gauge_overdue: str
    late_after_minutes: int | None
    pin_tries: int = PIN_TRIES
    pin_wait_seconds: int = PIN_WAIT_SECONDS
    pin_most: int = PINS_MOST


class LotOut(Out):
    """`codes`: some that stand for the whole lot, as they are scanned. `marks`: of its pieces, the first six bytes of the SHA-256 of
    each code, in base64 (None: too many to hold). `last_six`: of its number and of its codes, in capitals,
    as people type them. `unit`: in words. `photo`: where its picture is. `split_from`: the lot it was parted from."""

    id: UUID
    lot_no: str
    codes: list[str] = []
    marks: str | None = None
    last_six: list[str]
    split_from: UUID | None
    product_id: UUID
    product_name: str
    kind: str
    state: Literal["waiting", "passed", "held", "rejected"]
    quantity: Decimal | None
    unit: str | None
    place_id: UUID | None
    place_name: str | None
    photo: str | None
    due: list[UUID] = []

    @classmethod
    def of(cls, row: Mapping[str, Any], language: str, due: Iterable[UUID] = ()) -> "LotOut":
        names = [row["lot_no"], *([row["code_text"]] if row["code_text"] else []), *row.get("codes", ())]
        photo = f"/api/v1/attachments/{row['photo']}/content" if row["photo"] else None
        endings = dict.fromkeys(each[-6:].upper() for each in names)
        return cls(
            **{
                **row,
                "photo": photo,
                "unit": unit_words(row["unit"], language),
                "codes": names[1:],
                "marks": _base64(row["marks"]) if row.get("marks") else None,
            },
            last_six=list(endings),
            due=list(due),
        )


class SamplingOut(Out):
    letter: str
    sample_size: int
    accept: int
    reject: int
    severity: str
    whole: bool


class HandedOut(Out):
    to_user_id: UUID
    to_name: str
    from_name: str
    remark: str | None


class TaskOut(Out):
    """One inspection that is due. `subject`: what it is about, in words. `limits`: the key of those that hold for it."""

    id: UUID
    plan_name: str
    trigger: str
    reason: str | None
    mandatory: bool
    form_id: UUID
    form_version_id: UUID | None
    lot_id: UUID | None
    lot_no: str | None
    device_id: UUID | None
    device_name: str | None
    place_id: UUID | None
    place_name: str | None
    shipment_id: UUID | None
    shipment_no: str | None
    working_day: date | None
    operation_id: UUID | None
    product_id: UUID | None
    product_name: str | None
    subject: str
    due_from: datetime
    due_at: datetime
    state: str
    quantity: Decimal | None
    unit: str | None
    accepted: Decimal
    rejected: Decimal
    pending: Decimal
    sampling: SamplingOut | None
    limits: str | None
    handed_to: HandedOut | None

    @classmethod
    def of(cls, row: Mapping[str, Any], version_id: UUID | None, limits: str | None, language: str) -> "TaskOut":
        row = {**row, "unit": unit_words(row["unit"], language)}
        return cls(**row, form_version_id=version_id, limits=limits, subject=subject_words(row, language))


def unit_words(unit: str | None, language: str) -> str | None:
    """A unit of goods as people say it; one that the enterprise made up, as it is."""
    return text(f"unit.{unit}", language) if unit and has_key(f"unit.{unit}", language) else unit


def subject_words(row: Mapping[str, Any], language: str) -> str:
    """What a task or a record is about."""
    for name in ("lot_no", "device_name", "place_name", "shipment_no", "working_day"):
        if row.get(name) is not None:
            said = text(f"inspector.subject.{name}", language, name=str(row[name]))
            return f"{said} · {row['product_name']}" if row.get("product_name") and name == "lot_no" else said
    return str(row.get("plan_name") or row.get("form_name") or "")


class MeasuredOut(Out):
    """How the results of a field are read: `kind` number, count, grade (options from best to worst) or option."""

    id: UUID
    code: str
    kind: str
    decimals: int | None
    comparison: str
    options: list[str]
    options_en: list[str]
    method: str | None


class FieldOut(Out):
    title: str | None
    unit: str | None
    widget: str | None
    help: str | None
    secret: bool
    characteristic: MeasuredOut | None


class FormOut(Out):
    """A form version whole; entries name it by `id`. `limits`: the key of those that hold for no product in particular."""

    id: UUID
    form_id: UUID
    code: str
    name: str
    version: int
    stage: str
    subject_kind: str
    product_id: UUID | None
    second_check: bool
    late_after_minutes: int | None
    json_schema: dict[str, Any] = Field(alias="schema")
    order: list[str]
    fields: dict[str, FieldOut]
    limits: str | None


class LimitsOf(Out):
    """Which limits hold for a form about lots of a product."""

    form_version_id: UUID
    product_id: UUID
    key: str | None


class GaugeOut(Out):
    id: UUID
    code: str
    name: str
    calibration: str
    due_on: date | None


class ColleagueOut(Out):
    user_id: UUID
    name: str


class HandoverOut(Out):
    id: UUID
    inspection_id: UUID
    from_name: str
    to_user_id: UUID
    to_name: str
    remark: str | None
    created_at: datetime


class SignerOut(Out):
    """Who may sign at this terminal. `wrapped`: his key, to be opened by his PIN; all bytes in base64; none
    while the badge is locked for too many wrong tries."""

    badge_id: UUID
    user_id: UUID
    name: str
    badge_digest: str
    key_no: int
    salt: str
    iterations: int = ITERATIONS
    iv: str
    wrapped: str | None
    wrong_tries: int

    @classmethod
    def of(cls, signer: Signer) -> "SignerOut":
        return cls(
            badge_id=signer.badge_id, user_id=signer.user_id, name=signer.user_name, badge_digest=signer.digest.hex(),
            key_no=signer.key_no, salt=_base64(signer.salt), iv=_base64(signer.wrapped.iv) if signer.wrapped else "",
            wrapped=_base64(signer.wrapped.sealed) if signer.wrapped else None, wrong_tries=signer.wrong_tries,
        )  # fmt: skip


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


class PackOut(Out):
    day: date
    language: str
    me: MeOut
    rules: RulesOut
    lots: list[LotOut]
    inspections: list[TaskOut]
    forms: list[FormOut]
    limits: dict[str, dict[str, dict[str, Any]]]
    limits_of: list[LimitsOf]
    gauges: list[GaugeOut]
    colleagues: list[ColleagueOut]
    handovers: list[HandoverOut]
    signers: list[SignerOut]


class LimitKeys:
    """Limits said once each, by a key made of what they say."""

    def __init__(self) -> None:
        self.by_key: dict[str, dict[str, dict[str, Any]]] = {}

    def add(self, limits: dict[str, dict[str, Any]]) -> str | None:
        if not limits:
            return None
        key = hashlib.sha256(orjson.dumps(limits, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
        self.by_key[key] = limits
        return key


def form_out(form: phone.FormPack, pack: phone.Pack, keys: LimitKeys, language: str) -> FormOut:
    """The form in the reader's language."""
    row, schema = form.row, db.loads(form.row["schema"])
    properties = schema.get("properties", {})
    fields = {}
    for name in dict.fromkeys((*form.ui.order, *properties, *form.ui.fields)):
        hints = form.ui.fields.get(name)
        measured = pack.characteristics.get(hints.characteristic_id) if hints and hints.characteristic_id else None
        title = (_of_language(hints.titles, language) if hints else None) or _word(
            measured, language, properties.get(name, {}).get("title")
        )
        fields[name] = FieldOut(
            title=title or name, unit=(hints.unit if hints else None) or (measured["unit"] if measured else None),
            widget=hints.widget if hints else None, help=hints.help if hints else None, secret=bool(hints and hints.secret),
            characteristic=_measured(measured),
        )  # fmt: skip
    english = row["name_en"] if language == "en" else None
    return FormOut(
        **{**row, "name": english or row["name"], "schema": schema}, order=list(form.ui.order), fields=fields,
        limits=keys.add(pack.specified.limits_of(form, None, None)),
    )  # fmt: skip


def _of_language(titles: Mapping[Any, str], language: str) -> str | None:
    return titles.get(language)


def _word(measured: Mapping[str, Any] | None, language: str, title: str | None) -> str | None:
    """The schema's own title; where there is none, or the reader reads English, what is measured."""
    if measured is None:
        return title
    if language == "en" and measured["name_en"]:
        return str(measured["name_en"])
    return title or str(measured["name"])


def _measured(row: Mapping[str, Any] | None) -> MeasuredOut | None:
    if row is None:
        return None
    return MeasuredOut(**row, kind=row["result_kind"], comparison=row["comparison_rule"])
