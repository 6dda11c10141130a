"""The headline of a trace: so many lots, customers, and where the goods are now."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from server.domains.trace.ends import Row, stayed
from server.domains.trace.graph import Trace

_ZERO = Decimal(0)
GOODS = frozenset({"finished", "unit", "package"})


@dataclass(slots=True)
class Quantities:
    """Of goods on the products side, in one unit. in_transit + delivered = shipped without what came back (`returned`).
    `unexplained` is the sum of count corrections, positive where goods are missing."""

    unit: str | None
    shipped: Decimal = _ZERO
    in_transit: Decimal = _ZERO
    delivered: Decimal = _ZERO
    returned: Decimal = _ZERO
    in_stock: Decimal = _ZERO
    unexplained: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Summary:
    """`customers`, `outlets`: with whom goods are now. `unknown_quantity`: how many lots of goods have no known quantity, so that sums are not the whole."""

    lots: int
    lots_by_kind: Mapping[str, int]
    links: int
    failed: int
    not_judged: int
    held: int
    customers: int
    outlets: int
    shipments: int
    unknown_quantity: int
    quantities: Sequence[Quantities] = field(default_factory=tuple)


def summarize(trace: Trace) -> Summary:
    """The numbers of the headline sentence, from what the trace found."""
    there = [row for row in trace.ends.deliveries if row["returned_at"] is None]
    verdicts = Counter(trace.verdict(lot_id) for lot_id in trace.lots)
    goods = [row for row in trace.lots.values() if row["kind"] in GOODS and trace.depth[row["id"]] >= 0]
    return Summary(
        lots=len(trace.lots),
        lots_by_kind=dict(sorted(Counter(row["kind"] for row in trace.lots.values()).items())),
        links=len(trace.links),
        failed=sum(trace.failed(lot_id) for lot_id in trace.lots),
        not_judged=verdicts["not_judged"],
        held=len(trace.holds),
        customers=len({row["customer_id"] for row in there}),
        outlets=len({row["outlet_id"] for row in there} - {None}),
        shipments=len({row["shipment_id"] for row in trace.ends.deliveries}),
        unknown_quantity=sum(row["quantity"] is None for row in goods),
        quantities=_quantities(trace),
    )


def _quantities(trace: Trace) -> Sequence[Quantities]:
    by_unit: defaultdict[str | None, Quantities] = defaultdict(lambda: Quantities(None))
    for row in trace.lots.values():
        if row["kind"] in GOODS and trace.depth[row["id"]] >= 0 and row["quantity"] is not None:
            total = by_unit[row["unit"]]
            total.in_stock += Decimal(row["left"])
            total.unexplained += Decimal(row["unexplained"])
    for delivery in trace.ends.deliveries:
        if delivery["quantity"] is not None:
            _add_delivery(by_unit[delivery["unit"]], Decimal(delivery["quantity"]), delivery)
    for unit, total in by_unit.items():
        total.unit = unit
    return [by_unit[unit] for unit in sorted(by_unit, key=lambda unit: unit or "")]


def _add_delivery(total: Quantities, quantity: Decimal, delivery: Row) -> None:
    kept = stayed(delivery) or _ZERO
    total.returned += quantity - kept
    total.shipped += kept
    if delivery["received_at"] is None:
        total.in_transit += kept
    else:
        total.delivered += kept
