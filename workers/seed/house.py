"""What a plant of the demo has at hand while its story is told, and the moves that every plant makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from server.core.clock import EDGE
from server.domains import quality
from server.domains.quality import events
from workers.seed.plant import INSPECTOR, RELEASER, Plant

ON_THE_SPOT = timedelta(minutes=3)  # from seeing a value to having entered it


@dataclass
class House:
    """Ids by short names (`lots`, `shipments`: those that a later part of the story goes on with). `today` is the day of seeding: every
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
    shipments: list[UUID] = field(default_factory=list)

    def day(self, days_ago: int) -> date:
        return self.today - timedelta(days=days_ago)

    def at(self, days_ago: int, clock: str) -> datetime:
        """A moment in Shanghai."""
        return datetime.combine(self.day(days_ago), time.fromisoformat(clock), EDGE)

    def number(self, prefix: str, days_ago: int, suffix: str = "") -> str:
        """A lot number with the day in it, as plants print them."""
        return f"{prefix}{self.day(days_ago):%Y%m%d}{suffix}"

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

    async def fall_due(self, *, lots: Sequence[UUID] = (), operations: Sequence[UUID] = ()) -> None:
        """What these ask for, as the gate and the line tell it."""
        await self.plant.do(INSPECTOR, events.fall_due, lots=lots, operations=operations)
