"""The moves that every lot of the dairy makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.domains import chain
from workers.seed.house import House
from workers.seed.plant import OPERATOR


@dataclass
class Dairy(House):
    """The dairy's house."""

    async def receive(self, product: str, supplier: str, lot_no: str, **values: Any) -> UUID:
        """A material lot at the gate, entered as it came."""
        self.plant.tell(values["received_at"])
        command = chain.NewLot(
            kind="material",
            product_id=self.products[product],
            supplier_id=self.suppliers[supplier],
            lot_no=lot_no,
            **values,
        )
        return await self.plant.do(OPERATOR, chain.create_lot, command)

    async def make(
        self,
        product: str,
        lot_no: str,
        inputs: Sequence[tuple[UUID, str, str]],
        quantity: str,
        begun: datetime,
        ended: datetime,
        operation: Mapping[str, Any],
        **values: Any,
    ) -> UUID:
        """A lot made of others, (lot, quantity, unit) each, by one operation."""
        self.plant.tell(begun)
        kind: Any = "intermediate" if product in ("TANK", "BASE") else "finished"
        command = chain.NewLot(
            kind=kind,
            product_id=self.products[product],
            lot_no=lot_no,
            quantity=Decimal(quantity),
            produced_at=begun,
            **values,
        )
        lot_id = await self.plant.do(OPERATOR, chain.create_lot, command)
        done = chain.NewOperation(
            lots_in=[lot for lot, _, _ in inputs],
            lots_out=[lot_id],
            started_at=begun,
            ended_at=ended,
            shift="早班",
            **operation,
        )
        self.plant.tell(ended)
        operation_id = await self.plant.do(OPERATOR, chain.record_operation, done)
        links = [
            chain.NewLink(
                from_lot=source,
                to_lot=lot_id,
                kind="consumed",
                quantity=Decimal(drawn),
                unit=unit,
                at=begun,
                operation_id=operation_id,
            )
            for source, drawn, unit in inputs
        ]
        await self.plant.do(OPERATOR, chain.create_links, links, all_or_nothing=True)
        return lot_id
