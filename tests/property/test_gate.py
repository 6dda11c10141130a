"""Promise: no sequence of calls consumes, installs or ships what may not be; the books always balance exactly.

An oracle of its own, brute force over what the calls said, decides before every use whether it may happen: the
service must agree, both ways. Random walks are seeded; a failing seed is the reproduction.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.core.errors import Problem
from server.core.ids import new_id
from server.domains import chain
from server.domains.chain.shipping import shipments
from server.domains.chain.stock import gate as rules
from server.domains.chain.stock import goods
from tests.fixtures.plant import Works

PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
STEPS = 90


@dataclass
class Lot:
    kind: str
    state: str
    expired: bool
    holds: set[str] = field(default_factory=set)


@dataclass
class Oracle:
    """What the calls said, kept apart from the tables."""

    lots: dict[UUID, Lot] = field(default_factory=dict)
    inside: list[tuple[UUID, UUID, str]] = field(default_factory=list)  # (content, container, kind)

    def contents(self, lot: UUID, packed_only: bool) -> set[UUID]:
        found: set[UUID] = set()
        front = {lot}
        while front:
            front = {c for c, o, kind in self.inside if o in front and (kind == "packed" or not packed_only)} - found
            found |= front
        return found

    def usable(self, lot_id: UUID) -> bool:
        lot = self.lots[lot_id]
        packed = self.contents(lot_id, True)
        if lot.holds or any(self.lots[inner].holds for inner in self.contents(lot_id, False)):
            return False
        if any(not self.fit(self.lots[inner]) for inner in packed):
            return False
        return self.fit(lot) and (lot.kind != "package" or bool(packed))

    def fit(self, lot: Lot) -> bool:
        return lot.state != "rejected" if lot.kind == "package" else lot.state == "released" and not lot.expired


class Walk:
    """One random walk; every method does one call and keeps the oracle in step."""

    def __init__(self, works: Works, seed: int) -> None:
        self.works, self.random, self.oracle = works, random.Random(seed), Oracle()
        self.links: list[UUID] = []
        self.cause = f"cause {seed}"
        self.uses = 0

    def any(self) -> UUID:
        return self.random.choice(list(self.oracle.lots))

    def quantity(self) -> Decimal:
        return Decimal(self.random.choice(["0.001", "1", "7.5", "30", "100", "33.333"]))

    async def call(self, command: Any, *args: Any, **options: Any) -> Any:
        """The answer, or None where the call was refused; what is refused changes nothing."""
        try:
            return await self.works.run(command, *args, **options)
        except Problem:
            return None

    async def new(self) -> None:
        kind = self.random.choice(["material", "intermediate", "finished"])
        expires = self.random.choice([None, FUTURE, FUTURE, PAST])
        lot = await self.works.run(chain.create_lot, self.works.new_lot(kind, expires_at=expires))
        self.oracle.lots[lot] = Lot(kind, "pending", expires is PAST)
        if self.random.random() < 0.7:
            await self.decide(lot, "released")

    async def decide(self, lot: UUID, state: str) -> None:
        act = chain.mark_released if state == "released" else chain.mark_rejected
        await self.works.run(act, [lot])
        self.oracle.lots[lot].state = state

    async def judge(self) -> None:
        await self.decide(self.any(), self.random.choice(["released", "released", "rejected"]))

    async def hold(self) -> None:
        lot = self.any()
        await self.works.run(chain.open_holds, [lot], kind="on_hold", cause=self.cause, reason="x")
        self.oracle.lots[lot].holds.add(self.cause)

    async def lift(self) -> None:
        if self.random.random() < 0.7:
            for lot in await self.works.run(chain.close_holds, self.cause, "x"):
                self.oracle.lots[lot].holds.discard(self.cause)

    async def link(self) -> None:
        source, target = self.any(), self.any()
        kind = self.random.choice(
            ["consumed", "consumed", "installed", "packed", "split", "merged", "reworked", "repaired"]
        )
        known = self.random.random() < 0.9
        quantity, left = (self.quantity() if known else None), await self.works.left(source)
        command = chain.NewLink(from_lot=source, to_lot=target, kind=kind, quantity=quantity)
        may = self.oracle.usable(source)
        link = await self.call(chain.create_link, command)
        if kind in ("consumed", "installed"):
            self.uses += link is not None
            assert not (link is not None and not may), (kind, source)
        if link is None:
            return
        assert quantity is None or quantity <= left or self.oracle.lots[source].kind == "package"
        self.links.append(link)
        self.linked(kind, source, target)

    def linked(self, kind: str, source: UUID, target: UUID) -> None:
        goods, into = self.oracle.lots[source], self.oracle.lots[target]
        if kind in ("packed", "installed"):
            self.oracle.inside.append((source, target, kind))
        elif kind != "consumed":
            into.holds |= goods.holds
            for inner in self.oracle.contents(source, False):
                into.holds |= self.oracle.lots[inner].holds
            into.expired |= goods.expired
            if goods.state == "rejected":
                into.state = "rejected"
        if into.state == "released" and kind not in ("consumed", "installed", "packed"):
            assert goods.state == "released", kind

    async def use(self) -> None:
        """A use that is likely to be allowed: agreement is checked both ways."""
        source, target = self.any(), await self.works.lot("intermediate", released=False)
        self.oracle.lots[target] = Lot("intermediate", "pending", False)
        quantity, left = self.quantity(), await self.works.left(source)
        if self.oracle.lots[source].kind == "package":
            quantity = Decimal(1)
        may = self.oracle.usable(source) and left is not None and quantity <= left
        link = await self.call(
            chain.create_link, chain.NewLink(from_lot=source, to_lot=target, kind="consumed", quantity=quantity)
        )
        assert (link is not None) == may, (source, self.oracle.lots[source], quantity, left)
        self.uses += link is not None
        self.links += [link] if link else []

    async def ship(self) -> None:
        lot = self.any()
        quantity, left = self.quantity(), await self.works.left(lot)
        if self.oracle.lots[lot].kind == "package":
            quantity = Decimal(1)
        may = self.oracle.usable(lot) and left is not None and quantity <= left
        line = chain.NewShipmentLine(lot_id=lot, quantity=quantity)
        command = chain.NewShipment(shipment_no=new_id().hex, customer_id=self.works.customer, lines=[line])
        shipped = await self.call(chain.ship, command)
        assert (shipped is not None) == may, (lot, self.oracle.lots[lot], quantity, left)
        self.uses += shipped is not None

    async def split(self) -> None:
        lot = self.any()
        whole = self.oracle.lots[lot]
        part = await self.call(chain.split_lot, lot, chain.SplitLot(lot_no=new_id().hex, quantity=self.quantity()))
        if part is not None:
            self.oracle.lots[part] = Lot(whole.kind, whole.state, whole.expired, set(whole.holds))

    async def merge(self) -> None:
        lots = dict.fromkeys([self.any(), self.any(), self.any()])
        parts = [chain.Part(lot_id=lot) for lot in lots]
        if len(parts) < 2:
            return
        merged = await self.call(chain.merge_lots, chain.MergeLots(lot_no=new_id().hex, parts=parts))
        if merged is not None:
            states = {self.oracle.lots[lot].state for lot in lots}
            assert not any(self.oracle.lots[lot].holds or self.oracle.lots[lot].expired for lot in lots)
            self.oracle.lots[merged] = Lot("finished", "released" if states == {"released"} else "pending", False)

    async def rework(self) -> None:
        lot = self.any()
        made = await self.call(chain.rework_lot, lot, chain.ReworkLot(lot_no=new_id().hex, quantity=self.quantity()))
        if made is not None:
            old = self.oracle.lots[lot]
            stopped = old.holds.union(*(self.oracle.lots[inner].holds for inner in self.oracle.contents(lot, False)))
            state = "rejected" if old.state == "rejected" else "pending"
            self.oracle.lots[made] = Lot(old.kind, state, old.expired, stopped)

    async def pack(self) -> None:
        lots = dict.fromkeys([self.any(), self.any()])
        contents = [chain.Part(lot_id=lot, quantity=self.piece(lot)) for lot in lots]
        case = await self.call(chain.pack_lots, chain.PackLots(lot_no=new_id().hex, contents=contents))
        if case is not None:
            self.oracle.lots[case] = Lot("package", "pending", False)
            self.oracle.inside += [(lot, case, "packed") for lot in lots]

    def piece(self, lot: UUID) -> Decimal:
        return Decimal(1) if self.oracle.lots[lot].kind == "package" else self.quantity()

    async def open(self) -> None:
        lot = self.any()
        if await self.call(chain.open_package, lot, chain.EndLink(reason="x")):
            self.oracle.inside = [entry for entry in self.oracle.inside if entry[1] != lot or entry[2] != "packed"]

    async def reverse(self) -> None:
        if not self.links:
            return
        link = self.random.choice(self.links)
        row = (await self.works.read("SELECT from_lot, to_lot, kind FROM link WHERE tenant_id = $1 AND id = $2", link))[
            0
        ]
        if await self.call(chain.reverse_link, link, chain.ReverseLink(reason="x")):
            self.links.remove(link)
            entry = (row["from_lot"], row["to_lot"], row["kind"])
            if entry in self.oracle.inside:
                self.oracle.inside.remove(entry)

    async def count(self) -> None:
        lot = self.any()
        if self.oracle.lots[lot].kind != "package":
            await self.call(chain.count_lot, lot, chain.CountLot(quantity=self.quantity()))

    async def scrap(self) -> None:
        await self.call(chain.scrap_lot, self.any(), chain.ScrapLot(quantity=self.quantity(), reason="x"))

    async def run(self) -> None:
        for _ in range(4):
            await self.new()
        steps = [self.new, self.judge, self.hold, self.lift, self.split, self.merge, self.rework, self.pack, self.open,
                 self.reverse, self.count, self.scrap, *[self.link] * 4, *[self.use] * 4, *[self.ship] * 3]  # fmt: skip
        for _ in range(STEPS):
            await self.random.choice(steps)()


_BOOKS = """
SELECT l.id, l.quantity, l.used_quantity, l.counted_difference,
       (SELECT coalesce(sum(drawn_quantity), 0) FROM link k WHERE k.tenant_id = $1 AND k.from_lot = l.id)
       + (SELECT coalesce(sum(drawn_quantity), 0) FROM shipment_line s WHERE s.tenant_id = $1 AND s.lot_id = l.id)
       + (SELECT coalesce(sum(drawn_quantity), 0) FROM scrap c WHERE c.tenant_id = $1 AND c.lot_id = l.id) AS drawn,
       (SELECT coalesce(sum(difference), 0) FROM stock_count c WHERE c.tenant_id = $1 AND c.lot_id = l.id) AS counted
FROM lot l WHERE l.tenant_id = $1
"""


async def books_balance(works: Works) -> None:
    """Every lot: what it drew is what its rows drew, nothing is below zero, and the balance adds up exactly."""
    for row in await works.read(_BOOKS):
        assert row["used_quantity"] == row["drawn"]
        assert row["counted_difference"] == row["counted"]
        assert row["used_quantity"] <= row["quantity"] + row["counted_difference"]
        async with db.transaction(works.actor.scope()):
            balance = await chain.queries.lot_balance(works.actor.tenant, row["id"])
        parts = (
            balance.consumed,
            balance.split_off,
            balance.packed,
            balance.installed,
            balance.shipped,
            balance.scrapped,
        )
        assert balance.left is not None
        assert row["quantity"] == sum(parts) + balance.left + balance.unexplained


@pytest.mark.parametrize("seeds", [range(0, 4), range(4, 8), range(8, 12)], ids=str)
async def test_no_sequence_of_calls_gets_round_the_gate(works: Works, seeds: range) -> None:
    uses = 0
    for seed in seeds:
        walk = Walk(works, seed)
        await walk.run()
        uses += walk.uses
    assert uses >= 10  # the walks do use things; refusing everything would prove nothing
    await books_balance(works)


async def walk_until_found_out(works: Works) -> None:
    for seed in range(40):
        await Walk(works, seed).run()


@pytest.mark.parametrize("forgotten", ["contents", "holds", "expiry", "release"])
async def test_control_a_gate_that_forgets_something_is_found_out(
    works: Works, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    real = rules.why_unusable

    def forgetful(stock: goods.Stock) -> Problem | None:
        kept = replace(stock)
        if forgotten == "contents":
            kept.inside = [
                goods.Content(replace(c.stock, holds=[], state="released", expired=False, inside=[]), c.packed)
                for c in stock.inside
            ]
        elif forgotten == "holds":
            kept.holds = []
        elif forgotten == "expiry":
            kept.expired = False
        else:
            kept.state = "released"
        return real(kept)

    monkeypatch.setattr(rules, "why_unusable", forgetful)
    monkeypatch.setattr(shipments, "why_unusable", forgetful)
    with pytest.raises(AssertionError):
        await walk_until_found_out(works)
