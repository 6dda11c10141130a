"""Promise: of a hundred people scanning one code at once exactly one is the first, and nobody's count is another's.

The control counts as one would naively, reading and writing in two steps: the bug appears, so the test can see it.
"""

import asyncio
from typing import Any

import asyncpg
import pytest

from server.core import db
from server.domains.scans import Recorder
from server.settings import Settings
from tests.fixtures.api import Api
from tests.fixtures.scans import CodedLot, coded_lot, stored

PEOPLE = 100


@pytest.fixture
async def lot(api: Api) -> CodedLot:
    plant = await api.plant()
    return await coded_lot(api.settings, plant.tenant_id)


async def public_pool(settings: Settings, size: int) -> "asyncpg.Pool[Any]":
    return await asyncpg.create_pool(**db.credentials(settings.public_database_dsn), min_size=1, max_size=size)


async def test_one_first_of_a_hundred_through_several_processes_recorders(api: Api, lot: CodedLot) -> None:
    async with await public_pool(api.settings, 5) as pool:
        recorders = [Recorder(pool) for _ in range(4)]
        code = lot.codes[0]
        seen = await asyncio.gather(*(recorders[n % 4].record(code, 1, b"device") for n in range(PEOPLE)))
        for recorder in recorders:
            await recorder.close()
    assert sorted(one.number for one in seen if one) == list(range(1, PEOPLE + 1))
    assert len({one.facts["first_scan_at"] for one in seen if one}) == 1
    row = await stored(code, lot.tenant_id)
    assert (row["scan_count"], row["scans"]) == (PEOPLE, PEOPLE)


async def test_one_first_of_a_hundred_over_http(api: Api, lot: CodedLot) -> None:
    client = api.anonymous
    answers = await asyncio.gather(*(client.get(f"/api/v1/public/codes/{lot.codes[1]}") for _ in range(PEOPLE)))
    counts = [answer.json()["scan_count"] for answer in answers]
    assert counts.count(1) == 1
    assert sorted(counts) == list(range(1, PEOPLE + 1))


async def test_many_codes_in_many_orders_lose_nothing(api: Api, lot: CodedLot) -> None:
    """Batches of two recorders that hold the same codes: sorted locks, no deadlock, sums exact."""
    async with await public_pool(api.settings, 3) as pool:
        recorders = [Recorder(pool) for _ in range(2)]
        scans = [
            recorders[n % 2].record(lot.codes[(n * 7) % 3 if n % 2 else 2 - n % 3], 1, b"device") for n in range(300)
        ]
        await asyncio.gather(*scans)
        for recorder in recorders:
            await recorder.close()
    rows = [await stored(code, lot.tenant_id) for code in lot.codes]
    assert sum(row["scan_count"] for row in rows) == sum(row["scans"] for row in rows) == 300


async def test_control_reading_then_writing_makes_several_firsts(api: Api, lot: CodedLot) -> None:
    async with await public_pool(api.settings, 10) as pool:
        everyone_has_read = asyncio.Barrier(10)

        async def naive() -> int:
            async with pool.acquire() as connection:
                before = await connection.fetchval("SELECT scan_count FROM code WHERE text = $1", lot.codes[2])
                await everyone_has_read.wait()
                await connection.execute(
                    "UPDATE code SET scan_count = $2, first_scan_at = coalesce(first_scan_at, now()) WHERE text = $1",
                    lot.codes[2], before + 1,
                )  # fmt: skip
                return int(before) + 1

        counts = await asyncio.gather(*(naive() for _ in range(10)))
    assert counts.count(1) > 1
