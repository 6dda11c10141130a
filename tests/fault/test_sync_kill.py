"""Promise (T35): a server killed in the midst of a batch of a phone leaves each entry whole or absent; the same batch under the
same key is taken again as soon as there is a server, and then each entry is there once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from server import embedded
from server.core.ids import new_id
from tests.fault.serving import Serving, people, serving
from tests.fixtures.inspections import Line, make_line
from tests.fixtures.inspector import Phone, ledger, records, version_of, wrapped

USABLE_AGAIN_SECONDS = 30.0


@pytest.fixture
def system(own_servers: Callable[..., embedded.Running]) -> Iterator[Serving]:
    with serving(own_servers()) as running:
        yield running


@pytest.fixture
async def house(system: Serving) -> AsyncIterator[tuple[Serving, Line]]:
    async with people(system) as api:
        yield system, await make_line(api)


async def test_a_server_killed_in_the_midst_of_a_batch(house: tuple[Serving, Line]) -> None:
    system, line = house
    lot = await line.lot()
    phone = Phone(line.plant.client("inspector"), await version_of(line, await line.form()))
    entries = [phone.entry(lot_id=lot) for _ in range(200)]
    body = {"sent_at": phone.time(), "phone": phone.installation, "entries": [wrapped(each) for each in entries]}
    key = {"Idempotency-Key": str(new_id())}
    sending = asyncio.create_task(phone.client.post("/api/v1/phone/sync", json=body, headers=key))
    while len(await ledger(line)) < 20:  # noqa: ASYNC110 - another process writes
        await asyncio.sleep(0.01)
    for process_id, role in system.roles().items():
        if role == "http":
            os.kill(process_id, signal.SIGKILL)
    with pytest.raises(httpx.HTTPError):
        await sending
    half = await records(line)
    assert 20 <= len(half) < 200
    assert {row["entry_id"] for row in half} == {row["entry_id"] for row in await ledger(line)}
    answer = await asyncio.wait_for(again(phone, body, key), USABLE_AGAIN_SECONDS)
    outcomes = [each["outcome"] for each in answer.json()["answers"]]
    assert (outcomes.count("replayed"), outcomes.count("stored")) == (len(half), 200 - len(half))
    assert len(await records(line)) == 200


async def again(phone: Phone, body: object, key: dict[str, str]) -> httpx.Response:
    """As a phone does: until somebody answers."""
    while True:
        try:
            answer = await phone.client.post("/api/v1/phone/sync", json=body, headers=key)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            continue
        if answer.status_code == 200:
            return answer
        assert answer.status_code in (409, 503), answer.text
        await asyncio.sleep(0.1)
