"""Moves of a random walk with cases: goods are packed, the case is looked at, leaves, or is opened again. What fails as a case, or
lies in one and may not leave, leaves neither in the case nor, out of it, under the number it came from."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core.ids import new_id
from server.domains import chain, quality


@dataclass
class Case:
    """A case with so much of one lot in it. `records`: what was found of the case itself, in its order."""

    lot: UUID
    quantity: Decimal
    records: list[str] = field(default_factory=list)
    open: bool = False


class Cases:
    """To be mixed into a walk that has `house`, `random`, `call`, `did`, `lots`, `any`, `quantity`, `why_not` and `failed`."""

    house: Any
    random: random.Random
    lots: dict[UUID, Any]
    any: Callable[[], UUID]
    quantity: Callable[[], Decimal]
    values: tuple[str, str, str]  # passing, outside a limit of our own, outside the law

    def prepare_cases(self) -> None:
        self.cases: dict[UUID, Case] = {}
        self.packed = {"packed": 0, "shipped": 0, "stopped": 0, "opened": 0, "kept shut": 0}

    def case_records(self, lot: UUID) -> list[str]:
        """What was found of the cases in which some of this lot lay."""
        return [value for case in self.cases.values() if case.lot == lot for value in case.records]

    def any_case(self) -> UUID | None:
        return self.random.choice(list(self.cases)[-4:]) if self.cases else None

    async def pack(self) -> None:
        lot, quantity = self.any(), self.quantity()
        command = chain.PackLots(lot_no=new_id().hex, contents=[chain.Part(lot_id=lot, quantity=quantity)])
        case = await self.call("quality_manager", chain.pack_lots, command)  # type: ignore[attr-defined]
        if case is None:
            return
        assert not self.lots[lot].stopped, lot
        self.packed["packed"] += 1
        self.cases[case] = Case(lot, quantity)
        if self.lots[lot].conceded is not None:
            self.lots[lot].conceded -= quantity

    async def look_at_case(self) -> None:
        case = self.any_case()
        if case is None:
            return
        passing, internal, legal = self.values
        value = self.random.choice([passing, passing, internal, legal])
        command = quality.NewRecord(form_code="L", lot_id=case, values={"Pb": value})
        if await self.call("inspector", quality.record_entry, command) is None:  # type: ignore[attr-defined]
            return
        self.cases[case].records.append(value)
        if value != passing:
            self.failed(self.cases[case].lot)  # type: ignore[attr-defined]

    def why_not_case(self, case: Case) -> str | None:
        if case.open:
            return "nothing is in it"
        if self.values[2] in case.records:
            return "the case is outside a legal limit"
        # Its concession was asked for when it was packed; that it has ended since stops it still.
        one = self.lots[case.lot]
        return "its concession ended" if one.over else self.why_not(case.lot, Decimal(0))  # type: ignore[attr-defined, no-any-return]

    async def ship_case(self) -> None:
        case = self.any_case()
        if case is None:
            return
        line = chain.NewShipmentLine(lot_id=case, quantity=Decimal(1))
        command = chain.NewShipment(shipment_no=new_id().hex, customer_id=self.house.customer, lines=[line])
        if await self.call("quality_manager", chain.ship, command) is None:  # type: ignore[attr-defined]
            self.packed["stopped"] += 1
            return
        assert self.why_not_case(self.cases[case]) is None, (case, self.why_not_case(self.cases[case]))
        self.packed["shipped"] += 1

    async def open_case(self) -> None:
        number = self.any_case()
        if number is None:
            return
        case = self.cases[number]
        if not await self.did("quality_manager", chain.open_package, number, chain.EndLink(reason="x")):  # type: ignore[attr-defined]
            self.packed["kept shut"] += 1
            return
        passing, _, legal = self.values
        assert not case.open, number
        assert legal not in case.records, (number, case)
        assert not case.records or case.records[-1] == passing, (number, case)
        self.packed["opened"] += 1
        case.open = True
        if self.lots[case.lot].conceded is not None:
            self.lots[case.lot].conceded += case.quantity
