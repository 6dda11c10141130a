"""Promise: passwords are hashed with argon2id in a bounded pool, and the same work is done where there is none."""

import asyncio

import pytest

from server.core.errors import Unavailable
from server.domains.access.passwords import (
    MAX_WAITING,
    PRODUCTION_COST,
    TEST_COST,
    THREADS,
    Passwords,
    is_weak,
    one_time_password,
)


async def test_only_the_same_password_matches() -> None:
    passwords = Passwords(TEST_COST)
    stored = await passwords.hash("牛奶面包 2031")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify("牛奶面包 2031", stored)
    assert not await passwords.verify("牛奶面包 2032", stored)
    assert not await passwords.verify("牛奶面包 2031", None)
    assert not await passwords.verify("牛奶面包 2031", "no hash at all")


async def test_nobody_s_password_costs_as_much_as_anybody_s(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(TEST_COST)
    stored = await passwords.hash("x")
    assert passwords._nobody.rsplit("$", 2)[0] == stored.rsplit("$", 2)[0]  # the same algorithm and parameters


def test_production_is_not_cheap() -> None:
    """OWASP: at least 19 MiB and two rounds."""
    assert PRODUCTION_COST.memory_kib >= 19 * 1024
    assert PRODUCTION_COST.rounds >= 2


async def test_a_queue_that_is_full_asks_to_come_back() -> None:
    passwords = Passwords(TEST_COST)
    stored = await passwords.hash("x")
    tries = [passwords.verify("x", stored) for _ in range(3 * (THREADS + MAX_WAITING))]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    refused = [a for a in answers if isinstance(a, Unavailable)]
    assert len(refused) == 2 * (THREADS + MAX_WAITING)
    assert all(a.retry_after_seconds for a in refused)
    assert await passwords.verify("x", stored)  # room again afterwards


@pytest.mark.parametrize(
    "password", ["short", "password123", "aaaaaaaaaaaaa", "zhangwei-zhangwei", "x" * 129, "1234567890"]
)
def test_weak_passwords(password: str) -> None:
    assert is_weak(password, "zhangwei")


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "青山绿水牛奶面包加一点糖", pytest.param(one_time_password(), id="one-time")],
)
def test_good_passwords(password: str) -> None:
    assert not is_weak(password, "zhangwei")
