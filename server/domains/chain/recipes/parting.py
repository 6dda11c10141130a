"""Goods carry their recipe along, without a database: a batch is parted like its goods, and mixed like them.

A part of a tenth is a batch of a tenth of the plan with a tenth of what was charged; a mixture is the sum. What is charged into
such goods counts for them beside it.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import NamedTuple
from uuid import UUID

from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.chain.recipes.rules import HUNDRED, Batch, Material
from server.domains.chain.stock.goods import ZERO

ONE = Decimal(1)


class Moved(NamedTuple):
    """Goods of `source` that went into `target`; `quantity` is all that the source was, in its unit. Where one of them is not
    known, the part is taken for the whole."""

    target: UUID
    source: UUID
    drawn: Decimal
    quantity: Decimal | None

    @property
    def share(self) -> Decimal:
        return min(ONE, self.drawn / self.quantity) if self.drawn > 0 and self.quantity else ONE


def shares_of(moves: Sequence[Moved]) -> dict[UUID, dict[UUID, Decimal]]:
    """Of every target the lots whose goods are in it, at any depth, and the share of each that is: itself the whole."""
    into: dict[UUID, list[Moved]] = {}
    for move in moves:
        into.setdefault(move.target, []).append(move)
    order = TopologicalSorter({target: {move.source for move in found} for target, found in into.items()})
    shares: dict[UUID, dict[UUID, Decimal]] = {}
    for lot in order.static_order():
        mine = shares[lot] = {lot: ONE}
        for move in into.get(lot, ()):
            for origin, share in shares[move.source].items():
                mine[origin] = mine.get(origin, ZERO) + share * move.share
    return shares


def part_of(batch: Batch, share: Decimal) -> Batch:
    """That share of the batch, with what is in it."""
    charged = {material: amount * share for material, amount in batch.charged.items()}
    return replace(batch, planned=batch.planned * share, charged=charged)


def mixture(lot_id: UUID, parts: Sequence[Batch]) -> Batch:
    """The batch that these make together; what one of them refuses, all of it refuses."""
    first = parts[0]
    if any(part.version_id != first.version_id for part in parts):
        return _of_several(lot_id, parts)
    return replace(first, lot_id=lot_id, planned=sum((p.planned for p in parts), ZERO), charged=_charged(first, parts))


def _of_several(lot_id: UUID, parts: Sequence[Batch]) -> Batch:
    """Of different recipes: what each asks for its part, added up, as one plan of the size of one."""
    lines: dict[UUID, list[tuple[Batch, Material]]] = {}
    for part in parts:
        for product_id, material in part.materials.items():
            lines.setdefault(product_id, []).append((part, material))
    names = "、".join(dict.fromkeys(part.recipe for part in parts))
    outside = "refuse" if any(part.outside == "refuse" for part in parts) else parts[0].outside
    materials = {product_id: _sum(found) for product_id, found in lines.items()}
    whole = replace(parts[0], lot_id=lot_id, recipe=names, outside=outside, planned=ONE, size=ONE, materials=materials)
    return replace(whole, charged=_charged(whole, parts))


def _sum(lines: Sequence[tuple[Batch, Material]]) -> Material:
    unit = lines[0][1].unit
    target, low, high = ZERO, ZERO, ZERO
    floor, ceiling = False, True
    for batch, material in lines:
        asked = _in(batch.target(material), material.unit, unit)
        below, above = material.below_percent, material.above_percent
        target += asked
        low += ZERO if below is None else asked * (HUNDRED - below) / HUNDRED
        high += ZERO if above is None else asked * (HUNDRED + above) / HUNDRED
        floor, ceiling = floor or below is not None, ceiling and above is not None
    return replace(
        lines[0][1],
        quantity=target,
        below_percent=(target - low) * HUNDRED / target if floor and target else None,
        above_percent=(high - target) * HUNDRED / target if ceiling and target else None,
    )


def _charged(whole: Batch, parts: Sequence[Batch]) -> dict[UUID, Decimal]:
    sums: dict[UUID, Decimal] = {}
    for part in parts:
        for product_id, amount in part.charged.items():
            said = _in(amount, part.materials[product_id].unit, whole.materials[product_id].unit)
            sums[product_id] = sums.get(product_id, ZERO) + said
    return sums


def _in(quantity: Decimal, given: str, unit: str) -> Decimal:
    """In that unit; the lines of one material in units that do not convert count as they are."""
    try:
        return convert(quantity, given, unit)
    except ImpossibleValue:
        return quantity
