"""Promise: an inspection that falls due after its record was made (an operation typed in later) is done by that record; where it failed,
goods that were released meanwhile stop at once, as they would have had the inspection been known."""

import asyncio
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from server.core import db
from server.core.actor import worker
from server.core.clock import now
from server.domains import chain
from server.domains.chain import lock_graph
from server.domains.quality import events
from tests.api.test_called_back import confirm, held, lift, part_of
from tests.fixtures.api import Api
from tests.fixtures.inspections import FAIL, PASS, Line, hours_ago, make_line

_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
STARTED, LOOKED_AT = hours_ago(3), hours_ago(2.8)


@pytest.fixture
async def line(api: Api) -> Line:
    return await make_line(api)


async def released_after(line: Line, look: dict[str, str]) -> str:
    """A lot with this look at its first piece, released by signature before anybody told how it was made."""
    await line.form("F2")
    lot = await line.lot("finished", unit="kg")
    await line.record("F2", lot_id=lot)
    await line.record(lot_id=lot, values=look, captured_at=LOOKED_AT.isoformat())
    assert await confirm(line, lot) == []
    return lot


async def first_pieces(line: Line, **more: Any) -> str:
    return await line.plan(
        "first_piece", await line.form(), step_id=line.ids["step"], first_piece_on=["shift_start"], **more
    )


async def test_released_goods_and_their_parts_stop(line: Line) -> None:
    await first_pieces(line)
    lot = await released_after(line, FAIL)
    part = await part_of(line, lot)
    await line.operation(lot, STARTED)
    assert [row["verdict"] for row in await line.open("done", lot_id=lot)] == ["fail"]
    assert set(await held(line)) == {lot, part}
    assert await lift(line, lot) == "inspection_failure_stands"


async def test_what_passed_stops_nothing(line: Line) -> None:
    await first_pieces(line)
    await line.operation(await released_after(line, PASS), STARTED)
    assert await held(line) == {}


async def test_what_need_not_be_done_stops_nothing(line: Line) -> None:
    await first_pieces(line, mandatory=False)
    lot = await released_after(line, FAIL)
    await line.operation(lot, STARTED)
    assert [row["verdict"] for row in await line.open("done", lot_id=lot)] == ["fail"]
    assert await held(line) == {}


async def scheduler_meets_who_has_the_graph(line: Line) -> tuple[str, bool]:
    """Something is missed, and a record fails what the scheduler finds due; somebody who has the graph wants every inspection
    while the scheduler waits for the graph. The released lot, and whether they were to be had."""
    await first_pieces(line)
    lot = await released_after(line, FAIL)
    plan = await line.plan("end_of_lot", await line.form("F3"), product_id=line.ids["material"])
    await line.post("inspections", {"plan_id": plan, "lot_id": lot, "reason": "demand"})
    await line.move_back(50)
    actor, system = line.plant.actor("operator"), worker("scheduler", line.plant.tenant_id, "")
    body = {"step_id": line.ids["step"], "lots_out": [lot], "started_at": STARTED, "ended_at": hours_ago(2)}
    async with db.transaction(actor.scope()):  # by a door that tells of it by its event alone
        await chain.record_operation(actor, chain.NewOperation.model_validate(body))

    async def tick() -> None:
        async with db.transaction(system.scope()):
            await events.tick(system, now())

    outside, free = copy_context(), True
    try:
        async with db.transaction(actor.scope()):
            await lock_graph(actor.tenant)
            looking = asyncio.create_task(tick(), context=outside)
            async with asyncio.timeout(30):
                while not await db.fetchval(_WAITS):  # noqa: ASYNC110 - the database tells nobody
                    await asyncio.sleep(0.01)
            await db.fetch("SELECT FROM inspection WHERE tenant_id = $1 FOR UPDATE NOWAIT", actor.tenant)
    except asyncpg.LockNotAvailableError:
        free = False
    await looking
    return lot, free


async def test_the_scheduler_stops_them_too_and_waits_for_the_graph_before_it_holds_a_row(line: Line) -> None:
    lot, free = await scheduler_meets_who_has_the_graph(line)
    assert free
    assert set(await held(line)) == {lot}


async def test_control_a_scheduler_that_holds_rows_first_is_in_the_way(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlocked(tenant_id: UUID) -> None: ...

    monkeypatch.setattr(events, "chain", SimpleNamespace(lock_graph=unlocked))
    _, free = await scheduler_meets_who_has_the_graph(line)
    assert not free
