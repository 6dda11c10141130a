"""Moves of a random walk at the gate of the plant: shipments that leave, arrive, are inspected before and taken elsewhere;
deliveries that come or are called off; goods that go back. Each keeps what was said, and is asked whether it might happen."""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from server.core.constraints import problem_of
from server.core.errors import Problem
from server.core.ids import new_id
from server.domains import chain, quality
from server.domains.quality import events, inspection

GOOD, BAD = "好", "坏"


@dataclass
class Sent:
    """A shipment of one lot. `looks`: what the inspections before it found, in their order; `open`: one that waits."""

    lot: UUID
    looks: list[str] = field(default_factory=list)
    last: tuple[UUID, UUID] | None = None  # inspection and record of the last look
    gone: bool = False
    arrived: bool = False


class Gate:
    """To be mixed into a walk that has `house`, `random`, `call` and `why_not`."""

    house: Any
    random: random.Random

    def prepare_gate(self) -> None:
        self.sent: dict[UUID, Sent] = {}
        self.expected: dict[UUID, str] = {}  # deliveries: expected | cancelled | received
        self.left_by = {"departure": 0, "receipt": 0, "refused": 0, "return": 0, "delivery": 0}

    async def did(self, role: str, command: Any, *args: Any, **options: Any) -> bool:
        """Whether a call that answers nothing went through."""
        try:
            await self.house.run(role, command, *args, **options)
        except Problem:
            return False
        except asyncpg.IntegrityConstraintViolationError as error:
            if problem_of(error) is None:  # else the guard says what it means
                raise
            return False
        return True

    def any_sent(self) -> UUID | None:
        return self.random.choice(list(self.sent)[-6:]) if self.sent else None

    def may_go(self, sent: Sent) -> bool:
        """Looked at before it leaves, and good when it was last looked at."""
        return bool(sent.looks) and sent.looks[-1] == GOOD

    async def depart(self) -> None:
        shipment = self.any_sent()
        if shipment is None:
            return
        sent = self.sent[shipment]
        by_receipt = self.random.random() < 0.3
        outlet = self.random.choice([None, self.house.outlet, self.house.other_outlet])
        if by_receipt:
            receipt = chain.Receipt(receiver="x", outlet_id=outlet)
            went = await self.did("quality_manager", chain.receive, shipment, receipt)
        else:
            went = await self.did("quality_manager", chain.depart, shipment, chain.Departure())
        if not went:
            self.left_by["refused"] += not sent.gone
            return
        if not sent.gone:
            assert self.may_go(sent), (shipment, sent)
            why = self.why_not(sent.lot, Decimal(0))  # type: ignore[attr-defined]
            assert why not in ("outside a legal limit", "nonconforming and undecided"), (shipment, why)
        assert not sent.arrived
        self.left_by["receipt" if by_receipt else "departure"] += 1
        sent.gone, sent.arrived = True, by_receipt
        if by_receipt:
            await self.arrived_at(shipment, outlet)

    async def arrived_at(self, shipment: UUID, outlet: UUID | None) -> None:
        """What a trace will say is what the receipt said."""
        (row,) = await self.house.sql(
            "SELECT n.received_outlet_id, s.outlet_id FROM shipment s JOIN shipment_line n ON n.tenant_id = $1 AND n.shipment_id = s.id"
            " WHERE s.tenant_id = $1 AND s.id = $2", shipment,
        )  # fmt: skip
        assert (row["received_outlet_id"] or row["outlet_id"]) == (outlet or row["outlet_id"])

    async def enter_as_gone(self) -> None:
        """A shipment that is entered when it has left already: nobody can have inspected it before."""
        line = chain.NewShipmentLine(lot_id=self.any(), quantity=Decimal(1))  # type: ignore[attr-defined]
        at = (await self.house.sql("SELECT now() AS at, $1::uuid"))[0]["at"]
        command = chain.NewShipment(
            shipment_no=new_id().hex, customer_id=self.house.customer, lines=[line], departed_at=at
        )
        assert not await self.did("quality_manager", chain.ship, command)

    async def look(self) -> None:
        """Inspect a shipment: the first time, again after it failed, or as a correction of what was entered."""
        shipment = self.any_sent()
        if shipment is None:
            return
        sent, value = self.sent[shipment], self.random.choice([GOOD, GOOD, BAD])
        if sent.last is not None and self.random.random() < 0.3:
            await self.look_again_at_the_record(shipment, sent, value)
            return
        found = await self.due(shipment, sent)
        if found is None:
            return
        command = quality.NewRecord(form_code="OUT", shipment_id=shipment, values={"look": value}, inspection_id=found)
        stored = await self.house.run("inspector", quality.record_entry, command)
        sent.looks.append(value)
        sent.last = (found, stored.record_id)

    async def look_again_at_the_record(self, shipment: UUID, sent: Sent, value: str) -> None:
        assert sent.last is not None
        found, record = sent.last
        command = quality.NewRecord(
            form_code="OUT", shipment_id=shipment, values={"look": value}, corrects=record, correction_reason="x"
        )
        stored = await self.house.run("inspector", quality.record_entry, command)
        sent.looks[-1] = value
        sent.last = (found, stored.record_id)

    async def due(self, shipment: UUID, sent: Sent) -> UUID | None:
        """The inspection to do next; None where the last one passed."""
        if sent.last is None:
            await self.house.run("inspector", events.fall_due, shipments=[shipment])
            (row,) = await self.house.sql(
                "SELECT id FROM inspection WHERE tenant_id = $1 AND shipment_id = $2", shipment
            )
            return UUID(str(row["id"]))
        if sent.looks[-1] == GOOD:
            return None
        again = inspection.CallInspection(plan_id=self.house.plan, reason="again", reinspects=sent.last[0])
        found: UUID = await self.house.run("inspector", inspection.call_inspection, again)
        return found

    async def expect(self) -> None:
        item = {"product_id": self.house.product, "quantity": "100"}
        command = chain.NewDelivery.model_validate({"supplier_id": self.house.supplier, "items": [item]})
        delivery, _ = await self.house.run("quality_manager", chain.create_delivery, command)
        self.expected[delivery] = "expected"

    async def call_off(self) -> None:
        if self.expected:
            delivery = self.random.choice(list(self.expected))
            done = await self.did("quality_manager", chain.cancel_delivery, delivery, chain.CancelDelivery(reason="x"))
            assert done == (self.expected[delivery] == "expected")
            self.expected[delivery] = "cancelled" if done else self.expected[delivery]

    async def take_in(self) -> None:
        """What comes of a delivery is a lot that nobody has released."""
        if not self.expected:
            return
        delivery = self.random.choice(list(self.expected))
        line = {
            "product_id": self.house.product,
            "supplier_lot_no": new_id().hex,
            "lot_no": new_id().hex,
            "quantity": "50",
        }
        body = {"vehicle": "x", "counterpart_name": "x", "signature_id": self.house.signature, "lines": [line]}
        command = chain.ReceiveDelivery.model_validate(body)
        made = await self.call("quality_manager", quality.receive_delivery, delivery, command)  # type: ignore[attr-defined]
        assert (made is not None) == (self.expected[delivery] == "expected")
        if made is None:
            return
        self.expected[delivery] = "received"
        self.left_by["delivery"] += 1
        shipped = chain.NewShipment.model_validate(
            {
                "shipment_no": new_id().hex,
                "customer_id": self.house.customer,
                "lines": [{"lot_id": made.lot_ids[0], "quantity": "1"}],
            }
        )
        assert not await self.did("quality_manager", chain.ship, shipped)

    async def returns_are_told(self) -> None:
        """Every return that was carried out left under one number, to the supplier, out of the lot's stock and no other way."""
        rows = await self.house.sql(
            "SELECT d.quantity, r.quantity AS left_with, r.supplier_id, c.fate, c.drawn_quantity FROM disposition d"
            " LEFT JOIN supplier_return r ON r.tenant_id = $1 AND r.disposition_id = d.id"
            " LEFT JOIN scrap c ON c.tenant_id = $1 AND c.id = r.scrap_id"
            " WHERE d.tenant_id = $1 AND d.kind = 'return' AND d.state IN ('carried_out', 'verified')"
        )
        for row in rows:
            assert row["quantity"] == row["left_with"] == row["drawn_quantity"]
            assert (row["supplier_id"], row["fate"]) == (self.house.supplier, "returned")
        self.left_by["return"] = len(rows)
