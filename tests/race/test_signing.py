"""Promise: one person's right passwords, many at once, never lock that person; wrong ones are no more than in turn. With the
turns off, right ones lock."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from server.core.actor import Actor
from server.domains.access import lockout, signing
from server.domains.access.problems import SignInLocked, WrongPassword
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.floor import Floor

TOGETHER = 8  # more than a person's free tries


async def attempt(actor: Actor, password: str) -> str:
    try:
        await signing.verify_password(actor, password)
    except (SignInLocked, WrongPassword) as refused:
        return refused.code
    return "right"


async def together(actor: Actor, passwords: Sequence[str]) -> Counter[str]:
    return Counter(await asyncio.gather(*(attempt(actor, password) for password in passwords)))


async def test_many_releases_at_once_by_one_person(floor: Floor) -> None:
    lots = [await floor.lot(released=False) for _ in range(TOGETHER)]
    releaser = floor.plant.client("releaser")

    async def release(lot: str) -> httpx.Response:
        return await releaser.post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})

    answers = await asyncio.gather(*(release(lot) for lot in lots))
    assert [answer.status_code for answer in answers] == [201] * TOGETHER, [answer.text for answer in answers]


async def test_wrong_ones_at_once_are_no_more_than_in_turn(api: Api) -> None:
    actor = (await api.plant()).actor("releaser")
    free = lockout.SIGNING.free
    found = await together(actor, ["wrong"] * TOGETHER)
    assert found == {"wrong_password": free, "sign_in_locked": TOGETHER - free}
    assert await together(actor, [PASSWORD] * 3) == {"sign_in_locked": 3}


async def test_control_without_turns_right_ones_lock(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are counted before any is judged."""
    actor = (await api.plant()).actor("releaser")
    admit, counted, all_counted = lockout.admit, [], asyncio.Event()

    async def no_turn(connection: lockout.Connection, bucket: lockout.Bucket) -> None:
        pass

    async def admit_and_tell(connection: lockout.Connection, buckets: Sequence[lockout.Bucket]) -> None:
        try:
            await admit(connection, buckets)
        finally:
            counted.append(1)
            if len(counted) == TOGETHER:
                all_counted.set()

    real = signing.passwords()

    class Slow:
        async def verify(self, password: str, stored: Any) -> bool:
            await all_counted.wait()
            return await real.verify(password, stored)

    monkeypatch.setattr(lockout, "wait_turn", no_turn)
    monkeypatch.setattr(lockout, "admit", admit_and_tell)
    monkeypatch.setattr(signing, "passwords", Slow)
    free = lockout.SIGNING.free
    assert await together(actor, [PASSWORD] * TOGETHER) == {"right": free, "sign_in_locked": TOGETHER - free}
