"""Mass balance (物料平衡) and yield (收率) of a lot, without a database.

    in    = good + scrap + unexplained          all in the lot's unit
    good  = what the lot is, by its last count
    scrap = what the operations that made it threw away
    yield = good : what should have come of what went in

What went in is the sum of its inputs, of a lot that was received its quantity, of one that was made of nothing that was linked what the
operation took in; where neither is told, it is not known. Inputs in another dimension (kg into
pieces) are expressed by the recipe: as the part of its batch that they are enough for. Without a recipe they make the
balance unknown; nothing is guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.chain.recipes.rules import HUNDRED, Batch, Material
from server.domains.chain.stock.goods import ZERO


@dataclass(frozen=True, slots=True)
class Input:
    """What went in of one product; `quantity` is None where part of it is unknown. `same`: the goods themselves."""

    product_id: UUID
    quantity: Decimal | None
    unit: str | None
    same: bool
    is_packaging: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """What the product demands; None where it says nothing."""

    tolerance_percent: Decimal | None
    yield_low_percent: Decimal | None
    yield_high_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class MassBalance:
    """in_ = good + scrap + unexplained, in `unit`. What is not known is None, and so is every verdict that needs it."""

    unit: str | None
    in_: Decimal | None
    good: Decimal | None
    scrap: Decimal
    unexplained: Decimal | None
    unexplained_percent: Decimal | None
    tolerance_percent: Decimal | None
    within: bool | None
    theoretical: Decimal | None
    yield_percent: Decimal | None
    yield_low_percent: Decimal | None
    yield_high_percent: Decimal | None
    yield_within: bool | None


def mass_balance(
    unit: str | None,
    good: Decimal | None,
    inputs: Sequence[Input],
    scrap: Sequence[tuple[Decimal, str | None]],
    batch: Batch | None,
    limits: Limits,
    begun: Sequence[tuple[Decimal, str | None]],
) -> MassBalance:
    """The balance of one lot. `begun`: what it began with where nothing that was linked went in; empty where nobody knows."""
    thrown = _sum([(quantity, given) for quantity, given in scrap], unit)
    taken = _taken_in(inputs, unit, batch) if inputs else _sum(begun, unit) if begun else None
    theoretical = _theoretical(inputs, unit, batch) if batch is not None and inputs else taken
    unexplained = None if taken is None or good is None or thrown is None else taken - good - thrown
    percent = None if unexplained is None or not taken else unexplained * HUNDRED / taken
    reached = None if good is None or not theoretical else good * HUNDRED / theoretical
    tolerance = limits.tolerance_percent
    return MassBalance(
        unit, taken, good, ZERO if thrown is None else thrown, unexplained, percent, tolerance,
        None if percent is None or tolerance is None else abs(percent) <= tolerance, theoretical, reached,
        limits.yield_low_percent, limits.yield_high_percent, _between(reached, limits),
    )  # fmt: skip


def _between(reached: Decimal | None, limits: Limits) -> bool | None:
    low, high = limits.yield_low_percent, limits.yield_high_percent
    if reached is None or (low is None and high is None):
        return None
    return (low is None or reached >= low) and (high is None or reached <= high)


def _sum(amounts: Sequence[tuple[Decimal | None, str | None]], unit: str | None) -> Decimal | None:
    """All of it in `unit`; None where part is unknown or does not convert."""
    total = ZERO
    for quantity, given in amounts:
        if quantity is None or unit is None:
            return None
        try:
            total += convert(quantity, given or unit, unit)
        except ImpossibleValue:
            return None
    return total


def _taken_in(inputs: Sequence[Input], unit: str | None, batch: Batch | None) -> Decimal | None:
    counted = _counted(inputs, batch)
    direct = _sum([(each.quantity, each.unit) for each in counted], unit)
    return direct if direct is not None or batch is None else _theoretical(inputs, unit, batch)


def _counted(inputs: Sequence[Input], batch: Batch | None) -> list[Input]:
    """The inputs that the balance counts: what the recipe marks, without one everything but packaging."""
    if batch is None:
        return [each for each in inputs if each.same or not each.is_packaging]
    known: Mapping[UUID, Material] = batch.materials
    return [each for each in inputs if each.same or (each.product_id in known and known[each.product_id].balanced)]


def _theoretical(inputs: Sequence[Input], unit: str | None, batch: Batch | None) -> Decimal | None:
    """What should come of the inputs by the recipe: the batch, in the proportion of what is counted of it."""
    if batch is None or unit is None:
        return None
    lines = [material for material in batch.materials.values() if material.balanced]
    counted = _counted(inputs, batch)
    if not lines:
        return None
    common = lines[0].unit
    asked = _sum([(line.quantity, line.unit) for line in lines], common)
    charged = _sum([(each.quantity, each.unit) for each in counted if not each.same], common)
    returned = _sum([(each.quantity, each.unit) for each in counted if each.same], unit)
    if not asked or charged is None or returned is None:
        return None
    try:
        return convert(batch.size * charged / asked, batch.unit, unit) + returned
    except ImpossibleValue:
        return None
