"""Deliveries and handovers as the gate, suppliers and drivers enter them."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from server.core.errors import Problem
from server.domains.chain.problems import ExpiresBeforeProduced
from server.domains.chain.shipping.commands import ReceivedLine
from server.domains.chain.values import (
    Amount,
    Command,
    Day,
    Happened,
    LongName,
    Name,
    Quantity,
    Reference,
    Text,
    UnitName,
)  # fmt: skip

Celsius = Annotated[Decimal, Field(ge=-100, le=200, max_digits=7, decimal_places=3, allow_inf_nan=False)]


class LineUnnamed(Problem, ValueError):
    status = 422
    code = "delivery_line_unnamed"


class DeliveryItem(Command):
    """A material that is expected; `unit` defaults to the material's."""

    product_id: UUID
    quantity: Quantity | None = None
    unit: UnitName | None = None


class NewDelivery(Command):
    """What a supplier is to bring."""

    supplier_id: UUID
    purchase_order: Reference | None = None
    expected_on: Day | None = None
    remark: Text | None = None
    items: list[DeliveryItem] = Field(min_length=1, max_length=50)


class CancelDelivery(Command):
    """Why it will not come, or of a delivery that came in part, why the rest will not."""

    reason: Text


class NewDeliveryLink(Command):
    """How long the supplier may use the link."""

    valid_hours: int = Field(72, ge=1, le=720)


class AnnouncedLot(Command):
    """One lot as its supplier knows it. The same material and number again replaces what was said."""

    product_id: UUID
    supplier_lot_no: Name
    quantity: Quantity
    unit: UnitName | None = None
    produced_on: Day | None = None
    expires_on: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.produced_on and self.expires_on and self.expires_on < self.produced_on:
            raise ExpiresBeforeProduced(field="expires_on")
        return self


class Handover(Command):
    """Goods change hands. Ours is the person signed in; the other side gives name and drawn signature (an attachment:
    PNG or JPEG). `temperature`: of the vehicle's hold, °C."""

    at: Happened | None = None
    place_id: UUID | None = None
    carrier: LongName | None = None
    vehicle: Name
    seal: Name | None = None
    seal_intact: bool | None = None
    temperature: Celsius | None = None
    remark: Text | None = None
    counterpart_name: Name
    signature_id: UUID


class ReceivedGoods(Command):
    """One line at the gate: announced (`line_id`) or not (`product_id` and `supplier_lot_no`). What is said here stands
    for what was announced; what is left out is taken from there. `lot_no`: ours, made from the delivery's number where
    left out. Not `accepted`: all of it goes back; `refused_quantity`: that part of what is accepted otherwise."""

    line_id: UUID | None = None
    product_id: UUID | None = None
    supplier_lot_no: Name | None = None
    lot_no: Name | None = None
    quantity: Quantity | None = None
    unit: UnitName | None = None
    produced_on: Day | None = None
    expires_on: Day | None = None
    place_id: UUID | None = None
    core_temperature: Celsius | None = None
    accepted: bool = True
    refused_quantity: Amount | None = None
    remark: Text | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.line_id is None and (self.product_id is None or self.supplier_lot_no is None):
            raise LineUnnamed(field="line_id")
        return self


class ReceiveDelivery(Handover):
    """The gate takes a delivery in: every accepted line becomes a material lot that waits for its inspection. An announced
    lot that is not named was not on the vehicle: the handover says so, and the lot may come with a later one."""

    lines: list[ReceivedGoods] = Field(min_length=1, max_length=200)


class HandedLine(ReceivedLine):
    """A line of a shipment as the carrier or the customer took it."""

    core_temperature: Celsius | None = None


class HandOverShipment(Handover):
    """`loading`: the carrier takes the goods, and they depart; `delivery`: the customer takes them. Lines that are not
    named were accepted. Refused goods are our stock again, quarantined. `outlet_id`: where a delivery arrived, if
    elsewhere than it was sent to."""

    stage: Literal["loading", "delivery"]
    outlet_id: UUID | None = None
    lines: list[HandedLine] = Field(default_factory=list, max_length=2000)
