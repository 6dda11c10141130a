"""What of the codes domain leaves by /api/v1: allow-lists."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from server.domains import codes
from server.http import problems
from server.open_api.whereabouts import Whereabouts


class RuleCreated(BaseModel):
    id: UUID
    version: int


class RuleOut(BaseModel):
    """A rule with its newest version."""

    id: UUID
    name: str
    version: int
    audience: str
    level: str
    unguessable: bool
    segments: list[dict[str, Any]]

    @classmethod
    def of(cls, rule_id: UUID, found: codes.RuleVersion) -> "RuleOut":
        spec = found.spec.model_dump(mode="json")
        return cls(id=rule_id, name=found.name, version=found.version, **spec)


class RulePage(BaseModel):
    items: list[RuleOut]


class Fault(BaseModel):
    field: str
    code: str
    text: str


class PreviewOut(BaseModel):
    """Example texts; how many different codes one order can have (a text: it may exceed 2^53); what forbids the rule."""

    texts: list[str]
    distinct: str
    enough: bool
    collision_chance: float
    faults: list[Fault]

    @classmethod
    def of(cls, tried: codes.Tried, language: str) -> "PreviewOut":
        return cls(
            texts=tried.texts,
            distinct=str(tried.capacity.distinct),
            enough=tried.capacity.enough,
            collision_chance=tried.capacity.collision_chance,
            faults=[
                Fault(field=each.field, code=each.code, text=problems.said(each.code, language, each.params))
                for each in tried.faults
            ],
        )


class PrintedOut(BaseModel):
    """What the order's segments and labels print."""

    lot_no: str
    product_name: str
    gtin: str | None = None
    produced_on: date | None = None
    expires_on: date | None = None


class OrderOut(BaseModel):
    """An order; `stored` of `count` codes exist. `state`: minting, ready, failed."""

    id: UUID
    rule_id: UUID
    rule_name: str
    lot_id: UUID
    audience: str
    level: str
    count: int
    stored: int
    state: str
    created_at: datetime
    ready_at: datetime | None
    printed: PrintedOut

    @classmethod
    def of(cls, order: codes.OrderView) -> "OrderOut":
        return cls.model_validate(asdict(order))


class OrderPage(BaseModel):
    items: list[OrderOut]
    next: str | None


class CodeItem(BaseModel):
    text: str
    serial: int
    state: str


class CodeItemPage(BaseModel):
    """Codes by serial; `next` is the first serial of the next page."""

    items: list[CodeItem]
    next: int | None


class ChangeOut(BaseModel):
    """Serials `first` to `last` were meant; `changed` of them were in a state to change."""

    first: int
    last: int
    changed: int


class HistoryItem(BaseModel):
    at: datetime
    change: str
    first: int
    last: int
    changed: int
    detail: dict[str, Any]
    actor_name: str


class HistoryPage(BaseModel):
    items: list[HistoryItem]


class CodeOut(Whereabouts):
    """One code as its enterprise sees it; reading it counts no scan."""

    text: str
    url: str
    order_id: UUID
    lot_id: UUID
    serial: int
    audience: str
    level: str
    state: str
    scan_count: int
    first_scanned_at: datetime | None
    package_id: UUID | None
    shipment_id: UUID | None
    history: list[HistoryItem]
