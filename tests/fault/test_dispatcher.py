"""Promise: every event reaches its subscriber, those of one key in order; a poisoned one dies with a reason and holds nobody up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from server.core import db, outbox
from server.core.actor import Actor
from server.core.ids import new_id
from server.core.scope import Scope
from server.wiring import MODELS
from tests.fixtures.cluster import Database
from workers import dispatcher as module
from workers.dispatcher import Dispatcher
from workers.scheduler import tick

Handler = Callable[[Actor, dict[str, Any]], Awaitable[None]]


@pytest.fixture
async def tenant(fresh_database: Database) -> AsyncIterator[UUID]:
    await db.open_pool(fresh_database.app_dsn, MODELS, size=6)
    async with db.transaction(Scope.system()):
        tenant_id = await db.fetchval(
            "INSERT INTO tenant (name, credit_code, division_code) VALUES ('A', '913301061114225788', '330106') RETURNING id"
        )
    yield tenant_id
    await db.close()


async def append(tenant: UUID, topic: str, key: str, number: int) -> None:
    async with db.transaction(Scope.tenant(tenant)):
        await outbox.append(topic, key=key, payload={"number": number}, tenant_id=tenant)


async def make_due() -> None:
    async with db.transaction(Scope.system()):
        await db.execute("UPDATE outbox SET due_at = now() WHERE done_at IS NULL")


async def open_events() -> int:
    async with db.transaction(Scope.system()):
        return int(await db.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"))


async def work(dispatcher: Dispatcher) -> None:
    """Rounds until nothing is open or everything waits for a later try."""
    while True:
        rest = await dispatcher.round()
        if rest:
            await dispatcher.drain()
            return


async def test_in_order_within_a_key_and_in_the_tenants_scope(tenant: UUID) -> None:
    heard: list[tuple[str, int]] = []

    async def hear(actor: Actor, payload: dict[str, Any]) -> None:
        assert db.current_scope() == Scope.tenant(tenant)
        assert actor.tenant_id == tenant
        heard.append(("x", payload["number"]))

    for number in range(12):
        await append(tenant, "Heard", f"key-{number % 2}", number)
    await work(Dispatcher({"Heard": hear}))
    assert sorted(number for _, number in heard) == list(range(12))
    for parity in (0, 1):
        mine = [number for _, number in heard if number % 2 == parity]
        assert mine == sorted(mine)
    assert await open_events() == 0


async def test_an_event_that_ends_during_a_claim_lets_the_next_of_its_key_be_claimed_at_once(tenant: UUID) -> None:
    dispatcher = Dispatcher({})
    ending = asyncio.create_task(asyncio.sleep(0))
    dispatcher._running.add(ending)
    ending.add_done_callback(dispatcher._running.discard)
    assert await dispatcher.round() == 0.0
    assert await dispatcher.round() > 0.0


async def test_a_poisoned_event_dies_with_its_reason_and_its_key_goes_on(tenant: UUID) -> None:
    heard: list[int] = []

    async def hear(actor: Actor, payload: dict[str, Any]) -> None:
        if payload["number"] == 0:
            raise RuntimeError("secret text")
        heard.append(payload["number"])

    for number in range(3):
        await append(tenant, "Heard", "one-key", number)
    await append(tenant, "Heard", "other-key", 9)
    dispatcher = Dispatcher({"Heard": hear})
    for attempt in range(module.MAX_ATTEMPTS):
        await make_due()
        await work(dispatcher)
        if attempt == 0:
            assert heard == [9]  # its own key waits, the other does not
    await work(dispatcher)
    assert heard == [9, 1, 2]
    async with db.transaction(Scope.system()):
        dead = await db.fetchrow("SELECT attempts, error FROM outbox WHERE dead_at IS NOT NULL")
    assert dead is not None
    assert (dead["attempts"], dead["error"]) == (module.MAX_ATTEMPTS, "RuntimeError")


async def test_a_hanging_event_is_cut_off_and_others_pass_it(tenant: UUID) -> None:
    heard: list[int] = []
    hang = asyncio.Event()

    async def hear(actor: Actor, payload: dict[str, Any]) -> None:
        if payload["number"] == 0:
            await hang.wait()
        heard.append(payload["number"])

    for number in range(6):
        await append(tenant, "Heard", f"key-{number}", number)
    await work(Dispatcher({"Heard": hear}, handler_seconds=0.5))
    assert sorted(heard) == [1, 2, 3, 4, 5]
    assert await open_events() == 1


async def test_what_a_dead_worker_held_is_taken_over_when_its_lease_ends(tenant: UUID) -> None:
    heard: list[str] = []

    async def hear(actor: Actor, payload: dict[str, Any]) -> None:
        heard.append(actor.name)

    await append(tenant, "Heard", "key", 0)
    dead = Dispatcher({"Heard": hear}, lease_seconds=0)
    async with db.transaction(Scope.system()):
        await db.fetch(module._CLAIM, dead.name, 0.0, 4)  # claimed, then killed
    await work(Dispatcher({"Heard": hear}))
    assert len(heard) == 1
    async with db.transaction(Scope.system()):
        assert await db.execute(module._DONE, new_id(), dead.name) == 0
    assert await open_events() == 0


async def test_a_failed_handler_leaves_nothing_behind(tenant: UUID) -> None:
    async def hear(actor: Actor, payload: dict[str, Any]) -> None:
        await db.execute("UPDATE tenant SET address = 'half' WHERE id = $1", tenant)
        raise RuntimeError

    await append(tenant, "Heard", "key", 0)
    await work(Dispatcher({"Heard": hear}))
    async with db.transaction(Scope.tenant(tenant)):
        assert await db.fetchval("SELECT address FROM tenant WHERE id = $1", tenant) is None


async def test_the_scheduler_makes_partitions_and_forgets_old_keys(tenant: UUID) -> None:
    async with db.transaction(Scope.system()):
        await db.execute(
            "INSERT INTO limit_counter (bucket, window_start, used) VALUES ('old', now() - interval '1 day', 1), ('new', now(), 1)"
        )
        await db.execute("UPDATE outbox SET done_at = now() - interval '31 days'")
    await asyncio.gather(*(tick() for _ in range(3)))
    async with db.transaction(Scope.system()):
        kept = await db.fetch("SELECT bucket FROM limit_counter")
    assert [row["bucket"] for row in kept] == ["new"]
