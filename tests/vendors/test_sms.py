"""Promise: aliyun-python-sdk-core talks to the sandbox unchanged; certainly not sent, perhaps sent and sent are told apart;
what became of a message is found by our own reference; neither numbers nor codes are logged."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from server.adapters import aliyun_sms
from server.adapters.aliyun_sms import AliyunSms
from server.adapters.threads import Threads
from server.core.clock import EDGE
from server.domains.messages.ports import NotSent, PerhapsSent, Sms
from tests.vendors.sandboxed import Clock, accounts, sandboxed
from workers.sandbox import Accounts, Fault, Sandbox
from workers.sandbox.aliyun_sms import FAILED

SMS = Sms("13800000001", "one_time_code", {"code": "480216"}, "reference-1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with sandboxed(clock) as running:
        yield running


@pytest.fixture
def threads() -> Iterator[Threads]:
    opened = Threads("vendors", 4)
    yield opened
    opened.close()


def channel(base_url: str, threads: Threads, of: Accounts | None = None) -> AliyunSms:
    told = (of or accounts()).environment(base_url)
    return AliyunSms(
        told["TRACE_ALIYUN_KEY_ID"], told["TRACE_ALIYUN_KEY_SECRET"], url=told["TRACE_ALIYUN_SMS_URL"],
        sign_name=told["TRACE_SMS_SIGN_NAME"], templates={"one_time_code": told["TRACE_SMS_CODE_TEMPLATE"]}, threads=threads,
    )  # fmt: skip


def today(clock: Clock) -> date:
    return datetime.fromtimestamp(clock.now, UTC).astimezone(EDGE).date()


async def test_sent_and_found_again(sandbox: Sandbox, threads: Threads, clock: Clock) -> None:
    own = channel(sandbox.base_url, threads)
    vendor_id = await own.send(SMS)
    assert [(each.to, each.parameters) for each in sandbox.inbox.all()] == [("13800000001", {"code": "480216"})]
    assert await own.look_up(SMS.number, SMS.reference, vendor_id, today(clock)) == "delivered"
    sandbox.sms.sent[0].state = FAILED
    assert await own.look_up(SMS.number, SMS.reference, None, today(clock)) == "failed"
    assert await own.look_up(SMS.number, "another", None, today(clock)) is None


@pytest.mark.parametrize(
    ("code", "may_retry"),
    [("isv.BUSINESS_LIMIT_CONTROL", False), ("isv.AMOUNT_NOT_ENOUGH", False), ("isp.SYSTEM_ERROR", True)],
)
async def test_refused_means_not_sent(sandbox: Sandbox, threads: Threads, code: str, may_retry: bool) -> None:
    sandbox.faults.arrange(Fault("SendSms", code=code))
    with pytest.raises(NotSent) as caught:
        await channel(sandbox.base_url, threads).send(SMS)
    assert (caught.value.code, caught.value.may_retry) == (code, may_retry)


async def test_a_wrong_secret_is_no_passing_trouble(sandbox: Sandbox, threads: Threads) -> None:
    with pytest.raises(NotSent) as caught:
        await channel(sandbox.base_url, threads, replace(accounts(), aliyun_key_secret="wrong")).send(SMS)
    assert not caught.value.may_retry


async def test_nobody_there_means_not_sent_yet(threads: Threads) -> None:
    with pytest.raises(NotSent) as caught:
        await channel("http://127.0.0.1:1", threads).send(SMS)
    assert caught.value.may_retry


async def test_no_answer_means_perhaps_sent_and_is_not_sent_again(
    sandbox: Sandbox, threads: Threads, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aliyun_sms, "ANSWER_SECONDS", 0.2)
    own = channel(sandbox.base_url, threads)
    sandbox.faults.arrange(Fault("SendSms", delay_seconds=60, done_first=True))
    with pytest.raises(PerhapsSent):
        await own.send(SMS)
    assert sandbox.sms.calls["SendSms"] == 1
    assert await own.look_up(SMS.number, SMS.reference, None, today(clock)) == "delivered"


async def test_neither_numbers_nor_codes_are_logged(
    sandbox: Sandbox, threads: Threads, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for of in (accounts(), replace(accounts(), aliyun_key_secret="wrong")):
        sandbox.faults.arrange(Fault("QuerySendDetails", code="isp.SYSTEM_ERROR"))
        with contextlib.suppress(NotSent):
            await channel(sandbox.base_url, threads, of).send(SMS)
        await channel(sandbox.base_url, threads, of).look_up(SMS.number, SMS.reference, None, date(2026, 1, 1))
    assert "Aliyun" in caplog.text
    assert not any(hidden in caplog.text for hidden in (SMS.number, "480216", accounts().aliyun_key_secret))
