"""What a recipe says of a charge, without a database: which materials, how much of each, how far from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from server.core.errors import Conflict
from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains.chain import problems
from server.domains.chain.commands import NewLink
from server.domains.chain.stock.goods import ONE_PIECE_KINDS, USE_KINDS, ZERO, Stock
from server.domains.chain.stock.quantities import plain

HUNDRED = Decimal(100)
_TOLD = Decimal("1e-6")
ROUNDED = Decimal("1e-20")
"""What the share of a part may be off by, of one: no scale tells it."""


class NotInRecipe(Conflict):
    code = "not_in_recipe"


class ChargeAboveTolerance(Conflict):
    code = "charge_above_tolerance"


@dataclass(frozen=True, slots=True)
class Material:
    """One line of a recipe, for the recipe's own batch size; percentages are None where that side is not limited."""

    product_id: UUID
    name: str
    quantity: Decimal
    unit: str
    below_percent: Decimal | None
    above_percent: Decimal | None
    balanced: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """A lot made under a recipe: the materials by product, and how much of each is in it already, in the line's unit."""

    lot_id: UUID
    recipe: str
    version_id: UUID
    outside: str
    planned: Decimal  # batch of this lot, in the recipe's unit
    size: Decimal  # batch that the recipe's quantities are for
    unit: str
    materials: Mapping[UUID, Material]
    charged: dict[UUID, Decimal] = field(default_factory=dict)

    def target(self, material: Material) -> Decimal:
        """How much of it the planned batch takes, in the line's unit."""
        return self._scaled(material, HUNDRED)

    def limits(self, material: Material) -> tuple[Decimal | None, Decimal | None]:
        """The least and the most that its tolerance admits."""
        below, above = material.below_percent, material.above_percent
        return (
            None if below is None else self._scaled(material, HUNDRED - below),
            None if above is None else self._scaled(material, HUNDRED + above),
        )

    def _scaled(self, material: Material, percent: Decimal) -> Decimal:
        return material.quantity * self.planned * percent / (self.size * HUNDRED)  # divided last: exact where it can be

    def judged(self, material: Material) -> str:
        """none, below, within or above, by what is in it now."""
        charged = self.charged.get(material.product_id, ZERO)
        low, high = self.limits(material)
        if charged == 0:
            return "none"
        if low is not None and exceeds(low, charged):
            return "below"
        return "above" if high is not None and exceeds(charged, high) else "within"


@dataclass(frozen=True, slots=True)
class Charge:
    """A link that charges a batch. `amount`: in the line's unit, None where unknown; `above`: it went over its tolerance."""

    batch: Batch
    material: Material
    amount: Decimal | None
    above: bool

    def take(self) -> None:
        """It was admitted: the next row of the same command sees it."""
        charged = self.batch.charged
        charged[self.material.product_id] = charged.get(self.material.product_id, ZERO) + (self.amount or ZERO)

    def detail(self) -> dict[str, str]:
        """What is kept beside an exception."""
        _, high = self.batch.limits(self.material)
        return {
            "material": self.material.name, "unit": self.material.unit,
            "charged": plain(told(self.batch.charged.get(self.material.product_id, ZERO))),
            "limit": "" if high is None else plain(told(high)),
        }  # fmt: skip


def told(amount: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """As people read it and weigh it: shares and batches that do not divide evenly end after six decimals."""
    exponent = amount.as_tuple().exponent
    return amount.quantize(_TOLD, rounding) if isinstance(exponent, int) and exponent < -6 else amount


def exceeds(more: Decimal, less: Decimal) -> bool:
    """Whether it is more, by more than the shares of parts are rounded."""
    return more - less > more * ROUNDED


def brings_material(kind: str, source: Stock, target: Stock) -> bool:
    """Whether the link charges something: goods of the very same product under another number do not, unless consumed."""
    return kind != "packed" and (kind in USE_KINDS or source.product_id != target.product_id)


def admit(batch: Batch, link: NewLink, source: Stock, target: Stock) -> Charge:
    """The charge that this link is. Raises NotInRecipe, and what the recipe refuses of its quantity."""
    material = batch.materials.get(source.product_id)
    if material is None:
        raise NotInRecipe(field="from_lot", lot_no=source.lot_no, target=target.lot_no, recipe=batch.recipe)
    amount = _amount(link, source, material)
    if amount is None:
        if batch.outside == "refuse":
            raise problems.QuantityRequired(field="quantity", lot_no=source.lot_no)
        return Charge(batch, material, None, False)
    _, high = batch.limits(material)
    charged = batch.charged.get(material.product_id, ZERO) + amount
    above = high is not None and exceeds(charged, high)
    if above and high is not None and batch.outside == "refuse":
        raise ChargeAboveTolerance(
            field="quantity", lot_no=target.lot_no, material=material.name, charged=plain(told(charged)),
            limit=plain(told(high)), unit=material.unit,
        )  # fmt: skip
    return Charge(batch, material, amount, above)


def _amount(link: NewLink, source: Stock, material: Material) -> Decimal | None:
    quantity, unit = link.quantity, link.unit or source.unit
    if quantity is None and source.kind in ONE_PIECE_KINDS:
        quantity, unit = source.quantity, source.unit
    if quantity is None:
        return None
    return in_unit(quantity, unit or material.unit, material, source.lot_no)


def in_unit(quantity: Decimal, unit: str, material: Material, lot_no: str) -> Decimal:
    """The quantity in the line's unit; UnitsDiffer where the two do not convert."""
    try:
        return convert(quantity, unit, material.unit)
    except ImpossibleValue:
        raise problems.UnitsDiffer(field="unit", lot_no=lot_no, unit=unit[:40], expected=material.unit) from None
