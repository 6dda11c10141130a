"""What leaves of a trace: an allow-list. The models document it; rows become JSON by the functions below, since a trace
may hold a hundred thousand of them. Prices are not among the fields, formulas are shown as present."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from server.domains.trace import Row, Summary, Trace, Verdict, stayed, summarize
from server.open_api.whereabouts import TracedCode

PRESENT = {"present": True}
_NO_QUALITY = dict.fromkeys(("records", "fails", "not_judged", "warnings", "documents"), 0)


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PresentOut(_Out):
    """A value that the reader may know to exist, not more."""

    present: Literal[True]


class LotBalance(_Out):
    """quantity = used + left + unexplained; null where the quantity is unknown. `used` is shown to an authority as present
    where it tells a formula that is a trade secret."""

    used: Decimal | PresentOut
    left: Decimal | None
    unexplained: Decimal


class LotQuality(_Out):
    """How many records, of them failed, not judged, with a warning; and how many documents."""

    verdict: Verdict
    records: int
    fails: int
    not_judged: int
    warnings: int
    documents: int


class NodeDocument(_Out):
    """A file; its bytes are at `/api/v1/attachments/{id}/content`. `kind` is `record` where it hangs on a current record."""

    id: UUID
    kind: str
    title: str | None
    file_name: str
    media_type: str


class NodeOut(_Out):
    """A lot. `depth`: links to the nearest start, below 0 for materials, above 0 for products."""

    id: UUID
    depth: int
    kind: str
    lot_no: str
    product_id: UUID
    product_name: str | None
    supplier_id: UUID | None
    supplier_name: str | None
    supplier_lot_no: str | None
    state: str
    quantity: Decimal | None
    unit: str | None
    balance: LotBalance
    quality: LotQuality
    documents: list[NodeDocument]
    failed: bool
    holds: list[str]
    produced_at: datetime | None
    received_at: datetime | None
    expires_at: datetime | None


class TraceLinkOut(_Out):
    """`from_lot` went into `to_lot`; `kind` is `operation` where an operation took it in and no link says into what of its lots.
    `ended`: taken out again at `until` (component removed, case opened)."""

    from_lot: UUID
    to_lot: UUID
    kind: str
    quantity: Decimal | PresentOut | None
    unit: str | None
    at: datetime | None
    until: datetime | None
    ended: bool


class DeliveryOut(_Out):
    """One line of a shipment; serials where it names them. What was refused of it is the lot `returned_lot_id`. Customer and
    outlet are those where the goods are; `diverted`: they arrived there though they were sent elsewhere."""

    lot_id: UUID
    shipment_id: UUID
    shipment_no: str
    customer_id: UUID
    outlet_id: UUID | None
    sent_to_customer_id: UUID
    sent_to_outlet_id: UUID | None
    diverted: bool
    delivery_note: str | None
    customer_order: str | None
    departed_at: datetime | None
    received_at: datetime | None
    returned_at: datetime | None
    quantity: Decimal | None
    unit: str | None
    packages: int | None
    order_id: UUID | None
    first_serial: int | None
    last_serial: int | None
    refused_quantity: Decimal
    returned_lot_id: UUID | None


class UnitQuantity(_Out):
    unit: str | None
    quantity: Decimal


class CustomerOut(_Out):
    """Who received goods, and how much (what was refused or came back is not counted)."""

    id: UUID
    code: str
    name: str
    shipments: int
    quantities: list[UnitQuantity]


class OutletOut(_Out):
    id: UUID
    customer_id: UUID
    name: str
    division_code: str | None


class QuantitiesOut(_Out):
    """Goods on the products side, also those in packages, in the goods' own unit: shipped = in_transit + delivered;
    `returned` came back; `unexplained` is missing. The packages that hold what was shipped and what is in stock are
    counted beside; a package is a row of its own only where nothing is known to lie in it."""

    unit: str | None
    shipped: Decimal
    in_transit: Decimal
    delivered: Decimal
    returned: Decimal
    in_stock: Decimal
    unexplained: Decimal
    shipped_packages: int
    stocked_packages: int


class SummaryOut(_Out):
    lots: int
    lots_by_kind: dict[str, int]
    links: int
    failed: int
    not_judged: int
    held: int
    customers: int
    outlets: int
    shipments: int
    unknown_quantity: int
    quantities: list[QuantitiesOut]


class StartOut(_Out):
    id: UUID
    kind: str
    lot_no: str
    product_id: UUID


class CutOut(_Out):
    """Which limit was met; the lots nearest to the start were kept."""

    reason: Literal["lots", "links"]
    limit: int


class TraceOut(_Out):
    """`complete` is false only where `cut` says why: nothing is left out silently. `code`: where the piece is, in a trace by its code. `took_ms`: time in the service."""

    direction: Literal["materials", "products", "both"]
    code: TracedCode | None
    start: list[StartOut]
    nodes: list[NodeOut]
    links: list[TraceLinkOut]
    complete: bool
    cut: CutOut | None
    took_ms: float
    summary: SummaryOut
    customers: list[CustomerOut]
    outlets: list[OutletOut]
    shipments: list[DeliveryOut]


@lru_cache(10_000)  # links of one hour share their times
def time_of(text: str | None) -> str | None:
    """A time as the database writes it (`2026-11-22 09:30:00+00`), in the form of RFC 3339."""
    if text is None:
        return None
    written = text.replace(" ", "T", 1)
    if written.endswith("+00"):
        return written[:-3] + "Z"
    return written + ":00" if written[-3] in "+-" else written


def trace_out(trace: Trace, *, masked: bool, code: TracedCode | None = None) -> dict[str, Any]:
    """A trace as JSON data, shaped as TraceOut. `masked`: quantities that tell a formula are shown as present."""
    secret = {row["from_lot"] for row in trace.links if trace.is_formula(row)} if masked else set()
    return {
        "direction": trace.direction,
        "code": None if code is None else code.model_dump(mode="json"),
        "start": [_picked(trace.lots[lot_id], StartOut) for lot_id in trace.starts if lot_id in trace.lots],
        "nodes": [_node(trace, row, depth, secret) for row, depth in _by_depth(trace)],
        "links": _masked_links(trace) if masked else [_link(row) for row in trace.links],
        "complete": trace.complete,
        "cut": {"reason": trace.cut.reason, "limit": trace.cut.limit} if trace.cut else None,
        "took_ms": round(trace.took_ms, 1),
        "summary": _summary(summarize(trace)),
        "customers": _customers(trace),
        "outlets": [_picked(row, OutletOut) for row in trace.ends.outlets],
        "shipments": [_delivery(row) for row in trace.ends.deliveries],
    }


def _by_depth(trace: Trace) -> Iterable[tuple[Row, int]]:
    """Materials farthest first, then the start, then products: the order in which things happened."""
    return ((trace.lots[lot_id], depth) for lot_id, depth in sorted(trace.depth.items(), key=lambda item: item[1]))


def _picked(row: Row, model: type[BaseModel]) -> dict[str, Any]:
    return {name: row[name] for name in model.model_fields}


def _node(trace: Trace, row: Row, depth: int, secret: Collection[str]) -> dict[str, Any]:
    lot_id = row["id"]
    product = trace.products.get(row["product_id"])
    supplier = trace.suppliers.get(row["supplier_id"])
    return {
        "id": lot_id,
        "depth": depth,
        "kind": row["kind"],
        "lot_no": row["lot_no"],
        "product_id": row["product_id"],
        "product_name": product["name"] if product else None,
        "supplier_id": row["supplier_id"],
        "supplier_name": supplier["name"] if supplier else None,
        "supplier_lot_no": row["supplier_lot_no"],
        "state": row["state"],
        "quantity": row["quantity"],
        "unit": row["unit"],
        "balance": {
            "used": PRESENT if lot_id in secret else row["used"],
            "left": row["left"],
            "unexplained": row["unexplained"],
        },
        "quality": _quality(trace, lot_id),
        "documents": [_picked(each, NodeDocument) for each in trace.documents.get(lot_id, ())],
        "failed": trace.failed(lot_id),
        "holds": trace.holds.get(lot_id, ()),
        "produced_at": time_of(row["produced_at"]),
        "received_at": time_of(row["received_at"]),
        "expires_at": time_of(row["expires_at"]),
    }


def _quality(trace: Trace, lot_id: str) -> dict[str, Any]:
    row = trace.quality.get(lot_id, _NO_QUALITY)
    return {"verdict": trace.verdict(lot_id)} | {name: row[name] for name in _NO_QUALITY}


def _link(row: Row) -> dict[str, Any]:
    """The columns of a link are the fields of TraceLinkOut, but for `ended` and the form of times."""
    link = dict(row)
    until = link["until"]
    link["at"] = time_of(link["at"])
    link["until"] = time_of(until)
    link["ended"] = until is not None
    return link


def _masked_links(trace: Trace) -> list[dict[str, Any]]:
    links = [_link(row) for row in trace.links]
    for link, row in zip(links, trace.links, strict=True):
        if row["quantity"] is not None and trace.is_formula(row):
            link["quantity"] = PRESENT
    return links


def _delivery(row: Row) -> dict[str, Any]:
    delivery = _picked(row, DeliveryOut)
    for name in ("departed_at", "received_at", "returned_at"):
        delivery[name] = time_of(delivery[name])
    return delivery


def _customers(trace: Trace) -> Sequence[dict[str, Any]]:
    amounts: defaultdict[str, defaultdict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    shipments: defaultdict[str, set[str]] = defaultdict(set)
    for row in trace.ends.deliveries:
        shipments[row["customer_id"]].add(row["shipment_id"])
        if kept := stayed(row):
            amounts[row["customer_id"]][row["unit"]] += kept
    return [
        {
            **{name: row[name] for name in ("id", "code", "name")},
            "shipments": len(shipments[row["id"]]),
            "quantities": [{"unit": unit, "quantity": str(total)} for unit, total in amounts[row["id"]].items()],
        }
        for row in trace.ends.customers
    ]


def _summary(summary: Summary) -> dict[str, Any]:
    shown = {name: getattr(summary, name) for name in SummaryOut.model_fields}
    fields = QuantitiesOut.model_fields
    shown["quantities"] = [
        {name: str(value) if isinstance(value := getattr(row, name), Decimal) else value for name in fields}
        for row in summary.quantities
    ]
    return shown
