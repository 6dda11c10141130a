"""What a phone delivers; also the wire bodies."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Base64Bytes, Field, model_validator

from server.core.days import Day, ZonedMoment
from server.domains.quality.commands import SUBJECT_FIELDS, Code, Command, FieldName, Inspected, Note, shallow

MOST_AT_ONCE = 200  # entries and items of one batch
Values = Annotated[dict[FieldName, Any], AfterValidator(shallow), Field(max_length=300)]
Ids = Annotated[tuple[UUID, ...], Field(max_length=20)]


class PhoneItem(Command):
    """One of many things that were checked alike: `values` says what differs."""

    entry_id: UUID
    lot_id: UUID | None = None
    code: Code | None = None
    values: Values = Field(default_factory=dict)
    photo_ids: Ids = ()

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.lot_id is None) == (self.code is None):
            raise ValueError("an item has exactly one subject")
        return self


class PhoneEntry(Command):
    """One filled-in form as it was entered on a phone. All times are claims. `seq`: the phone's own order. `photo_ids`: of
    photos that come up by themselves. `typed_later`: the numbers were read off a photo. `practice`: judged, never stored.
    With `items` it is a check of many, and needs no subject of its own.
    """

    entry_id: UUID
    seq: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    captured_at: ZonedMoment
    form_version_id: UUID
    lot_id: UUID | None = None
    code: Code | None = None
    device_id: UUID | None = None
    place_id: UUID | None = None
    supplier_id: UUID | None = None
    shipment_id: UUID | None = None
    working_day: Day | None = None
    operation_id: UUID | None = None
    inspection_id: UUID | None = None
    inspected: Inspected | None = None
    values: Values
    gauge_ids: Ids = ()
    photo_ids: Ids = ()
    typed_later: bool = False
    late_reason: Note | None = None
    incomplete: bool = False
    corrects: UUID | None = None
    correction_reason: Note | None = None
    practice: bool = False
    items: Annotated[tuple[PhoneItem, ...], Field(max_length=MOST_AT_ONCE)] = ()

    @property
    def subjects(self) -> int:
        return sum(getattr(self, name) is not None for name in SUBJECT_FIELDS)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.subjects != 1 and not (self.items and self.subjects == 0):
            raise ValueError("an entry has exactly one subject")
        if (self.corrects is None) != (self.correction_reason is None):
            raise ValueError("a correction gives its reason")
        ids = [self.entry_id, *(item.entry_id for item in self.items)]
        if len(set(ids)) != len(ids):
            raise ValueError("every item is an entry of its own")
        return self

    def rows(self) -> list["PhoneEntry"]:
        """The entries that become records: each item as the check says it and by what differs, then the check itself."""
        alone = {"items": (), "inspection_id": None, "inspected": None, "corrects": None, "correction_reason": None}
        rows = [
            self.model_copy(
                update={
                    **alone, **dict.fromkeys(SUBJECT_FIELDS), "entry_id": item.entry_id, "lot_id": item.lot_id, "code": item.code,
                    "values": {**self.values, **item.values}, "photo_ids": item.photo_ids,
                }
            )
            for item in self.items
        ]  # fmt: skip
        return [*rows, self.model_copy(update={"items": ()})] if self.subjects else rows


class Signature(Command):
    """Of the badge's holder over the very text of the entry: `mac` is HMAC-SHA256 by his key for this terminal."""

    badge_id: UUID
    key_no: Annotated[int, Field(ge=1, le=2**31 - 1)]
    mac: Annotated[Base64Bytes, Field(max_length=64)]


class SentEntry(Command):
    """An entry, or the text of one with its signature."""

    entry: PhoneEntry | None = None
    text: Annotated[str, Field(max_length=262_144)] | None = None
    signature: Signature | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.entry is None) == (self.text is None) or (self.text is None) != (self.signature is None):
            raise ValueError("an entry, or a text and its signature")
        return self


class ResolveConflict(Command):
    """`correct`: what came second is what was found; it becomes a correction of the record."""

    resolution: Literal["keep", "correct"]
    reason: Note


class NewHandover(Command):
    """A task for a colleague."""

    inspection_id: UUID
    to_user_id: UUID
    remark: Note | None = None


class NewPhoto(Command):
    """A photo that will come up in parts. `sha256`: of all its bytes, in hex. `live`: taken now, not picked from an album."""

    id: UUID
    size_bytes: Annotated[int, Field(ge=1, le=2**31 - 1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    entry_id: UUID | None = None
    lot_id: UUID | None = None
    captured_at: ZonedMoment | None = None
    place: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    live: bool = True
    phone: UUID | None = None
