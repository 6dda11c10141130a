"""What lies in packages, in the goods' own units: a case is counted as the milk that is in it. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.trace.ends import Row
from server.domains.trace.graph import Trace

_ZERO = Decimal(0)


@dataclass(slots=True)
class Amount:
    """Goods of one unit, and how many packages they lie in (the innermost: a pallet of cases is so many cases)."""

    quantity: Decimal = _ZERO
    packages: int = 0


Contents = Mapping[str | None, Amount]


@dataclass(frozen=True, slots=True)
class Packing:
    """What the trace knows to be in its packages. `unknown`: packages that hold something of unknown quantity now."""

    trace: Trace
    inside: Mapping[str, Sequence[Row]]
    unknown: frozenset[str]
    _now: dict[str, Contents] = field(default_factory=dict)

    def contents(self, package_id: str, returned_at: str | None = None) -> Contents:
        """All that lies in it at any depth, unit by unit; with `returned_at`, what lay in it when it came back.
        Empty where nothing of a known quantity does."""
        if returned_at is not None:
            return self._counted(package_id, datetime.fromisoformat(returned_at))
        if package_id not in self._now:
            self._now[package_id] = self._counted(package_id, None)
        return self._now[package_id]

    def emptied(self, package_id: str) -> bool:
        """Whether all that is known to have lain in it, at any depth, was taken out again."""
        if package_id not in self.inside:
            return False
        lying = [
            link["from_lot"] for package in self._packages(package_id, None) for link in self._in_force(package, None)
        ]
        return all(lot_id in self.inside for lot_id in lying)

    def _counted(self, package_id: str, when: datetime | None) -> Contents:
        found: defaultdict[str | None, Amount] = defaultdict(Amount)
        for package in self._packages(package_id, when):
            units = set()
            for link in self._in_force(package, when):
                goods = self.trace.lots[link["from_lot"]]
                if goods["kind"] != "package" and link["quantity"] is not None:
                    unit, quantity = _in_unit_of(goods, link)
                    found[unit].quantity += quantity
                    units.add(unit)
            for unit in units:
                found[unit].packages += 1
        return found

    def _packages(self, package_id: str, when: datetime | None) -> Iterator[str]:
        """The package and those that stand in it, each once."""
        seen, queue = {package_id}, [package_id]
        while queue:
            yield (package := queue.pop())
            inner = {link["from_lot"] for link in self._in_force(package, when)} & self.inside.keys()
            queue.extend(inner - seen)
            seen |= inner

    def _in_force(self, package_id: str, when: datetime | None) -> Iterator[Row]:
        """A package that is away is neither filled nor opened: what was in it when it came back went with it."""
        for link in self.inside.get(package_id, ()):
            if when is None:
                if link["until"] is None:
                    yield link
            elif not _ended_before(link["until"], when) and not _begun_after(link["at"], when):
                yield link


def packing_of(trace: Trace) -> Packing:
    """From the links of the trace. Packages of materials are none of the goods: they are left out."""
    packages = {row["id"] for row in trace.lots.values() if row["kind"] == "package" and trace.depth[row["id"]] >= 0}
    if not packages:
        return Packing(trace, {}, frozenset())
    inside: defaultdict[str, list[Row]] = defaultdict(list)
    for link in trace.links:
        if link["kind"] == "packed" and trace.lots[link["to_lot"]]["kind"] == "package":
            inside[link["to_lot"]].append(link)
    unknown = {
        link["to_lot"]
        for package in packages
        for link in inside.get(package, ())
        if link["quantity"] is None and link["until"] is None and trace.lots[link["from_lot"]]["kind"] != "package"
    }
    return Packing(trace, dict(inside), frozenset(unknown))


def _in_unit_of(goods: Row, link: Row) -> tuple[str | None, Decimal]:
    """The quantity of the link in the unit of its goods, or as it was said where the two cannot be converted."""
    quantity = Decimal(link["quantity"])
    if goods["unit"] is None or link["unit"] is None or goods["unit"] == link["unit"]:
        return goods["unit"] or link["unit"], quantity
    try:
        return goods["unit"], convert(quantity, link["unit"], goods["unit"])
    except ImpossibleValue:
        return link["unit"], quantity


def _ended_before(until: str | None, when: datetime) -> bool:
    return until is not None and datetime.fromisoformat(until) < when


def _begun_after(at: str | None, when: datetime) -> bool:
    return at is not None and datetime.fromisoformat(at) > when
