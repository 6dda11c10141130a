"""Moves of a random walk that go ahead of results: urgent releases, their confirmation, and holds that are lifted. The walk's
oracle says which lots a failing result must have called back, and what had to be judged before they were freed."""

import random
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.core.ids import new_id
from server.domains import chain, quality
from server.domains.quality.releasing import urgent

ONE = Decimal(1)


class Early:
    """To be mixed into a walk that has `house`, `random`, `call`, `did`, `lots`, `any` and `part_of`."""

    house: Any
    random: random.Random
    lots: dict[UUID, Any]
    passing: str
    failing: str

    def prepare_early(self) -> None:
        self.undone: set[tuple[UUID, UUID]] = set()  # links that were reversed
        self.disposed: set[UUID] = set()  # a review of what failed took these goods up
        self.early_releases: dict[str, UUID] = {}  # release -> lot
        self.early = {"approved": 0, "refused": 0, "called back": 0, "confirmed": 0, "lifted": 0}

    def neighbours(self, lot: UUID, *, up: bool, worked: bool) -> list[UUID]:
        """The lots it came from, or became, one step away."""
        made_of = [
            (source, each)
            for each, one in self.lots.items()
            for source, again in one.made_of
            if (worked or not again) and (source, each) not in self.undone
        ]
        return (
            [source for source, each in made_of if each == lot] if up else [e for source, e in made_of if source == lot]
        )

    def closure(self, lots: list[UUID], *, up: bool, worked: bool = False) -> list[UUID]:
        found, front = dict.fromkeys(lots), list(lots)
        while front:
            new = [each for each in self.neighbours(front.pop(), up=up, worked=worked) if each not in found]
            found |= dict.fromkeys(new)
            front += new
        return list(found)

    def same_goods(self, lot: UUID) -> list[UUID]:
        """What it was split off or merged from, and all parts of that."""
        return self.closure(self.closure([lot], up=True), up=False)

    def failed(self, lot: UUID) -> None:
        """A result of this lot failed: whatever of its goods went ahead of its results is called back, and what it became."""
        for each in self.same_goods(lot):
            if self.lots[each].urgent:
                self.early["called back"] += 1
                for reached in self.closure([each], up=False, worked=True):
                    self.lots[reached].called.add(each)

    def judged(self, lot: UUID, failing: str, legal: str, passing: str) -> bool:
        for each in self.same_goods(lot):
            values = list(self.lots[each].records.values()) + self.case_records(each)  # type: ignore[attr-defined]
            for number, value in enumerate(values):
                if value == legal:
                    return False
                if value == failing and passing not in values[number:] and each not in self.disposed:
                    return False
        return True

    async def go_ahead(self) -> None:
        """A lot without results, or any that waits, is asked for; another person approves."""
        if self.random.random() < 0.7:
            lot = await self.fresh()  # type: ignore[attr-defined]
        else:
            lot = self.any()  # type: ignore[attr-defined]
        call = self.call  # type: ignore[attr-defined]
        request = await call("quality_manager", quality.ask_urgent, quality.AskUrgent(lot_id=lot, reason="客户停线"))
        if request is None:
            return
        if self.random.random() < 0.4:
            await self.record(lot)  # type: ignore[attr-defined]
        command = quality.DecideUrgent(approve=True, password="x")
        release = await call("releaser", urgent.decide_urgent, request, command)
        if release is None:
            self.early["refused"] += 1
            await call("releaser", urgent.decide_urgent, request, command.model_copy(update={"approve": False}))
            return
        assert self.judged_now(lot), (lot, self.lots[lot])  # type: ignore[attr-defined]
        self.early["approved"] += 1
        self.lots[lot].urgent = True
        self.early_releases[str(release)] = lot
        if self.random.random() < 0.5:
            await self.fail_part(lot)

    async def fail_part(self, lot: UUID) -> None:
        """Part of it goes its own way, and fails there."""
        part = await self.call(
            "quality_manager", chain.split_lot, lot, chain.SplitLot(lot_no=new_id().hex, quantity=ONE)
        )  # type: ignore[attr-defined]
        if part is not None:
            self.part_of(lot, part, ONE)  # type: ignore[attr-defined]
            await self.record(part, self.failing)  # type: ignore[attr-defined]

    async def confirm(self) -> None:
        found = [lot for lot, one in self.lots.items() if one.urgent]
        if not found:
            return
        lot = self.random.choice(found)
        if self.random.random() < 0.5:
            await self.record(lot, self.passing)  # type: ignore[attr-defined]
        signed = await self.call("releaser", quality.decide_lots, [lot], "released", None, kind="ordinary")  # type: ignore[attr-defined]
        if signed is not None:
            assert any(self.lots[each].records for each in self.same_goods(lot)), lot
            assert not self.lots[lot].called, lot
            self.early["confirmed"] += 1
            self.lots[lot].urgent = False

    async def lift(self) -> None:
        """Whatever hold a person finds, a person tries to lift."""
        rows = await self.house.sql("SELECT id, cause FROM hold WHERE tenant_id = $1 AND closed_at IS NULL ORDER BY id")
        if not rows:
            return
        early = [row for row in rows if row["cause"].startswith("urgent:")]
        hold = self.random.choice(early or rows if self.random.random() < 0.6 else rows)
        if hold in early and self.random.random() < 0.8:
            await self.pass_again(self.early_releases[hold["cause"].partition(":")[2]])
        if await self.did("quality_manager", quality.lift_hold, hold["id"], chain.CloseHold(reason="x")):  # type: ignore[attr-defined]
            origin = self.early_releases.get(hold["cause"].partition(":")[2])
            if origin is not None:
                self.early["lifted"] += 1
                await self.freed(origin, hold["cause"])

    async def pass_again(self, lot: UUID) -> None:
        """What failed of these goods is inspected again, lot by lot."""
        for each in self.same_goods(lot):
            if any(value != self.passing for value in self.lots[each].records.values()):
                await self.record(each, self.passing)  # type: ignore[attr-defined]

    async def freed(self, origin: UUID, cause: str) -> None:
        left = await self.house.sql(
            "SELECT lot_id FROM hold WHERE tenant_id = $1 AND cause = $2 AND closed_at IS NULL", cause
        )
        standing = {row["lot_id"] for row in left}
        for lot, one in self.lots.items():
            if origin in one.called and lot not in standing:
                assert self.judged_now(origin) or self.good_again(lot), (origin, lot)  # type: ignore[attr-defined]
                one.called.discard(origin)
