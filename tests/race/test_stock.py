"""Promise: however many draw from one lot at once, its stock never falls below zero. With the locks off, it does."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server.core import constraints
from server.core.ids import new_id
from server.domains import chain
from server.domains.chain import problems
from server.domains.chain.links import linking
from server.domains.chain.stock import locking
from tests.fixtures.cluster import Database
from tests.fixtures.plant import Works

DRAW = 30  # of 100: three fit, a fourth does not


async def consume(works: Works, source: UUID, target: UUID) -> bool:
    """Whether it went through; anything but a refusal for lack of stock fails the test."""
    command = chain.NewLink(from_lot=source, to_lot=target, kind="consumed", quantity=DRAW, unit="kg")
    try:
        await works.run(chain.create_link, command)
    except problems.NotEnoughLeft:
        return False
    except asyncpg.CheckViolationError as error:
        return not isinstance(constraints.problem_of(error), problems.StockOverdrawn)
    return True


async def ship(works: Works, source: UUID) -> bool:
    line = chain.NewShipmentLine(lot_id=source, quantity=DRAW, unit="kg")
    command = chain.NewShipment(shipment_no=new_id().hex, customer_id=works.customer, lines=[line])
    try:
        await works.run(chain.ship, command)
    except problems.NotEnoughLeft:
        return False
    return True


async def scrap(works: Works, source: UUID) -> bool:
    try:
        await works.run(chain.scrap_lot, source, chain.ScrapLot(quantity=DRAW, unit="kg", reason="x"))
    except problems.NotEnoughLeft:
        return False
    return True


async def test_parallel_use_by_every_route_never_overdraws(works: Works) -> None:
    for _ in range(5):
        source = await works.lot()
        targets = [await works.lot("finished", released=False) for _ in range(6)]
        done = await asyncio.gather(
            *(consume(works, source, target) for target in targets),
            *(ship(works, source) for _ in range(6)),
            *(scrap(works, source) for _ in range(6)),
        )
        assert sum(done) == 3
        assert await works.left(source) == 10


async def test_two_links_do_not_close_a_cycle_together(works: Works) -> None:
    for _ in range(10):
        first, second = await works.lot("intermediate"), await works.lot("intermediate")
        links = [
            chain.NewLink(from_lot=a, to_lot=b, kind="consumed", quantity=1)
            for a, b in ((first, second), (second, first))
        ]
        results = await asyncio.gather(*(works.run(chain.create_link, link) for link in links), return_exceptions=True)
        assert sorted(isinstance(result, problems.LinksFormCycle) for result in results) == [False, True]


async def test_a_hold_and_a_use_at_once_leave_one_order(works: Works) -> None:
    """Whoever comes second sees the first: a use that went through was before the hold."""
    for _ in range(10):
        source, target = await works.lot(), await works.lot("finished", released=False)
        link = chain.NewLink(from_lot=source, to_lot=target, kind="consumed", quantity=1)
        hold = works.run(chain.open_holds, [source], kind="on_hold", cause="x", reason="x")
        used, _ = await asyncio.gather(works.run(chain.create_link, link), hold, return_exceptions=True)
        assert isinstance(used, UUID | problems.LotOnHold)
        with pytest.raises(problems.LotOnHold):
            await works.run(chain.create_link, link)


def unlock(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    """Locks off, and everybody reads the stock before anybody writes."""
    barrier = asyncio.Barrier(together)

    async def no_lock(tenant_id: UUID) -> None:
        return None

    async def unlocked(tenant_id: UUID, lot_ids: Any) -> Any:
        stocks = await locking.read_stocks(tenant_id, lot_ids, lock=False)
        await barrier.wait()
        return stocks

    monkeypatch.setattr(locking, "lock_graph", no_lock)
    monkeypatch.setattr(linking, "lock_stocks", unlocked)


async def test_control_without_locks_and_constraint_stock_is_used_twice(
    works: Works, fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(fresh_database.owner_dsn)
    await connection.execute("ALTER TABLE lot DROP CONSTRAINT lot_not_overdrawn")
    await connection.close()
    source = await works.lot()
    targets = [await works.lot("finished", released=False) for _ in range(4)]
    unlock(monkeypatch, 4)
    assert all(await asyncio.gather(*(consume(works, source, target) for target in targets)))
    assert await works.left(source) == -20


async def test_without_locks_the_constraint_has_the_last_word(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    source = await works.lot()
    targets = [await works.lot("finished", released=False) for _ in range(4)]
    unlock(monkeypatch, 4)
    done = await asyncio.gather(*(consume(works, source, target) for target in targets))
    assert sum(done) == 3
    assert await works.left(source) == 10
