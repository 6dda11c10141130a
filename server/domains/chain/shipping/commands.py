"""Shipments and their receipt as people and machines enter them."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Problem
from server.domains.chain.serial_ranges import SerialRange, SerialsBackwards
from server.domains.chain.values import (
    Amount,
    Command,
    LongName,
    Moment,
    Name,
    Number,
    Quantity,
    Reference,
    Text,
    UnitName,
)  # fmt: skip


class TemperaturesBackwards(Problem, ValueError):
    status = 422
    code = "temperatures_backwards"


class NewShipmentLine(Command):
    """What leaves of one lot. With serials and no quantity, one piece a serial in the lot's unit."""

    lot_id: UUID
    quantity: Quantity | None = None
    unit: UnitName | None = None
    packages: int | None = Field(None, ge=1, le=10_000_000)
    serials: SerialRange | None = None
    price: Amount | None = None


class NewShipment(Command):
    """Goods that go to a customer, or to one of its points of sale. Without `departed_at` they still stand here."""

    shipment_no: Name
    customer_id: UUID
    outlet_id: UUID | None = None
    delivery_note: Reference | None = None
    customer_order: Reference | None = None
    carrier: LongName | None = None
    vehicle: Name | None = None
    seal: Name | None = None
    temperature_low: Number | None = None
    temperature_high: Number | None = None
    temperature_unit: UnitName = "°C"
    conditions: Text | None = None
    departed_at: Moment | None = None
    lines: list[NewShipmentLine] = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        low, high = self.temperature_low, self.temperature_high
        if low is not None and high is not None and low > high:
            raise TemperaturesBackwards(field="temperature_low")
        return self


class Departure(Command):
    departed_at: Moment | None = None
    vehicle: Name | None = None
    seal: Name | None = None


class CancelLine(Command):
    reason: Text


class RefusedNothing(Problem, ValueError):
    status = 422
    code = "refused_nothing"


class SerialSpan(Command):
    """Serials `first` to `last` of the line's order, both included."""

    first: int = Field(ge=1, le=100_000_000)
    last: int = Field(ge=1, le=100_000_000)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise SerialsBackwards(field="last")
        return self


class ReceivedLine(Command):
    """What the receiver says of one line. Not accepted: all of it is refused. A part of an accepted line is refused by
    `refused_quantity` (in the line's unit) or, of a line with serials, by `refused_serials`. `outlet_id`: where it
    arrived, if elsewhere than the rest."""

    line_id: UUID
    accepted: bool
    refused_quantity: Amount | None = None
    refused_serials: list[SerialSpan] = Field(default_factory=list, max_length=500)
    outlet_id: UUID | None = None
    remark: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.accepted and self.refused_quantity == 0:
            raise RefusedNothing(field="refused_quantity")
        return self

    @property
    def refuses_part(self) -> bool:
        return bool(self.refused_quantity or self.refused_serials)


class Receipt(Command):
    """The customer's word on what arrived. Not `accepted`: every line that is not named below is refused. `outlet_id`: the
    point of sale, of whichever customer, at which the goods arrived, if it is not the one they were sent to."""

    received_at: Moment | None = None
    receiver: LongName
    outlet_id: UUID | None = None
    temperature: Number | None = None
    accepted: bool = True
    remark: Text | None = None
    lines: list[ReceivedLine] = Field(default_factory=list, max_length=2000)
