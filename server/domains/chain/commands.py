"""Lots and links as people and machines ask for them."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from server.core.errors import Problem
from server.domains.chain.serial_ranges import SerialRange
from server.domains.chain.values import (
    Command,
    Day,
    DayOrMoment,
    Happened,
    Moment,
    Name,
    Quantity,
    Reference,
    Text,
    UnitName,
)  # fmt: skip

CodeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
LotKind = Literal["material", "intermediate", "finished", "unit", "package"]
LinkKind = Literal["consumed", "split", "merged", "reworked", "repaired", "packed", "installed"]


class DayGivenTwice(Problem, ValueError):
    status = 422
    code = "day_given_twice"


class SupplierNeeded(Problem, ValueError):
    status = 422
    code = "supplier_needed"


class CorrectionReasonNeeded(Problem, ValueError):
    status = 422
    code = "correction_reason_needed"


class NothingToPack(Problem, ValueError):
    status = 422
    code = "nothing_to_pack"


class References(Command):
    """The numbers people search by."""

    production_order: Reference | None = None
    purchase_order: Reference | None = None
    delivery_note: Reference | None = None
    customer_order: Reference | None = None
    remark: Text | None = None


class NewLot(References):
    """A lot. `quantity` may be unknown; `unit` defaults to the product's. A day of expiry is good until its end, and
    where none is given it follows from the product's shelf life and the day of production."""

    kind: LotKind
    product_id: UUID
    lot_no: Name
    supplier_id: UUID | None = None
    supplier_lot_no: Name | None = None
    quantity: Quantity | None = None
    unit: UnitName | None = None
    produced_at: Moment | None = None
    produced_on: Day | None = None
    production_ended_at: Moment | None = None
    received_at: DayOrMoment | None = None
    expires_at: DayOrMoment | None = None
    place_id: UUID | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.produced_at is not None and self.produced_on is not None:
            raise DayGivenTwice(field="produced_on")
        if self.supplier_lot_no is not None and self.supplier_id is None:
            raise SupplierNeeded(field="supplier_id")
        return self


FACTS = ("supplier_id", "supplier_lot_no", "produced_at", "received_at", "expires_at")
"""What goods are judged by: it is put right, with a reason, never just changed."""


class LotChanges(References):
    """Only the fields that are sent change. A quantity can be stated once, where it was unknown. Supplier, supplier's lot
    number and the days of production, receipt and expiry are corrected, with a `reason`: of goods that were judged already
    by who may release, and no further than the order of events allows. What parts took over changes with it, and what is
    published is published anew."""

    quantity: Quantity | None = None
    unit: UnitName | None = None
    production_ended_at: Moment | None = None
    supplier_id: UUID | None = None
    supplier_lot_no: Name | None = None
    produced_at: DayOrMoment | None = None
    received_at: DayOrMoment | None = None
    expires_at: DayOrMoment | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.reason is None and not self.model_fields_set.isdisjoint(FACTS):
            raise CorrectionReasonNeeded(field="reason")
        return self


class NewLink(Command):
    """An edge of the graph: what of `from_lot` went into `to_lot`. `unit` defaults to that of `from_lot`."""

    from_lot: UUID
    to_lot: UUID
    kind: LinkKind
    quantity: Quantity | None = None
    unit: UnitName | None = None
    at: Happened | None = None
    operation_id: UUID | None = None


class EndLink(Command):
    """A component is removed or a case opened. `returns_to_stock`: what was inside may be used again as it is
    (contents of a case do, a removed component does not, unless said otherwise)."""

    at: Happened | None = None
    reason: Text
    returns_to_stock: bool | None = None


class ReverseLink(Command):
    """A link was wrong: it stays on record, counts no longer, and gives back what it drew."""

    reason: Text


class SplitLot(Command):
    """A part gets a lot of its own, because it gets another fate or another place. `serials`: the codes that go along;
    without a quantity, one piece each."""

    lot_no: Name
    quantity: Quantity | None = None
    unit: UnitName | None = None
    place_id: UUID | None = None
    serials: list[SerialRange] = Field(default_factory=list, max_length=100)
    at: Happened | None = None
    remark: Text | None = None


class Part(Command):
    """A quantity of a lot; without one, all that is left."""

    lot_id: UUID
    quantity: Quantity | None = None
    unit: UnitName | None = None


class MergeLots(Command):
    """Several lots of one product become one."""

    lot_no: Name
    parts: list[Part] = Field(min_length=2, max_length=500)
    place_id: UUID | None = None
    at: Happened | None = None
    remark: Text | None = None


class ReworkLot(Command):
    """A part is worked on again and is from then on a new lot that needs a release of its own."""

    kind: Literal["reworked", "repaired"] = "reworked"
    lot_no: Name
    quantity: Quantity | None = None
    unit: UnitName | None = None
    product_id: UUID | None = None
    quantity_out: Quantity | None = None
    expires_at: DayOrMoment | None = None
    place_id: UUID | None = None
    operation_id: UUID | None = None
    at: Happened | None = None
    remark: Text | None = None


class PackLots(Command):
    """Goods, or cases, go into a case or on a pallet, which is a lot of kind `package` and one piece.

    Serialised pieces go in by code: `codes` (texts or the URLs of labels), `serials`, or both. How many of which lot
    that are is counted; a lot named in `contents` too says the quantity of its pieces, for lots measured by weight.
    """

    lot_no: Name
    contents: list[Part] = Field(default_factory=list, max_length=500)
    codes: list[CodeText] = Field(default_factory=list, max_length=10_000)
    serials: list[SerialRange] = Field(default_factory=list, max_length=500)
    product_id: UUID | None = None
    unit: Literal["case", "pallet"] = "case"
    place_id: UUID | None = None
    at: Happened | None = None
    remark: Text | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not (self.contents or self.codes or self.serials):
            raise NothingToPack(field="contents")
        return self
