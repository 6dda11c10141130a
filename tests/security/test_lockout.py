"""Promise: guessing is slow whatever it is spread over, the rightful owner comes in, and nothing is locked for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from server.core import db
from server.core.scope import Scope
from server.domains.access import lockout
from server.domains.access.commands import Credentials
from server.domains.access.problems import SignInFailed, SignInLocked, WrongPassword
from server.domains.access.sign_in import Caller
from server.domains.access.signing import verify_password
from server.http.authentication import DEVICE_COOKIE, authenticate
from tests.fixtures.api import PASSWORD, Api

LOGIN = "/api/v1/auth/login"


@pytest.fixture(autouse=True)
async def nothing_counted(api: Api) -> None:
    await forget()


async def forget() -> None:
    async with db.transaction(Scope.system()):
        await db.execute("DELETE FROM sign_in_failure")


async def later(seconds: float) -> None:
    """As if this time had passed."""
    async with db.transaction(Scope.system()):
        await db.execute(
            "UPDATE sign_in_failure SET last_at = last_at - make_interval(secs => $1),"
            " locked_until = locked_until - make_interval(secs => $1)",
            float(seconds),
        )


async def admitted(buckets: Sequence[lockout.Bucket]) -> bool:
    try:
        async with db.transaction(Scope.system()):
            await lockout.admit(db, buckets)
    except SignInLocked:
        return False
    return True


async def wait_of(buckets: Sequence[lockout.Bucket]) -> int:
    with pytest.raises(SignInLocked) as refused:
        async with db.transaction(Scope.system()):
            await lockout.admit(db, buckets)
    return refused.value.retry_after_seconds or 0


async def test_waits_grow_to_a_limit_and_end(api: Api) -> None:
    bucket = [lockout.account_bucket("somebody")]
    assert [await admitted(bucket) for _ in range(6)] == [True] * 5 + [False]
    waits = []
    for _ in range(6):
        wait = await wait_of(bucket)
        waits.append(wait)
        await later(wait)
        assert await admitted(bucket)
    assert waits == [60, 120, 240, 480, 900, 900]
    await later(3 * 24 * 3600)
    assert [await admitted(bucket) for _ in range(5)] == [True] * 5


async def test_a_thousand_addresses_on_one_account_get_few_tries_an_hour(api: Api) -> None:
    tries = 0
    for minute in range(60):
        for number in range(1000 // 60 + 1):
            address = f"10.{minute}.{number}.1"
            tries += await admitted(lockout.stranger_buckets("victim", address))
        await later(60)
    assert 5 <= tries <= 100


async def test_ten_thousand_accounts_with_one_try_each_trip_the_global_limit(api: Api) -> None:
    """Short form: 1,300 names; the answer is the one of a locked account."""
    admitted_count = 0
    for start in range(0, 1300, 50):
        async with db.transaction(Scope.system()):
            for number in range(start, start + 50):
                try:
                    await lockout.admit(
                        db, lockout.stranger_buckets(f"name-{number}", f"10.0.{number % 250}.{number // 250}")[2:]
                    )
                except SignInLocked:
                    continue
                admitted_count += 1
    assert 1000 <= admitted_count <= 1020
    body = {"username": "a-fresh-name", "password": "x"}
    answer = await api.anonymous.post(LOGIN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_locked")
    assert int(answer.headers["retry-after"]) >= 1


async def test_tries_at_once_are_no_more_than_tries_in_turn(api: Api) -> None:
    bucket = [lockout.account_bucket("crowd")]
    assert sum(await asyncio.gather(*(admitted(bucket) for _ in range(40)))) == 5


async def test_the_owner_on_a_known_device_is_not_locked_out(api: Api) -> None:
    plant = await api.plant()
    username = plant.person("operator").username
    client = api.anonymous
    first = await client.post(LOGIN, json={"username": username, "password": PASSWORD})
    device = first.cookies[DEVICE_COOKIE]
    for _ in range(12):
        await api.anonymous.post(LOGIN, json={"username": username, "password": "wrong"})
    refused = await api.anonymous.post(LOGIN, json={"username": username, "password": PASSWORD})
    assert refused.status_code == 429
    client.cookies.clear()
    owner = await client.post(
        LOGIN, json={"username": username, "password": PASSWORD}, headers={"Cookie": f"{DEVICE_COOKIE}={device}"}
    )
    assert owner.status_code == 200, owner.text


async def test_a_known_device_has_a_limit_of_its_own(api: Api) -> None:
    plant = await api.plant()
    username = plant.person("operator").username
    device = (await api.anonymous.post(LOGIN, json={"username": username, "password": PASSWORD})).cookies[DEVICE_COOKIE]
    headers = {"Cookie": f"{DEVICE_COOKIE}={device}"}
    body = {"username": username, "password": "wrong"}
    answers = [(await api.anonymous.post(LOGIN, json=body, headers=headers)).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


async def test_known_and_unknown_names_are_locked_alike(api: Api) -> None:
    plant = await api.plant()
    answers: dict[str, list[tuple[int, str, str | None]]] = {}
    for username in (plant.person("viewer").username, "nobody-of-this-name"):
        await forget()
        answers[username] = []
        for _ in range(8):
            answer = await api.anonymous.post(
                LOGIN, json={"username": username, "password": "x"}, headers={"X-Request-Id": "the-same-id"}
            )
            answers[username].append((answer.status_code, answer.text, answer.headers.get("retry-after")))
    known, unknown = answers.values()
    assert known == unknown
    assert [status for status, *_ in known] == [401] * 5 + [429] * 3


async def test_a_good_try_gives_back_what_it_counted(api: Api) -> None:
    plant = await api.plant()
    body = {"username": plant.person("viewer").username, "password": PASSWORD}
    for _ in range(12):
        assert (await api.anonymous.post(LOGIN, json=body)).status_code == 200
    async with db.transaction(Scope.system()):
        assert await db.fetchval("SELECT coalesce(sum(failures), 0) FROM sign_in_failure") < 1


async def test_wrong_passwords_of_signing_acts_stay_counted_although_the_act_is_undone(api: Api) -> None:
    plant = await api.plant()
    actor = plant.actor("releaser")
    async with db.transaction(actor.scope()):
        await verify_password(actor, PASSWORD)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            async with db.transaction(actor.scope()):
                await verify_password(actor, "wrong")
    with pytest.raises(SignInLocked):
        async with db.transaction(actor.scope()):
            await verify_password(actor, PASSWORD)
    body = {"username": plant.person("releaser").username, "password": PASSWORD}
    assert (await api.anonymous.post(LOGIN, json=body)).status_code == 200  # coming in is another matter


async def test_the_counts_need_no_cache(api: Api) -> None:
    """All of it is in PostgreSQL: nothing here ever asks Valkey."""
    caller = Caller("192.0.2.1", "test", None, "a-request-id", "en")
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await authenticate(Credentials(username="nobody", password="x"), caller)
    with pytest.raises(SignInLocked):
        await authenticate(Credentials(username="nobody", password="x"), caller)


async def test_all_addresses_of_one_ipv6_network_are_one(api: Api) -> None:
    one, two = (lockout.stranger_buckets("a", f"2001:db8:1:2::{n}")[1].name for n in (1, 2))
    assert one == two
    assert one != lockout.stranger_buckets("a", "2001:db8:1:3::1")[1].name
