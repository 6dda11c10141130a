"""What the dairy has at hand while its story is told, and the moves that every lot makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core.clock import EDGE
from server.domains import chain, quality
from workers.seed.plant import INSPECTOR, OPERATOR, RELEASER, Plant

ON_THE_SPOT = timedelta(minutes=3)  # from seeing a value to having entered it


@dataclass
class Dairy:
    """Ids by short names (`lots`: those that a later part of the story goes on with). `today` is the day of seeding: every
    date of the story counts back from it."""

    plant: Plant
    today: date
    products: dict[str, UUID] = field(default_factory=dict)
    steps: dict[str, UUID] = field(default_factory=dict)
    suppliers: dict[str, UUID] = field(default_factory=dict)
    customers: dict[str, UUID] = field(default_factory=dict)
    outlets: dict[str, UUID] = field(default_factory=dict)
    places: dict[str, UUID] = field(default_factory=dict)
    devices: dict[str, UUID] = field(default_factory=dict)
    pictures: dict[str, UUID] = field(default_factory=dict)
    rules: dict[str, UUID] = field(default_factory=dict)
    lots: dict[str, UUID] = field(default_factory=dict)

    def day(self, days_ago: int) -> date:
        return self.today - timedelta(days=days_ago)

    def at(self, days_ago: int, clock: str) -> datetime:
        """A moment in Shanghai."""
        return datetime.combine(self.day(days_ago), time.fromisoformat(clock), EDGE)

    def number(self, prefix: str, days_ago: int, suffix: str = "") -> str:
        """A lot number with the day in it, as plants print them."""
        return f"{prefix}{self.day(days_ago):%Y%m%d}{suffix}"

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

    async def record(
        self,
        form: str,
        captured_at: datetime,
        values: Mapping[str, Any],
        *,
        entered_at: datetime | None = None,
        **more: Any,
    ) -> UUID:
        """One filled-in form by the inspector, entered on the spot unless said otherwise."""
        self.plant.tell(entered_at or captured_at + ON_THE_SPOT)
        command = quality.NewRecord(form_code=form, captured_at=captured_at, values=dict(values), source="web", **more)
        return (await self.plant.do(INSPECTOR, quality.record_entry, command)).record_id

    async def release(self, at: datetime, *lot_ids: UUID) -> None:
        """Signed then, without asking for the password: the story has its signatures."""
        self.plant.tell(at)
        await self.plant.do(RELEASER, quality.decide_lots, lot_ids, "released", "资料齐全，检验合格", at)

    async def sign(self, at: datetime, *lot_ids: UUID) -> None:
        """Released as every day: whatever is mandatory and open refuses it."""
        self.plant.tell(at)
        await self.plant.do(RELEASER, quality.decide_lots, lot_ids, "released", "资料齐全，检验合格", kind="ordinary")
