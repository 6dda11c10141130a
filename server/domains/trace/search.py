"""Finding lots by what people have in hand: numbers, dates, suppliers, verdicts. Pages are stable while rows are added.

Under row-level security an index answers `=` and `<`, never LIKE: a beginning of a number is asked as a range of texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.core import db
from server.core.actor import Actor
from server.core.days import Day
from server.domains.trace.ends import Row
from server.domains.trace.rules import Verdict
from server.domains.trace.starts import lots_of_code

LotKind = Literal["material", "intermediate", "finished", "unit", "package"]
LotState = Literal["pending", "released", "rejected"]
Number = Field(None, min_length=1, max_length=120, description="its beginning")
_LAST_CHARACTER = "\U0010ffff"  # behind every text that begins alike, in the order of code points


class LotSearch(BaseModel):
    """Every condition given must hold; none given: all lots. Days are days in Asia/Shanghai, both ends included."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    code: str | None = Field(None, min_length=1, max_length=500)
    lot_no: str | None = Field(None, min_length=1, max_length=80, description="its beginning")
    supplier_lot_no: str | None = Field(None, min_length=1, max_length=80, description="its beginning")
    order_no: str | None = Field(
        None,
        min_length=1,
        max_length=120,
        description="the beginning of any of the four numbers below, or of a shipment's",
    )
    production_order: str | None = Number
    purchase_order: str | None = Number
    delivery_note: str | None = Number
    customer_order: str | None = Number
    product_id: UUID | None = None
    supplier_id: UUID | None = None
    kind: LotKind | None = None
    state: LotState | None = None
    verdict: Verdict | None = None
    produced_from: Day | None = None
    produced_to: Day | None = None
    received_from: Day | None = None
    received_to: Day | None = None
    expires_from: Day | None = None
    expires_to: Day | None = None


_DAY = "(({day}::date + {plus})::timestamp AT TIME ZONE 'Asia/Shanghai')"
_ON_SHIPMENT = (
    "SELECT line.lot_id FROM shipment s JOIN shipment_line line ON line.tenant_id = $1 AND line.shipment_id = s.id"
    " WHERE s.tenant_id = $1 AND "
)
_LOT_NUMBERS = ("production_order", "purchase_order", "delivery_note", "customer_order")
_SHIPMENT_NUMBERS = ("delivery_note", "customer_order", "shipment_no")
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
    """Conditions and their parameters, numbered as they come; $1 is the tenant. `whole`: no number by its beginning."""

    def __init__(self, tenant_id: UUID, *, whole: bool = False) -> None:
        self.args: list[Any] = [tenant_id]
        self.parts: list[str] = []
        self.whole = whole

    def parameter(self, value: Any) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, template: str, value: Any) -> None:
        """One condition; `{}` in the template is the parameter."""
        self.parts.append(template.replace("{}", self.parameter(value)))

    def number(self, text: str) -> str:
        """What a column is compared with: the number itself, or all that begin so (an index range)."""
        first = self.parameter(text)
        if self.whole:
            return f"= {first}"
        return f"BETWEEN {first} AND {self.parameter(text + _LAST_CHARACTER)}"

    def sql(self) -> str:
        return "".join(f"\n  AND {part}" for part in self.parts)


def _add_plain(found: _Conditions, search: LotSearch) -> None:
    for name in ("product_id", "supplier_id", "kind", "state"):
        if (value := getattr(search, name)) is not None:
            found.add(f"l.{name} = {{}}", value)
    for name in ("lot_no", "supplier_lot_no", "production_order", "purchase_order"):
        if (value := getattr(search, name)) is not None:
            found.parts.append(f"l.{name} {found.number(value)}")
    for name in ("delivery_note", "customer_order"):
        if (value := getattr(search, name)) is not None:
            found.parts.append(_any_of((name,), (name,), found.number(value)))
    if search.verdict is not None:
        found.parts.append(_VERDICTS[search.verdict])
    if search.order_no is not None:
        found.parts.append(_any_of(_LOT_NUMBERS, _SHIPMENT_NUMBERS, found.number(search.order_no)))


def _any_of(of_lot: Sequence[str], of_shipment: Sequence[str], compared: str) -> str:
    """One of these numbers, of the lot or of a shipment it is on. A union instead of OR: each is found by its own index."""
    by_lot = [f"SELECT id FROM lot WHERE tenant_id = $1 AND {name} {compared}" for name in of_lot]  # noqa: S608 - fixed names
    by_shipment = [f"{_ON_SHIPMENT}s.{name} {compared}" for name in of_shipment]
    return f"l.id IN ({' UNION ALL '.join(by_lot + by_shipment)})"


def _add_days(found: _Conditions, search: LotSearch) -> None:
    """Whole days. What expires ends with its last good day: at the midnight that begins the next."""
    for prefix, column in (("produced", "produced_at"), ("received", "received_at"), ("expires", "expires_at")):
        if (first := getattr(search, f"{prefix}_from")) is not None:
            found.add(f"l.{column} {'>' if prefix == 'expires' else '>='} " + _DAY.format(day="{}", plus=0), first)
        if (last := getattr(search, f"{prefix}_to")) is not None:
            found.add(f"l.{column} {'<=' if prefix == 'expires' else '<'} " + _DAY.format(day="{}", plus=1), last)


async def search_lots(
    actor: Actor, search: LotSearch, *, limit: int, after: UUID | None = None, whole: bool = False
) -> Sequence[Row]:
    """Up to `limit` lots, newest first, after the lot `after` of the page before. Lots added meanwhile come before the
    first page; those already there neither repeat nor go missing. `whole`: numbers that are these, not begin so."""
    found = _Conditions(actor.tenant, whole=whole)
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
    SELECT id FROM shipment WHERE tenant_id = $1 AND shipment_no BETWEEN $2 AND $4
    UNION ALL SELECT id FROM shipment WHERE tenant_id = $1 AND delivery_note BETWEEN $2 AND $4
    UNION ALL SELECT id FROM shipment WHERE tenant_id = $1 AND customer_order BETWEEN $2 AND $4)
ORDER BY $2 IN (s.shipment_no, coalesce(s.delivery_note, ''), coalesce(s.customer_order, '')) DESC, s.id DESC LIMIT $3
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
    return Found(
        by_code=await search_lots(actor, LotSearch(code=text[:500]), limit=each),
        by_lot_no=await _whole_first(actor, LotSearch(lot_no=number), each),
        by_supplier_lot_no=await _whole_first(actor, LotSearch(supplier_lot_no=number), each),
        by_order_no=await _whole_first(actor, LotSearch(order_no=number), each),
        products=await db.fetch(_PRODUCTS, actor.tenant, number, each),
        shipments=await db.fetch(_SHIPMENTS, actor.tenant, number, each, number + _LAST_CHARACTER),
        suppliers=await db.fetch(_PARTNERS.format(table="supplier"), actor.tenant, number, each),
        customers=await db.fetch(_PARTNERS.format(table="customer"), actor.tenant, number, each),
    )


async def _whole_first(actor: Actor, search: LotSearch, each: int) -> Sequence[Row]:
    """The lots of exactly this number, then the newest that begin so: many that only begin so hide none that is meant."""
    meant = await search_lots(actor, search, limit=each, whole=True)
    if len(meant) == each:
        return meant
    known = {row["id"] for row in meant}
    begun = await search_lots(actor, search, limit=each)
    return [*meant, *(row for row in begun if row["id"] not in known)][:each]
