"""Promise: a code by short message is used once, within five minutes, five tries and the request it was asked by; it is kept
as a keyed digest; numbers and addresses are capped; who is behind a number shows nowhere; it is sent by a worker, outside any
transaction, once, and what became of it is known."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.core import db
from server.core.ids import new_id
from server.core.scope import Scope
from server.domains.access import one_time_codes
from server.domains.messages import Sender, sending
from tests.fixtures.api import Api, Plant
from tests.fixtures.phones import Phones, new_number
from workers.dispatcher import Dispatcher
from workers.sandbox import Fault

REFUSED = (401, "sign_in_code_refused")


@pytest.fixture(autouse=True)
async def nothing_counted(api: Api) -> None:
    async with db.transaction(Scope.system()):
        await db.execute("DELETE FROM one_time_code_use")
        await db.execute("DELETE FROM message")
        await db.execute("DELETE FROM outbox WHERE topic = 'OneTimeCodeRequested'")


async def bound_number(phones: Phones, plant: Plant) -> str:
    """A number bound to the inspector, asked for long enough ago to ask again."""
    number, invitation = new_number(), await phones.invitation(plant)
    request_id = await phones.ask(number, invitation=invitation)
    answer = await phones.post(
        "phone", request_id=request_id, code=await phones.bring(request_id), invitation=invitation
    )
    assert answer.status_code == 200, answer.text
    await age(number, 61)
    phones.sandbox.sms.sent.clear()
    async with db.transaction(Scope.system()):
        await db.execute("DELETE FROM message WHERE recipient = $1", number)
    return number


async def age(number: str, seconds: int) -> None:
    """As if everything asked for this number had been asked so much earlier."""
    async with db.transaction(Scope.system()):
        await db.execute(
            "UPDATE one_time_code SET created_at = created_at - $2::interval, expires_at = expires_at - $2::interval WHERE phone = $1",
            number, timedelta(seconds=seconds),
        )  # fmt: skip


async def row(request_id: str) -> Any:
    async with db.transaction(Scope.system()):
        return await db.fetchrow("SELECT * FROM message WHERE one_time_code_id = $1", request_id)


async def said(phones: Phones, request_id: str, code: str | None, **more: str) -> tuple[int, str]:
    answer = await phones.post("phone", request_id=request_id, code=code, **more)
    return answer.status_code, answer.json().get("code", "")


async def test_a_code_signs_in_once(api: Api, phones: Phones) -> None:
    number = await bound_number(phones, await api.plant())
    request_id = await phones.ask(f"+86 {number[:3]}-{number[3:]}")
    code = await phones.bring(request_id)
    answers = await asyncio.gather(*(said(phones, request_id, code) for _ in range(4)))
    assert sorted(answers) == [(200, ""), REFUSED, REFUSED, REFUSED]


async def test_five_tries_and_no_more(api: Api, phones: Phones) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    code = await phones.bring(request_id)
    assert code is not None
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert set(await asyncio.gather(*(said(phones, request_id, wrong) for _ in range(5)))) == {REFUSED}
    assert await said(phones, request_id, code) == REFUSED


async def test_the_fifth_try_may_be_right(api: Api, phones: Phones) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    code = await phones.bring(request_id)
    assert code is not None
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [await said(phones, request_id, wrong) for _ in range(4)] == [REFUSED] * 4
    assert await said(phones, request_id, code) == (200, "")


async def test_a_code_belongs_to_its_request(api: Api, phones: Phones) -> None:
    plant = await api.plant()
    number = await bound_number(phones, plant)
    first = await phones.ask(number)
    code = await phones.bring(first)
    await age(number, 61)
    second = await phones.ask(number)
    for request_id, more in (
        (second, {}),
        (str(new_id()), {}),
        (first, {"invitation": await phones.invitation(plant, "operator")}),
    ):
        assert await said(phones, request_id, code, **more) == REFUSED
    assert await said(phones, first, code) == (200, "")


async def test_a_code_ends_after_five_minutes(api: Api, phones: Phones) -> None:
    number = await bound_number(phones, await api.plant())
    request_id = await phones.ask(number)
    code = await phones.bring(request_id)
    await age(number, 300)
    assert await said(phones, request_id, code) == REFUSED


async def test_a_code_is_kept_as_a_keyed_digest(api: Api, phones: Phones) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    code = await phones.bring(request_id)
    assert code is not None
    async with db.transaction(Scope.system()):
        kept = await db.fetchrow("SELECT * FROM one_time_code WHERE id = $1", request_id)
        message = await db.fetchrow("SELECT * FROM message WHERE one_time_code_id = $1", request_id)
        news = await db.fetch("SELECT payload::text FROM outbox WHERE topic = 'OneTimeCodeRequested'")
    assert kept is not None
    assert message is not None
    plain = {**dict(kept), "digest": None, "id": None, "phone": None}
    assert code not in str(plain) + str(
        {**dict(message), "id": None, "one_time_code_id": None, "recipient": None, "vendor_id": None}
    )
    assert kept["phone"] not in str(news)
    other_key = one_time_codes._digest(b"x" * 32, kept["id"], code)
    assert kept["digest"] == one_time_codes._digest(api.settings.token_key, kept["id"], code) != other_key


async def test_who_is_behind_a_number_shows_nowhere(api: Api, phones: Phones) -> None:
    known, unknown = await bound_number(phones, await api.plant()), new_number()
    answers = [await phones.post("sms-codes", phone=number) for number in (known, unknown)]
    shapes = {(answer.status_code, tuple(answer.json()), answer.json()["expires_in"]) for answer in answers}
    assert len(shapes) == 1
    brought = [await phones.bring(answer.json()["request_id"]) for answer in answers]
    assert brought[0] is not None
    assert brought[1] is None
    again = [await phones.post("sms-codes", phone=number) for number in (known, unknown)]
    assert [(each.status_code, each.json()["code"]) for each in again] == [(429, "sms_limit")] * 2
    assert await said(phones, answers[1].json()["request_id"], "000000") == REFUSED


async def test_an_invitation_that_is_over_gets_no_message(api: Api, phones: Phones) -> None:
    request_id = await phones.ask(new_number(), invitation="x" * 43)
    assert await phones.bring(request_id) is None


@pytest.mark.parametrize(
    ("already", "seconds", "refused"),
    [(1, 59, True), (1, 61, False), (5, 3000, True), (5, 3700, False), (10, 86000, True)],
)
async def test_a_number_is_capped(api: Api, phones: Phones, already: int, seconds: int, refused: bool) -> None:
    number = new_number()
    async with db.transaction(Scope.system()):
        for _ in range(already):
            await db.execute(
                "INSERT INTO one_time_code (phone, expires_at) VALUES ($1, now() + interval '5 minutes')", number
            )
    await age(number, seconds)
    answer = await phones.post("sms-codes", phone=number)
    assert (answer.status_code == 429) is refused, answer.text
    if refused:
        assert int(answer.headers["retry-after"]) > 0


async def test_a_number_is_capped_for_many_at_once(phones: Phones) -> None:
    number = new_number()
    answers = await asyncio.gather(*(phones.post("sms-codes", phone=number) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [202] + [429] * 7


async def test_an_address_is_capped(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time_codes, "ADDRESS_LIMITS", ((3600, 3), (86400, 200)))
    answers = [(await phones.post("sms-codes", phone=new_number())).status_code for _ in range(5)]
    assert answers == [202, 202, 202, 429, 429]


async def test_the_platform_is_capped_and_says_so_in_the_log(
    api: Api, phones: Phones, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    await phones.tell(request_id)
    assert phones.vendors.sms is not None
    assert await Sender(phones.vendors.sms, api.settings.token_key, 1).round()
    assert ((await row(request_id))["state"], (await row(request_id))["error"]) == ("failed", "day_limit")
    assert "limit of a day" in caplog.text


async def test_the_workers_bring_it(api: Api, phones: Phones) -> None:
    """By way of the outbox, told twice, once sent."""
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    dispatcher = Dispatcher()
    while await dispatcher.round() == 0.0:
        await dispatcher.drain()
    await phones.tell(request_id)
    sender = phones.sender()
    assert [await sender.round() for _ in range(2)] == [True, False]
    assert (await row(request_id))["state"] == "sent"
    assert len(phones.sandbox.sms.sent) == 1


async def test_no_transaction_is_open_while_the_vendor_is_asked(
    api: Api, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    await phones.tell(request_id)
    sender, seen = phones.sender(), []
    send = sender._channel.send

    async def watched(sms: Any) -> str:
        with pytest.raises(db.NoScope):
            db.connection()
        seen.append((await row(request_id))["state"])
        return await send(sms)

    monkeypatch.setattr(sender._channel, "send", watched)
    assert await sender.round()
    assert seen == ["sending"]


@pytest.mark.parametrize(
    ("code", "states"),
    [
        ("isp.SYSTEM_ERROR", ["waiting", "sent"]),
        ("isv.BUSINESS_LIMIT_CONTROL", ["failed"]),
        ("isv.AMOUNT_NOT_ENOUGH", ["failed"]),
    ],
)
async def test_certainly_not_sent_is_tried_again_where_that_may_help(
    api: Api, phones: Phones, code: str, states: list[str]
) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    await phones.tell(request_id)
    phones.sandbox.faults.arrange(Fault("SendSms", code=code))
    seen = []
    while await phones.sender().round():
        seen.append((await row(request_id))["state"])
        async with db.transaction(Scope.system()):
            await db.execute("UPDATE message SET due_at = now() WHERE state = 'waiting'")
    assert seen == states


async def test_perhaps_sent_is_asked_about_and_not_sent_again(
    api: Api, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.adapters.aliyun_sms.LIMIT_SECONDS", 0.3)
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    await phones.tell(request_id)
    phones.sandbox.faults.arrange(Fault("SendSms", delay_seconds=3, done_first=True))
    sender = phones.sender()
    assert await sender.round()
    assert (await row(request_id))["state"] == "unknown"
    code = phones.sandbox.inbox.all()[-1].parameters["code"]
    assert await said(phones, request_id, code) == (200, "")  # it had gone out
    monkeypatch.setattr("server.adapters.aliyun_sms.LIMIT_SECONDS", 12)
    async with db.transaction(Scope.system()):
        await db.execute("UPDATE message SET due_at = now()")
    assert await sender.round()
    assert (await row(request_id))["state"] == "delivered"
    assert len(phones.sandbox.sms.sent) == 1


async def test_a_sender_that_died_leaves_a_message_that_is_only_asked_about(api: Api, phones: Phones) -> None:
    request_id = await phones.ask(await bound_number(phones, await api.plant()))
    await phones.tell(request_id)
    async with db.transaction(Scope.system()):
        assert (await phones.sender()._claim())[1] is not None
        await db.execute("UPDATE message SET due_at = now()")
    assert not await phones.sender().round()
    assert ((await row(request_id))["state"], (await row(request_id))["error"]) == ("unknown", "worker_died")
    async with db.transaction(Scope.system()):
        await db.execute(
            "UPDATE message SET due_at = now(), sent_at = now() - make_interval(hours => $1)",
            sending.LOOK_UP_UNTIL_HOURS + 1,
        )
    assert await phones.sender().round()
    assert ((await row(request_id))["state"], (await row(request_id))["due_at"]) == ("unknown", None)
    assert phones.sandbox.sms.sent == []


async def test_what_is_too_late_is_not_sent(api: Api, phones: Phones) -> None:
    number = await bound_number(phones, await api.plant())
    request_id = await phones.ask(number)
    await phones.tell(request_id)
    await age(number, 300)
    assert await phones.sender().round()
    assert (await row(request_id))["state"] == "expired"
    assert phones.sandbox.sms.sent == []


@pytest.mark.parametrize(
    "number", ["12345678901", "1380000000", "+8523800000000", "1380000000a", "", "１３８００００００００x"]
)
async def test_only_mobile_numbers(phones: Phones, number: str) -> None:
    assert (await phones.post("sms-codes", phone=number)).status_code == 422
