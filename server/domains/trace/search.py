"""Finding lots by what people have in hand: numbers, dates, suppliers, verdicts. Pages are stable while rows are added.

Under row-level security an index answers `=` and `<`, never LIKE: a beginning of a number is asked as a range of texts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.core import db
from server.core.actor import Actor
from server.domains.trace.ends import Row
from server.domains.trace.rules import Verdict
from server.domains.trace.starts import lots_of_code

LotKind = Literal["material", "intermediate", "finished", "unit", "package"]
LotState = Literal["pending", "released", "rejected"]
Number = Field(None, min_length=1, max_length=120)
_LAST_CHARACTER = "\U0010ffff"  # behind every text that begins alike, in the order of code points


class LotSearch(BaseModel):
    """Every condition given must hold; none given: all lots. Days are days in Asia/Shanghai, both ends included."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    code: str | None = Field(None, min_length=1, max_length=500)
    lot_no: str | None = Field(None, min_length=1, max_length=80, description="its beginning")
    supplier_lot_no: str | None = Field(None, min_length=1, max_length=80, description="its beginning")
    order_no: str | None = Field(None, min_length=1, max_length=120, description="any of the four numbers below")
    production_order: str | None = Number
    purchase_order: str | None = Number
    delivery_note: str | None = Number
    customer_order: str | None = Number
    product_id: UUID | None = None
    supplier_id: UUID | None = None
    kind: LotKind | None = None
    state: LotState | None = None
    verdict: Verdict | None = None
    produced_from: date | None = None
    produced_to: date | None = None
    received_from: date | None = None
    received_to: date | None = None
    expires_from: date | None = None
    expires_to: date | None = None


_DAY = "(({day}::date + {plus})::timestamp AT TIME ZONE 'Asia/Shanghai')"
_ON_SHIPMENT = (
    "SELECT line.lot_id FROM shipment s JOIN shipment_line line ON line.tenant_id = $1 AND line.shipment_id = s.id"
    " WHERE s.tenant_id = $1 AND "
)
_LOT_NUMBERS = ("production_order", "purchase_order", "delivery_note", "customer_order")
_VERDICTS: Mapping[str, str] = {
    "fail": "q.fails > 0",
    "pass": "q.records > 0 AND q.fails = 0 AND q.not_judged = 0",
    "not_judged": "(q.records IS NULL OR q.records = 0 OR (q.fails = 0 AND q.not_judged > 0))",
}
_SELECT = """
SELECT l.id, l.kind, l.lot_no, l.product_id, p.name AS product_name, l.supplier_id, s.name AS supplier_name, l.supplier_lot_no,
       l.state, l.quantity, l.unit, l.produced_at, l.received_at, l.expires_at, l.production_order, l.purchase_order,
       l.delivery_note, l.customer_order, q.records, q.fails, q.not_judged,
       EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1 AND h.lot_id = l.id AND h.closed_at IS NULL) AS held
FROM lot l
JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id
LEFT JOIN supplier s ON s.tenant_id = $1 AND s.id = l.supplier_id
LEFT JOIN lot_quality q ON q.tenant_id = $1 AND q.lot_id = l.id
WHERE l.tenant_id = $1"""


class _Conditions:
    """Conditions and their parameters, numbered as they come; $1 is the tenant."""

    def __init__(self, tenant_id: UUID) -> None:
        self.args: list[Any] = [tenant_id]
        self.parts: list[str] = []

    def parameter(self, value: Any) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, template: str, value: Any) -> None:
        """One condition; `{}` in the template is the parameter."""
        self.parts.append(template.replace("{}", self.parameter(value)))

    def begins(self, column: str, text: str) -> None:
        self.add(f"{column} >= {{}}", text)
        self.add(f"{column} < {{}}", text + _LAST_CHARACTER)

    def sql(self) -> str:
        return "".join(f"\n  AND {part}" for part in self.parts)


def _add_plain(found: _Conditions, search: LotSearch) -> None:
    for name in ("production_order", "purchase_order", "product_id", "supplier_id", "kind", "state"):
        if (value := getattr(search, name)) is not None:
            found.add(f"l.{name} = {{}}", value)
    for name in ("lot_no", "supplier_lot_no"):
        if (value := getattr(search, name)) is not None:
            found.begins(f"l.{name}", value)
    for name in ("delivery_note", "customer_order"):
        if (value := getattr(search, name)) is not None:
            found.add(f"(l.{name} = {{}} OR l.id IN ({_ON_SHIPMENT}s.{name} = {{}}))", value)
    if search.verdict is not None:
        found.parts.append(_VERDICTS[search.verdict])
    if search.order_no is not None:
        found.add(_ANY_NUMBER, search.order_no)


# A union instead of OR, so that each number is found by its own index.
_BY_LOT_NUMBER = "SELECT id FROM lot WHERE tenant_id = $1 AND {name} = {{}}"
_BY_SHIPMENT_NUMBER = _ON_SHIPMENT + "s.{name} = {{}}"
_ANY_NUMBER = "l.id IN ({union})".format(
    union=" UNION ALL ".join(
        [_BY_LOT_NUMBER.format(name=name) for name in _LOT_NUMBERS]
        + [_BY_SHIPMENT_NUMBER.format(name=name) for name in ("delivery_note", "customer_order", "shipment_no")]
    )
)


def _add_days(found: _Conditions, search: LotSearch) -> None:
    for prefix, column in (("produced", "produced_at"), ("received", "received_at"), ("expires", "expires_at")):
        if (first := getattr(search, f"{prefix}_from")) is not None:
            found.add(f"l.{column} >= " + _DAY.format(day="{}", plus=0), first)
        if (last := getattr(search, f"{prefix}_to")) is not None:
            found.add(f"l.{column} < " + _DAY.format(day="{}", plus=1), last)


async def search_lots(actor: Actor, search: LotSearch, *, limit: int, after: UUID | None = None) -> Sequence[Row]:
    """Up to `limit` lots, newest first, after the lot `after` of the page before. Lots added meanwhile come before the
    first page; those already there neither repeat nor go missing."""
    found = _Conditions(actor.tenant)
    if search.code is not None:
        found.add("l.id = ANY({}::uuid[])", await lots_of_code(actor, search.code))
    _add_plain(found, search)
    _add_days(found, search)
    if after is not None:
        found.add("l.id < {}", after)
    sql = f"{_SELECT}{found.sql()}\nORDER BY l.id DESC LIMIT {found.parameter(limit)}"
    return await db.fetch(sql, *found.args)


@dataclass(frozen=True, slots=True)
class Found:
    """What one text may mean, a few of each: lots by code, number, supplier's number, order; products; shipments; suppliers; customers."""

    by_code: Sequence[Row] = ()
    by_lot_no: Sequence[Row] = ()
    by_supplier_lot_no: Sequence[Row] = ()
    by_order_no: Sequence[Row] = ()
    products: Sequence[Row] = ()
    shipments: Sequence[Row] = ()
    suppliers: Sequence[Row] = ()
    customers: Sequence[Row] = ()


_PRODUCTS = """
SELECT id, sku, name, kind FROM product
WHERE tenant_id = $1 AND (strpos(lower(name), lower($2)) > 0 OR strpos(lower(coalesce(name_en, '')), lower($2)) > 0
   OR strpos(lower(sku), lower($2)) = 1 OR gtin = $2)
ORDER BY (retired_at IS NOT NULL), name, id LIMIT $3
"""
_SHIPMENTS = """
SELECT s.id, s.shipment_no, s.delivery_note, s.customer_order, s.departed_at, c.name AS customer_name
FROM shipment s JOIN customer c ON c.tenant_id = $1 AND c.id = s.customer_id
WHERE s.tenant_id = $1 AND s.id IN (
    SELECT id FROM shipment WHERE tenant_id = $1 AND shipment_no = $2
    UNION ALL SELECT id FROM shipment WHERE tenant_id = $1 AND delivery_note = $2
    UNION ALL SELECT id FROM shipment WHERE tenant_id = $1 AND customer_order = $2)
ORDER BY s.id DESC LIMIT $3
"""
_PARTNERS = """
SELECT id, code, name FROM {table}
WHERE tenant_id = $1 AND (strpos(lower(name), lower($2)) > 0 OR lower(code) = lower($2)) ORDER BY name, id LIMIT $3
"""


async def search_everything(actor: Actor, text: str, *, each: int = 10) -> Found:
    """One box: whatever the text is, what it names, at most `each` of a kind. An empty text names nothing."""
    text = text.strip()
    if not text:
        return Found()
    number = text[:80]
    by: Callable[[LotSearch], Any] = lambda search: search_lots(actor, search, limit=each)  # noqa: E731 - a short name for eight lines
    return Found(
        by_code=await by(LotSearch(code=text[:500])),
        by_lot_no=await by(LotSearch(lot_no=number)),
        by_supplier_lot_no=await by(LotSearch(supplier_lot_no=number)),
        by_order_no=await by(LotSearch(order_no=number)),
        products=await db.fetch(_PRODUCTS, actor.tenant, number, each),
        shipments=await db.fetch(_SHIPMENTS, actor.tenant, number, each),
        suppliers=await db.fetch(_PARTNERS.format(table="supplier"), actor.tenant, number, each),
        customers=await db.fetch(_PARTNERS.format(table="customer"), actor.tenant, number, each),
    )
