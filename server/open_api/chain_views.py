"""What leaves of lots and links: every field that others see of them stands here."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from i18n import retold
from server.core import db
from server.core.clock import EDGE
from server.domains.chain.stock.quantities import Balance


class Out(BaseModel):
    """Read from rows and objects; what is not listed does not leave."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(dict(row) if hasattr(row, "keys") else row)


class Created(Out):
    id: UUID


class HoldOut(Out):
    """Why it stops and why it ended: sentences of ours in the caller's language, a person's as they were written."""

    id: UUID
    lot_id: UUID
    kind: str
    cause: str
    reason: str
    opened_by: UUID | None
    opened_at: datetime
    closed_by: UUID | None
    closed_at: datetime | None
    close_reason: str | None

    @classmethod
    def told(cls, row: Any, language: str) -> Self:
        why = {name: row[name] and retold(row[name], language) for name in ("reason", "close_reason")}
        return cls.of({**row, **why})


class HistoryOut(Out):
    """`reason`: a person's words, or one word of ours: split, merged, reworked, repaired, packed, goods_were_rejected."""

    at: datetime
    state_from: str | None
    state_to: str
    reason: str | None
    actor_name: str


class CorrectionOut(Out):
    """What was mistyped and put right. `corrected_lot_id`: whose entry was wrong; another where this lot had taken it over."""

    at: datetime
    corrected_lot_id: UUID
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    actor_name: str

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(dict(row) | {"before": db.loads(row["before"]), "after": db.loads(row["after"])})


class BalanceOut(Out):
    """quantity = consumed + split_off + packed + installed + shipped + scrapped + returned + sampled + left + unexplained, in
    `unit`. `returned`: to the supplier. `unknown_draws`: uses of unknown quantity, in no term: with one, no more than `left`
    is left."""

    unit: str | None
    quantity: Decimal | None
    consumed: Decimal | dict[str, bool]
    split_off: Decimal
    packed: Decimal
    installed: Decimal
    shipped: Decimal
    scrapped: Decimal
    returned: Decimal
    sampled: Decimal
    left: Decimal | None
    unexplained: Decimal
    last_counted_at: datetime | None
    unknown_draws: int

    @classmethod
    def of_balance(cls, balance: Balance) -> Self:
        return cls.model_validate(balance)


class ReferencesOut(Out):
    production_order: str | None
    purchase_order: str | None
    delivery_note: str | None
    customer_order: str | None


class LotSummary(Out):
    """A lot in a list. `left` is empty where the quantity is unknown; `expires_on`: the last day it may be used."""

    id: UUID
    kind: str
    product_id: UUID
    product_name: str
    sku: str
    lot_no: str
    supplier_id: UUID | None
    supplier_name: str | None
    supplier_lot_no: str | None
    quantity: Decimal | None
    unit: str | None
    left: Decimal | None
    produced_at: datetime | None
    produced_on: date | None
    production_ended_at: datetime | None
    received_at: datetime | None
    expires_at: datetime | None
    expires_on: date | None
    state: str
    released_at: datetime | None
    place_id: UUID | None
    place_name: str | None
    remark: str | None
    created_at: datetime
    references: ReferencesOut

    @classmethod
    def fields_of(cls, row: Any) -> dict[str, Any]:
        lot = dict(row)
        expires_at = lot["expires_at"]
        known = lot["quantity"] is not None
        return lot | {
            "left": lot["quantity"] + lot["counted_difference"] - lot["used_quantity"] if known else None,
            "expires_on": (expires_at - timedelta(microseconds=1)).astimezone(EDGE).date() if expires_at else None,
            "references": lot,
        }

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls.model_validate(cls.fields_of(row))


class LotPage(Out):
    items: list[LotSummary]
    next: str | None


class LotOut(LotSummary):
    """A lot with what stops it, the states it went through, and where its quantity went."""

    spec: str | None
    holds: list[HoldOut]
    history: list[HistoryOut]
    corrections: list[CorrectionOut]
    balance: BalanceOut


class LinkOut(Out):
    """`quantity`: shown to an authority as present where it tells a formula that is a trade secret."""

    id: UUID
    from_lot: UUID
    from_lot_no: str
    to_lot: UUID
    to_lot_no: str
    kind: str
    quantity: Decimal | dict[str, bool] | None
    unit: str | None
    operation_id: UUID | None
    at: datetime | None
    until: datetime | None
    reverses: UUID | None
    reversed: bool
    created_at: datetime


class LinkPage(Out):
    items: list[LinkOut]
    next: str | None


class LinkCreated(Out):
    """`warnings`: what the dates say against it, in the reader's words; the link is stored all the same."""

    id: UUID
    warnings: list[str]


class Opened(Out):
    links_ended: int
