"""Promise: a write sent again with its key is done once and answered with the same bytes; another body under the key is
refused, one in flight waits, and a server that dies does not keep the key."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

from server import embedded
from server.core import db, idempotency
from server.core.ids import new_id
from tests.fault.serving import people, serving
from tests.fixtures.api import Api, Plant
from tests.fixtures.floor import Floor

LOTS = "/api/v1/lots"
FREE_WITHIN_SECONDS = 30.0


def new_lot(floor: Floor, **fields: Any) -> dict[str, Any]:
    return {"kind": "material", "product_id": floor.products["material"], "lot_no": new_id().hex, "quantity": "1"} | fields  # fmt: skip


async def send(client: httpx.AsyncClient, body: dict[str, Any], key: str, path: str = LOTS) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key})


async def lots_of(plant: Plant, lot_no: str) -> int:
    async with db.transaction(plant.actor("viewer").scope()):
        return int(await db.fetchval("SELECT count(*) FROM lot WHERE tenant_id = $1 AND lot_no = $2", plant.tenant_id, lot_no))  # fmt: skip


async def test_a_replay_gives_the_same_bytes_and_writes_nothing(floor: Floor) -> None:
    body = new_lot(floor)
    first, again = [await send(floor.manager, body, "k") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await lots_of(floor.plant, body["lot_no"]) == 1


async def test_another_body_or_route_under_the_key_is_refused(floor: Floor) -> None:
    body = new_lot(floor)
    assert (await send(floor.manager, body, "k")).status_code == 201
    for path, other in ((LOTS, body | {"quantity": "2"}), ("/api/v1/customers", {"code": "C", "name": "C"})):
        refused = await send(floor.manager, other, "k", path)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
        assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_repeat_may_be_packed_in_another_way(floor: Floor) -> None:
    """Another order of keys, other spaces; of an upload another boundary and order of parts."""
    body, headers = new_lot(floor), {"Idempotency-Key": "k", "Content-Type": "application/json"}
    backwards = json.dumps(dict(reversed(body.items())), indent=2)
    first = await send(floor.manager, body, "k")
    again = await floor.manager.post(LOTS, content=backwards, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    sent = [await upload(floor, boundary) for boundary in ("one", "another")]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[1].content == sent[0].content
    assert sent[1].headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("change", [{"title": "Other"}, {"name": "b.pdf"}, {"data": b"%PDF-1.4 other"}])
async def test_another_upload_under_the_key_is_refused(floor: Floor, change: dict[str, Any]) -> None:
    assert (await upload(floor, "one")).status_code == 201
    refused = await upload(floor, "one", **change)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


async def test_another_question_under_the_key_is_refused(floor: Floor) -> None:
    body = new_lot(floor)
    assert (await send(floor.manager, body, "k")).status_code == 201
    refused = await send(floor.manager, body, "k", f"{LOTS}?draft=1")
    assert refused.status_code == 422


async def upload(floor: Floor, boundary: str, *, title: str = "Report", name: str = "a.pdf", data: bytes = b"%PDF-1.4 tiny") -> httpx.Response:  # fmt: skip
    parts = [
        f'Content-Disposition: form-data; name="title"\r\n\r\n{title}'.encode(),
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/pdf\r\n\r\n'.encode()
        + data,
    ]
    ordered = parts if boundary == "one" else parts[::-1]
    content = (
        b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in ordered) + b"--%b--\r\n" % boundary.encode()
    )
    headers = {"Idempotency-Key": "file", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return await floor.manager.post("/api/v1/attachments", content=content, headers=headers)


async def test_the_key_is_one_persons(floor: Floor) -> None:
    first = await send(floor.manager, new_lot(floor), "k")
    other = await send(floor.plant.client("operator"), new_lot(floor), "k")
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()["id"] != other.json()["id"]


async def test_a_refused_write_leaves_its_key_free(floor: Floor) -> None:
    assert (await send(floor.manager, new_lot(floor, quantity="-1"), "k")).status_code == 422
    assert (await send(floor.manager, new_lot(floor), "k")).status_code == 201


async def test_a_key_in_flight_waits(floor: Floor) -> None:
    body, actor = new_lot(floor), floor.plant.actor("quality_manager")
    assert actor.id is not None
    held = idempotency.Key(floor.plant.tenant_id, actor.id, "k", b"another server's")
    async with db.transaction(actor.scope()):
        await idempotency.recall(held)
        waits = await send(floor.manager, body, "k")
    assert (waits.status_code, waits.json()["code"]) == (409, "idempotency_key_in_flight")
    assert int(waits.headers["retry-after"]) >= 1
    assert (await send(floor.manager, body, "k")).status_code == 201


async def test_many_at_once_are_one(floor: Floor) -> None:
    body = new_lot(floor)
    answers = await asyncio.gather(*(send(floor.manager, body, "k") for _ in range(20)))
    done = [answer for answer in answers if answer.status_code == 201]
    assert len(done) + sum(answer.status_code == 409 for answer in answers) == 20
    assert len({answer.content for answer in done}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in done) == 1
    assert await lots_of(floor.plant, body["lot_no"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_of_no_length_is_named(api: Api, floor: Floor, key: str) -> None:
    refused = await send(floor.manager, new_lot(floor), key)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "idempotency_key_length")


@pytest.fixture
def running(own_servers: Callable[..., embedded.Running]) -> embedded.Running:
    return own_servers()


async def test_a_server_that_died_does_not_keep_the_key(running: embedded.Running) -> None:
    """It is killed while its write waits for a lock that somebody else keeps holding."""
    with serving(running) as system:
        async with people(system) as api:
            floor = await Floor(await api.plant()).prepare()
            body = new_lot(floor)
            owner = await asyncpg.connect(running.dsn("postgres"))
            async with owner.transaction():
                await owner.execute("LOCK TABLE lot IN SHARE MODE")
                sending = asyncio.create_task(send(floor.manager, body, "k"))
                await until(owner, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                worker = next(pid for pid, role in system.roles().items() if role == "http")
                os.kill(worker, signal.SIGKILL)
                with pytest.raises(httpx.TransportError):
                    await sending
                await until(
                    owner, "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted OR locktype = 'advisory')"
                )
            await owner.close()
            await asyncio.to_thread(system.wait_ready)
            again = await send(floor.manager, body, "k")
            assert again.status_code == 201, again.text
            assert await lots_of(floor.plant, body["lot_no"]) == 1


async def until(connection: "asyncpg.Connection[Any]", sql: str) -> None:
    """Wait for a condition in the database; fail after as long as a dead server may keep a key."""
    async with asyncio.timeout(FREE_WITHIN_SECONDS):
        while not await connection.fetchval(sql):  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.05)
