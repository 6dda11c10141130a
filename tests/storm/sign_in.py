"""T28, the long form: tries spread over addresses or accounts stay few; known names answer no slower than unknown ones."""

import asyncio
import math
import random
import time
from collections.abc import Mapping, Sequence
from unittest import mock

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.access import lockout, passwords
from server.domains.access.commands import Credentials
from server.domains.access.problems import SignInFailed, SignInLocked
from server.domains.access.sign_in import Caller
from server.http.authentication import authenticate
from tests.storm.registry import Storm, acceptance

SAMPLES, WARM_UP = 2000, 200
COST = passwords.Cost(1, 1024)  # cheap, so that a difference in anything else would show
NO_LIMIT = lockout.Policy(10**9, 1, 1, 1)


@acceptance("T28", "guessing passwords")
def guessing(test: Storm) -> Mapping[str, object]:
    running = test.servers(durable=False)
    return asyncio.run(_guess(running.dsn("trace_app"), random.Random(test.seed)))


async def _guess(dsn: str, chance: random.Random) -> Mapping[str, object]:
    await db.open_pool(dsn, ["server.domains.access.models"], size=4)
    passwords.use_cost(COST)
    try:
        p_value = await _told_apart(await _people(12), chance)
        one = await _tries([("victim", f"10.{n % 250}.{n // 250}.1") for n in range(1000)])
        many = await _tries([(f"name-{n}", f"10.{n % 250}.{n // 250}.1") for n in range(10_000)])
        assert one <= 100
        assert many < 10_000
        assert p_value > 0.01
        return {"one_account_tries": one, "many_accounts_tries": many, "known_or_unknown_p": round(p_value, 3)}
    finally:
        await db.close()


async def _people(count: int) -> list[str]:
    """Accounts that exist, with a membership each."""
    hashed = await passwords.passwords().hash("nobody tries this one")
    names = [f"known-{new_id().hex[-12:]}" for _ in range(count)]
    async with db.transaction(Scope.system()):
        for name in names:
            id = await db.fetchval(
                "INSERT INTO user_account (username, password_hash, display_name) VALUES ($1, $2, $1) RETURNING id",
                name, hashed,
            )  # fmt: skip
            await db.execute("INSERT INTO membership (user_id, roles) VALUES ($1, '{platform_admin}')", id)
    return names


async def _tries(names: Sequence[tuple[str, str]]) -> int:
    """How many of these tries, one after the other without waiting, get as far as the password; counted from nothing."""
    async with db.transaction(Scope.system()):
        await db.execute("DELETE FROM sign_in_failure")
    admitted = 0
    for name, address in names:
        try:
            async with db.transaction(Scope.system()):
                await lockout.admit(db, lockout.stranger_buckets(name, address))
            admitted += 1
        except SignInLocked:
            continue
    return admitted


async def _told_apart(known: Sequence[str], chance: random.Random) -> float:
    """The p of a two-sided Mann-Whitney test over the times of wrong tries on known and on unknown names."""
    unknown = [f"unknown-{new_id().hex[-12:]}" for _ in known]
    times: list[tuple[float, bool]] = []
    with mock.patch.multiple(lockout, ACCOUNT=NO_LIMIT, ADDRESS=NO_LIMIT, EVERYBODY=NO_LIMIT):
        for number in range(WARM_UP + SAMPLES):
            is_known = chance.random() < 0.5
            name = chance.choice(known if is_known else unknown)
            taken = await _wrong_try(name)
            if number >= WARM_UP:
                times.append((taken, is_known))
    return _mann_whitney(times)


async def _wrong_try(name: str) -> float:
    began = time.perf_counter()
    try:
        await authenticate(
            Credentials(username=name, password="wrong", tenant=None),
            Caller("192.0.2.1", "storm", None, "storm-request", "en"),
        )
    except SignInFailed:
        return time.perf_counter() - began
    raise AssertionError("a wrong password was taken")


def _mann_whitney(times: Sequence[tuple[float, bool]]) -> float:
    ranked = sorted(times)
    first = sum(is_known for _, is_known in ranked)
    second = len(ranked) - first
    rank_sum = sum(rank for rank, (_, is_known) in enumerate(ranked, 1) if is_known)
    deviation = rank_sum - first * (first + 1) / 2 - first * second / 2
    z = deviation / math.sqrt(first * second * (len(ranked) + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))
