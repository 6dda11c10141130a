"""Promise: whatever is done in whatever order with the pieces of a coded lot — named by serials, taken by quantity, packed, opened,
split, held, rejected, lifted — a piece that left leaves no second time, and no piece that is stopped leaves at all.

The oracle keeps where each named piece is and how many were taken unnamed; a failing seed is the reproduction.
"""

import random
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from server.domains import chain
from server.domains.chain.links import linking
from server.domains.chain.shipping import shipments
from server.domains.quality.unit_lots import lot_of_code
from tests.api.test_chain_stock import coded
from tests.fixtures.floor import Floor

PIECES, STEPS = 10, 28


class Pieces:
    """One lot of ten pieces with codes. `home`: where a named piece is, None for one that left; `taken`: pieces taken unnamed."""

    def __init__(self, floor: Floor, seed: int) -> None:
        self.floor, self.random = floor, random.Random(seed)
        self.home: dict[int, str | None] = {}
        self.stopped: dict[int, str] = {}
        self.units: dict[int, str] = {}
        self.taken = 0
        self.cases: dict[str, set[int]] = {}
        self.wrong: list[str] = []

    async def start(self) -> None:
        self.lot = await self.floor.lot("finished", quantity=str(PIECES), unit="瓶")
        self.order = await coded(self.floor, self.lot, PIECES)
        self.home = dict.fromkeys(range(1, PIECES + 1), "lot")

    def serials(self) -> tuple[int, int]:
        first = self.random.randint(1, PIECES)
        return first, min(PIECES, first + self.random.randint(0, 3))

    def named(self, first: int, last: int) -> dict[str, Any]:
        return {"order_id": self.order, "first": first, "last": last}

    async def send(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None where it was refused."""
        answer = await self.floor.manager.post(f"/api/v1/{path}", json=body)
        assert answer.status_code < 500, answer.text
        return (answer.json() if answer.content else {}) if answer.is_success else None

    def leave(self, pieces: set[int], where: str | None, how: str) -> None:
        for piece in pieces:
            if self.home[piece] != "lot" and not (where is None and self.home[piece] in self.cases):
                self.wrong.append(f"{how}: {piece} left from {self.home[piece]}")
            if piece in self.stopped and where is None:
                self.wrong.append(f"{how}: stopped {piece} left")
            self.home[piece] = where

    def unnamed(self, count: int, how: str) -> None:
        self.taken += count
        here = [piece for piece, home in self.home.items() if home == "lot"]
        stopped = [piece for piece in here if piece in self.stopped]
        if len(here) - self.taken < len(stopped):
            self.wrong.append(f"{how}: {count} unnamed of {here}, stopped {stopped}, taken {self.taken}")

    async def ship_named(self) -> None:
        first, last = self.serials()
        line = {"lot_id": self.lot, "serials": self.named(first, last)}
        if await self.ship(line) is not None:
            self.leave(set(range(first, last + 1)), None, "ship_named")

    async def ship(self, line: dict[str, Any]) -> dict[str, Any] | None:
        body = {"shipment_no": self.random.randbytes(8).hex(), "customer_id": self.customer, "lines": [line]}
        return await self.send("shipments", body)

    async def ship_unnamed(self) -> None:
        count = self.random.randint(1, 4)
        if await self.ship({"lot_id": self.lot, "quantity": str(count)}) is not None:
            self.unnamed(count, "ship_unnamed")

    async def consume(self) -> None:
        target = await self.floor.lot("finished", released=False, unit="瓶")
        body = {"from_lot": self.lot, "to_lot": target, "kind": "consumed", "quantity": "2"}
        if await self.send("links", body) is not None:
            self.unnamed(2, "consume")

    async def pack(self) -> None:
        first, last = self.serials()
        body = {"lot_no": self.random.randbytes(6).hex(), "serials": [self.named(first, last)]}
        if (made := await self.send("packages", body)) is not None:
            self.cases[made["id"]] = set(range(first, last + 1))
            self.leave(self.cases[made["id"]], made["id"], "pack")

    async def ship_case(self) -> None:
        if self.cases:
            case = self.random.choice(sorted(self.cases))
            if await self.ship({"lot_id": case}) is not None:
                self.leave(self.cases[case], None, "ship_case")

    async def open_case(self) -> None:
        if self.cases:
            case = self.random.choice(sorted(self.cases))
            if await self.send(f"lots/{case}/open", {"reason": "x"}) is not None:
                if any(self.home[piece] != case for piece in self.cases[case]):
                    self.wrong.append(f"opened {case}, which had left")
                for piece in self.cases.pop(case):
                    self.home[piece] = "lot"

    async def stop(self) -> None:
        piece = self.random.randint(1, PIECES)
        if piece in self.stopped or self.home[piece] is None:
            return
        unit = await self.unit(piece)
        if self.random.random() < 0.7:
            opened = await self.send("holds", {"lot_ids": [unit], "reason": "异常"})
            assert opened is not None
            self.stopped[piece] = opened["holds"][unit]
            return
        actor = self.floor.plant.actor("quality_manager")
        async with db.transaction(actor.scope()):
            await chain.mark_rejected(actor, [UUID(unit)])
        self.stopped[piece] = "rejected"

    async def unit(self, piece: int) -> str:
        if piece not in self.units:
            actor = self.floor.plant.actor("inspector")
            async with db.transaction(actor.scope()):
                text = f"{UUID(self.order).hex[-12:]}{piece}"
                self.units[piece] = str(await lot_of_code(actor, text))
        return self.units[piece]

    async def lift(self) -> None:
        held = [piece for piece, hold in sorted(self.stopped.items()) if hold != "rejected"]
        if held:
            piece = self.random.choice(held)
            assert await self.send(f"holds/{self.stopped.pop(piece)}/close", {"reason": "复检合格"}) is not None

    async def run(self) -> "Pieces":
        self.customer = await self.floor.customer()
        await self.start()
        acts = [
            self.ship_named,
            self.ship_unnamed,
            self.consume,
            self.pack,
            self.ship_case,
            self.open_case,
            self.stop,
            self.stop,
            self.lift,
        ]
        for _ in range(STEPS):
            await self.random.choice(acts)()
        return self


@pytest.mark.parametrize("seeds", [range(start, start + 4) for start in range(0, 16, 4)], ids=str)
async def test_no_piece_leaves_twice_and_no_stopped_one_at_all(floor: Floor, seeds: range) -> None:
    for seed in seeds:
        walked = await Pieces(floor, seed).run()
        assert walked.wrong == [], f"seed {seed}"


async def test_control_a_house_that_forgets_stopped_pieces_is_found_out(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (linking, shipments):
        monkeypatch.setattr(module, "assert_spares_stopped", lambda *_, **__: None)
    for seed in range(40):
        if (await Pieces(floor, seed).run()).wrong:
            return
    pytest.fail("forty walks found nothing")
