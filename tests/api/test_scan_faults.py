"""Promise: while PostgreSQL is away a scan is refused in words of its own; back again, it counts without a restart."""

import asyncio
import os

import asyncpg

from server.core import db
from server.core.errors import Unavailable
from server.domains.scans import Recorder
from tests.fixtures.api import Api
from tests.fixtures.scans import coded_lot, stored

OWN = {"application_name": f"scan-faults-{os.getpid()}"}
"""Marks the connections of these tests: everything else in the cluster, another worker's server too, keeps its own."""


async def cut(api: Api) -> None:
    """End the connections marked as ours, as an administrator would."""
    connection = await asyncpg.connect(api.settings.public_database_dsn)
    ended = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", OWN["application_name"]
    )
    await connection.close()
    assert ended


async def test_a_lost_connection_refuses_the_scan_and_the_next_one_counts(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    async with await asyncpg.create_pool(
        **db.credentials(api.settings.public_database_dsn), min_size=1, max_size=2, server_settings=OWN
    ) as pool:
        recorder = Recorder(pool)
        assert (await recorder.record(lot.codes[0], 1, b"d")) is not None
        await cut(api)
        told = []
        for _ in range(4):
            try:
                seen = await recorder.record(lot.codes[0], 1, b"d")
                assert seen is not None
                told.append(seen.number)
            except Unavailable:
                told.append(0)
        await recorder.close()
    counted = [number for number in told if number]
    assert counted == sorted(counted)
    assert len(counted) >= 3
    row = await stored(lot.codes[0], plant.tenant_id)
    assert row["scan_count"] == row["scans"] == counted[-1]


async def test_a_connection_lost_while_nobody_scanned_costs_no_scan(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    lost = asyncio.Event()

    async def watch(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        connection.add_termination_listener(lambda _: lost.set())

    async with await asyncpg.create_pool(
        **db.credentials(api.settings.public_database_dsn), min_size=1, max_size=2, init=watch, server_settings=OWN
    ) as pool:
        recorder = Recorder(pool)
        first = await recorder.record(lot.codes[0], 1, b"d")
        await cut(api)
        await asyncio.wait_for(lost.wait(), 10)
        second = await recorder.record(lot.codes[0], 1, b"d")
        await recorder.close()
    assert first is not None
    assert second is not None
    assert (first.number, second.number) == (1, 2)


async def test_the_page_while_away(api: Api, server: object) -> None:
    ctx = server.app.ctx  # type: ignore[attr-defined]
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    await api.anonymous.get(f"/t/{lot.codes[0]}")
    recorder, ctx.scan_path._recorder = ctx.scan_path._recorder, Away()
    try:
        page = await api.anonymous.get(f"/t/{lot.codes[0]}")
        answer = await api.anonymous.get(f"/api/v1/public/codes/{lot.codes[0]}")
    finally:
        ctx.scan_path._recorder = recorder
    assert (page.status_code, answer.status_code) == (503, 503)
    assert page.headers["retry-after"] == answer.headers["retry-after"] == "2"
    assert "与您手中的产品无关" in page.text
    assert answer.json()["code"] == "unavailable"
    assert page.headers["cache-control"] == "no-store"


class Away:
    async def record(self, *_: object) -> None:
        raise Unavailable(retry_after_seconds=2)


async def test_closing_commits_what_waits(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    async with await asyncpg.create_pool(
        **db.credentials(api.settings.public_database_dsn), min_size=1, max_size=2
    ) as pool:
        recorder = Recorder(pool)
        scans = [asyncio.ensure_future(recorder.record(lot.codes[0], 1, b"d")) for _ in range(20)]
        await asyncio.sleep(0)
        await recorder.close()
        seen = await asyncio.gather(*scans)
    assert [one.number for one in seen if one] == list(range(1, 21))
    assert (await stored(lot.codes[0], plant.tenant_id))["scans"] == 20


async def test_a_caller_that_hung_up_still_counts_and_disturbs_nobody(api: Api) -> None:
    plant = await api.plant()
    lot = await coded_lot(api.settings, plant.tenant_id)
    async with await asyncpg.create_pool(
        **db.credentials(api.settings.public_database_dsn), min_size=1, max_size=2
    ) as pool:
        recorder = Recorder(pool)
        scans = [asyncio.ensure_future(recorder.record(lot.codes[0], 1, b"d")) for _ in range(5)]
        await asyncio.sleep(0)
        scans[2].cancel()
        seen = await asyncio.gather(*scans, return_exceptions=True)
        await recorder.close()
    numbers = [one.number for one in seen if not isinstance(one, BaseException) and one is not None]
    assert numbers == [1, 2, 4, 5]
