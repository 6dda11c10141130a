"""Promise: a client that hangs up at any await of a write leaves it whole or absent, and its connection goes back (T04).

Whole means every row: the fact, its audit, outbox and idempotency rows. Sent again with its key it is there once.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import orjson
import pytest

from server.core import db
from server.core.ids import new_id
from server.settings import Settings
from tests.fault.interruption import House, Rows, grown
from tests.fault.write_routes import WRITES, Works
from tests.fixtures.api import Api, Plant
from tests.fixtures.cluster import Database


@pytest.fixture
async def works(settings: Settings) -> AsyncIterator[Works]:
    async with House.open(settings) as house:
        yield await Works(house, await house.api.plant()).prepare()


async def sweep(works: Works, rows: Rows, name: str, *, thorough: bool) -> int:
    """Cut this write at every one of its awaits; how many times. Thorough: everywhere both ways, else in turns
    but for the last ones, where the commit is."""
    write = await WRITES[name](works)
    before = await rows.count()
    done = await works.house.send(works.token, write.route, write.body, key=new_id().hex, **write.path)
    assert done.status is not None
    assert done.status < 300, (name, done.body)
    whole = grown(before, await rows.count())
    assert {"audit_entry", "idempotency_key"} <= set(whole)
    cuts = [
        (at, late)
        for at in range(1, done.suspensions + 1)
        for late in (False, True)
        if thorough or late == bool(at % 2) or at > done.suspensions - 4
    ]
    for at, late in cuts:
        await cut(works, rows, name, at, late, whole)
    return len(cuts)


async def cut(works: Works, rows: Rows, name: str, at: int, late: bool, whole: dict[str, int]) -> None:
    write, key, where = await WRITES[name](works), new_id().hex, (name, at, late)
    before = await rows.count()
    await works.house.send(works.token, write.route, write.body, key=key, at=at, late=late, **write.path)
    assert works.house.connections_in_use() == 0, where
    assert grown(before, await rows.count()) in ({}, whole), where
    again = await works.house.send(works.token, write.route, write.body, key=key, **write.path)
    assert again.status is not None
    assert again.status < 300, (where, again.body)
    assert grown(before, await rows.count()) == whole, where


@pytest.mark.parametrize("name", sorted(WRITES))
async def test_cut_at_every_await_a_write_is_whole_or_absent(works: Works, database: Database, name: str) -> None:
    async with Rows.of(database.superuser_dsn, works.plant) as rows:
        assert await sweep(works, rows, name, thorough=False) > 10
    assert works.house.complaints == []


async def hang_up(api: Api, plant: Plant, body: dict[str, object], key: str, after_seconds: float) -> None:
    """Send a write over a socket of its own and reset the connection after a while, unread."""
    host, _, port = api.base_url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    raw = orjson.dumps(body)
    head = [
        "POST /api/v1/lots HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {plant.person('quality_manager').token}",
        f"Idempotency-Key: {key}", "Content-Type: application/json", f"Content-Length: {len(raw)}",
    ]  # fmt: skip
    writer.write("\r\n".join([*head, "", ""]).encode() + raw)
    await writer.drain()
    await asyncio.sleep(after_seconds)
    opened: socket.socket = writer.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_ups(api: Api, plant: Plant, count: int, width: int, longest_seconds: float) -> int:
    """`count` lots whose sender hung up within `longest_seconds`, `width` at a time, each then sent again; how many were stored already."""
    client = plant.client("quality_manager")
    product = await client.post("/api/v1/products", json={"kind": "material", "sku": "R", "name": "R", "unit": "kg"})
    gate, kept = asyncio.Semaphore(width), 0

    async def one(number: int) -> bool:
        body = {"kind": "material", "product_id": product.json()["id"], "lot_no": f"L{number}", "quantity": "1"}
        async with gate:
            await hang_up(api, plant, body, f"key-{number}", number % 40 * longest_seconds / 40)
            while (answer := await client.post("/api/v1/lots", content=orjson.dumps(body), headers={"Idempotency-Key": f"key-{number}"})).status_code == 409:  # fmt: skip
                assert answer.json()["code"] == "idempotency_key_in_flight"
                assert int(answer.headers["retry-after"]) >= 1
                await asyncio.sleep(0.02)
        assert answer.status_code == 201, answer.text
        return "idempotency-replayed" in answer.headers

    kept = sum(await asyncio.gather(*(one(number) for number in range(count))))
    async with db.transaction(plant.actor("quality_manager").scope()):
        stored = await db.fetchrow(
            "SELECT (SELECT count(*) FROM lot WHERE tenant_id = $1) AS lots,"
            " (SELECT count(*) FROM audit_entry WHERE tenant_id = $1 AND action = 'lot.created') AS audited",
            plant.tenant_id,
        )  # fmt: skip
    assert stored is not None
    assert (stored["lots"], stored["audited"]) == (count, count)
    return kept


async def test_real_hang_ups_lose_nothing_and_block_nobody(api: Api) -> None:
    await hang_ups(api, await api.plant(), count=80, width=8, longest_seconds=0.02)
