"""Promise: the headline of a trace counts goods in their own unit wherever they lie, loose, in a case, in a case on a
pallet, and nothing twice: it says what a count of the single parcels says."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domains.trace import summarize
from server.domains.trace.ends import Ends
from server.domains.trace.graph import Trace

UNITS = ("kg", "bottle")
# Where a package may be: here, opened, used up, on its way, with the customer, come back, come back and opened then.
PLACES = ("here", "opened", "used", "transit", "delivered", "returned", "returned_opened")
T1, T2, T3 = "2026-05-01 08:00:00+00", "2026-05-02 08:00:00+00", "2026-05-03 08:00:00.5+00"

Counts = dict[str, dict[str, Decimal]]


@dataclass
class Plant:
    """Rows as the database answers them, and every parcel counted by itself while it is put somewhere."""

    lots: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    counts: Counts = field(default_factory=lambda: defaultdict(lambda: defaultdict(Decimal)))
    packed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def lot(self, kind: str, unit: str, quantity: int) -> dict[str, Any]:
        name = f"{kind}{len(self.lots)}"
        plain: dict[str, Any] = dict.fromkeys(("records", "fails", "not_judged"), 0)
        self.lots[name] = plain | {
            "id": name, "kind": kind, "unit": unit, "quantity": str(quantity), "left": str(quantity), "unexplained": "0",
            "state": "released",
        }  # fmt: skip
        return self.lots[name]

    def draw(self, lot: dict[str, Any], quantity: int) -> None:
        lot["left"] = str(Decimal(lot["left"]) - quantity)

    def link(self, source: dict[str, Any], target: dict[str, Any], quantity: int, until: str | None = None) -> None:
        unit = source["unit"]
        self.links.append(
            {"from_lot": source["id"], "to_lot": target["id"], "kind": "packed", "quantity": str(quantity), "unit": unit,
             "at": T1, "until": until}
        )  # fmt: skip

    def deliver(self, lot: dict[str, Any], quantity: int, place: str, refused: int = 0) -> None:
        back = T2 if place.startswith("returned") else None
        self.deliveries.append(
            {"lot_id": lot["id"], "shipment_id": f"S{len(self.deliveries)}", "customer_id": "C", "outlet_id": None,
             "departed_at": T2, "received_at": None if place == "transit" else T2, "returned_at": back, "quantity": str(quantity),
             "unit": lot["unit"], "refused_quantity": str(refused)}
        )  # fmt: skip

    def count(self, unit: str, where: str, quantity: Decimal | int) -> None:
        self.counts[unit][where] += quantity

    def trace(self) -> Trace:
        ends = Ends(cast(Any, self.deliveries), (), ())
        depth = dict.fromkeys(self.lots, 0)
        parts: dict[str, Any] = {"lots": self.lots, "links": self.links, "depth": depth, "quality": self.lots}
        parts |= {
            "holds": {},
            "documents": {},
            "products": {},
            "suppliers": {},
            "ends": ends,
            "cut": None,
            "took_ms": 0.0,
        }
        known = {name: value for name, value in parts.items() if name in Trace.__dataclass_fields__}
        return Trace(direction="products", starts=list(self.lots)[:1], **known)


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    plant = Plant()
    goods = [plant.lot("finished", draw(st.sampled_from(UNITS)), 1000) for _ in range(draw(st.integers(1, 3)))]
    contents: dict[str, list[tuple[str, int]]] = {}
    cases = []
    for _ in range(draw(st.integers(0, 6))):
        case = plant.lot("package", "case", 1)
        contents[case["id"]] = []
        for lot in draw(st.lists(st.sampled_from(goods), min_size=1, max_size=2, unique_by=lambda each: each["id"])):
            contents[case["id"]].append((lot["id"], draw(st.integers(1, 50))))
        cases.append(case)
    pallets = [plant.lot("package", "pallet", 1) for _ in range(draw(st.integers(0, 2)))]
    on: dict[str, str | None] = {
        case["id"]: draw(st.sampled_from([None, *(pallet["id"] for pallet in pallets)])) for case in cases
    }
    for pallet in pallets:
        put(plant, pallet, [case for case in cases if on[case["id"]] == pallet["id"]], contents, draw)
    for case in cases:
        if on[case["id"]] is None:
            put(plant, case, [], contents, draw)
    for lot in goods:
        sell_loose(plant, lot, draw)
        plant.count(lot["unit"], "in_stock", Decimal(lot["left"]))
    return plant


def put(plant: Plant, outer: dict[str, Any], cases: list[dict[str, Any]], contents: Any, draw: st.DrawFn) -> None:
    """One package with all in it, somewhere; of each parcel in it that is written down by itself."""
    place = draw(st.sampled_from(PLACES))
    ended = {"opened": T2, "returned_opened": T3}.get(place)
    for case in cases:
        plant.link(case, outer, 1, ended)
        if not ended:
            plant.draw(case, 1)
    holders = cases or [outer]
    inner_ended = ended if not cases else None  # an opened pallet leaves its cases closed
    for holder in holders:
        for lot_id, quantity in contents.get(holder["id"], ()):
            lot = plant.lots[lot_id]
            plant.link(lot, holder, quantity, inner_ended)
            if not inner_ended:
                plant.draw(lot, quantity)
            parcel(plant, lot["unit"], quantity, "here" if ended and cases else place, holder["id"])
            if place == "returned_opened":
                plant.count(lot["unit"], "returned", quantity)
    if not any(contents.get(holder["id"]) for holder in holders):
        empty(plant, outer, place)
    if place in ("transit", "delivered", "used"):
        plant.draw(outer, 1)
    if place in ("transit", "delivered") or place.startswith("returned"):
        plant.deliver(outer, 1, place)


def parcel(plant: Plant, unit: str, quantity: int, place: str, holder: str) -> None:
    where = {"here": ["in_stock"], "returned": ["in_stock", "returned"]}
    for each in where.get(place, [f"{'in_' if place == 'transit' else ''}{place}", "shipped"] if place in ("transit", "delivered") else []):  # fmt: skip
        plant.count(unit, each, quantity)
    if place in ("here", "returned"):
        plant.packed[f"{unit} stocked"].add(holder)
    elif place in ("transit", "delivered"):
        plant.packed[f"{unit} shipped"].add(holder)


def empty(plant: Plant, package: dict[str, Any], place: str) -> None:
    """A package in which nothing lies is a thing of its own."""
    unit = package["unit"]
    if place in ("transit", "delivered"):
        plant.count(unit, "in_transit" if place == "transit" else "delivered", 1)
        plant.count(unit, "shipped", 1)
    elif place != "used":
        plant.count(unit, "in_stock", 1)
    if place.startswith("returned"):
        plant.count(unit, "returned", 1)


def sell_loose(plant: Plant, lot: dict[str, Any], draw: st.DrawFn) -> None:
    for place in draw(st.lists(st.sampled_from(("transit", "delivered", "returned")), max_size=3)):
        refused = draw(st.integers(0, 5))
        plant.deliver(lot, 20, place, 20 if place == "returned" else refused)
        kept = 0 if place == "returned" else 20 - refused
        plant.draw(lot, kept)  # what came back lies in the lot again
        plant.count(lot["unit"], "returned", 20 - kept)
        plant.count(lot["unit"], "shipped", kept)
        plant.count(lot["unit"], "in_transit" if place == "transit" else "delivered", kept)


def known(counts: Mapping[str, Mapping[str, Decimal]]) -> Counts:
    told = {unit: {where: total for where, total in row.items() if total} for unit, row in counts.items()}
    return {unit: row for unit, row in told.items() if row}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(plants())
def test_every_parcel_is_counted_once_where_it_is(plant: Plant) -> None:
    names = ("shipped", "in_transit", "delivered", "returned", "in_stock", "unexplained")
    told = summarize(plant.trace()).quantities
    found = {str(row.unit): {name: getattr(row, name) for name in names} for row in told}
    assert known(found) == known(plant.counts)
    packages = {
        f"{row.unit} {word}": count
        for row in told
        for word, count in (("shipped", row.shipped_packages), ("stocked", row.stocked_packages))
        if count
    }
    assert packages == {name: len(holders) for name, holders in plant.packed.items() if holders}
