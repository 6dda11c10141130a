"""The headline of a trace: so many lots, customers, and where the goods are now."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from server.domains.trace.ends import Row, stayed
from server.domains.trace.graph import Trace
from server.domains.trace.packed import Contents, Packing, packing_of

_ZERO = Decimal(0)
GOODS = frozenset({"finished", "unit", "package"})


@dataclass(slots=True)
class Quantities:
    """Of goods on the products side, in one unit, those that lie in packages included; packages themselves are counted
    only where nothing is known to lie in them, and not at all once they were emptied. in_transit + delivered = shipped without what came back (`returned`).
    `unexplained` is the sum of count corrections, positive where goods are missing. `shipped_packages`,
    `stocked_packages`: how many packages hold of what was shipped and of what is in stock."""

    unit: str | None
    shipped: Decimal = _ZERO
    in_transit: Decimal = _ZERO
    delivered: Decimal = _ZERO
    returned: Decimal = _ZERO
    in_stock: Decimal = _ZERO
    unexplained: Decimal = _ZERO
    shipped_packages: int = 0
    stocked_packages: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """`customers`, `outlets`: with whom goods are now. `unknown_quantity`: how many lots of goods have no known quantity,
    or are packages that hold one unknown, so that sums are not the whole."""

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
    packing = packing_of(trace)
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
        unknown_quantity=len({row["id"] for row in goods if row["quantity"] is None} | packing.unknown),
        quantities=_quantities(goods, trace.ends.deliveries, packing),
    )


Totals = defaultdict[str | None, Quantities]


def _quantities(goods: Sequence[Row], deliveries: Sequence[Row], packing: Packing) -> Sequence[Quantities]:
    by_unit: Totals = defaultdict(lambda: Quantities(None))
    for row in goods:
        if row["quantity"] is None or packing.emptied(row["id"]):
            continue
        if contents := _contents(packing, row["id"]):
            _add_package_here(by_unit, contents, row)
        else:
            by_unit[row["unit"]].in_stock += Decimal(row["left"])
            by_unit[row["unit"]].unexplained += Decimal(row["unexplained"])
    for delivery in deliveries:
        if contents := _contents(packing, delivery["lot_id"], delivery["returned_at"]):
            _add_package_away(by_unit, contents, delivery)
        elif delivery["quantity"] is not None:
            _add_delivery(by_unit[delivery["unit"]], Decimal(delivery["quantity"]), stayed(delivery) or _ZERO, delivery)
    for unit, total in by_unit.items():
        total.unit = unit
    return [by_unit[unit] for unit in sorted(by_unit, key=lambda unit: unit or "")]


def _contents(packing: Packing, lot_id: str, returned_at: str | None = None) -> Contents:
    """What lies in a package; nothing lies in other goods."""
    return packing.contents(lot_id, returned_at) if lot_id in packing.inside else {}


def _add_package_here(by_unit: Totals, contents: Contents, package: Row) -> None:
    """A package is one piece: with it its goods are here, or elsewhere (shipped, on a pallet), or missing."""
    left, missing = Decimal(package["left"]), Decimal(package["unexplained"])
    for unit, amount in contents.items():
        total = by_unit[unit]
        total.in_stock += amount.quantity * left
        total.unexplained += amount.quantity * missing
        total.stocked_packages += amount.packages if left else 0


def _add_package_away(by_unit: Totals, contents: Contents, delivery: Row) -> None:
    """As it was sent and as it came back, whole."""
    sent = Decimal(1 if delivery["quantity"] is None else delivery["quantity"])
    kept = stayed(delivery)
    share = Decimal(1) if kept is None or not sent else kept / sent
    for unit, amount in contents.items():
        total = by_unit[unit]
        _add_delivery(total, amount.quantity, amount.quantity * share, delivery)
        if delivery["departed_at"] is None and delivery["received_at"] is None:
            total.stocked_packages += amount.packages if share else 0
        else:
            total.shipped_packages += amount.packages if share else 0


def _add_delivery(total: Quantities, quantity: Decimal, kept: Decimal, delivery: Row) -> None:
    total.returned += quantity - kept
    if delivery["departed_at"] is None and delivery["received_at"] is None:
        total.in_stock += kept  # loaded, and here still
        return
    total.shipped += kept
    if delivery["received_at"] is None:
        total.in_transit += kept
    else:
        total.delivered += kept
