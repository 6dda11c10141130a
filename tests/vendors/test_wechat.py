"""Promise: wechatpy talks to the sandbox unchanged, by configured address; one token and one ticket serve all processes,
also when they all ask at once, and Valkey's loss costs no more than the sharing; a refused token is tried anew once; whatever
goes wrong ends in time, as one of two problems; no secret is logged."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from server.adapters import shared
from server.adapters.shared import connect_blocking_cache
from server.adapters.threads import Threads
from server.adapters.wechat import MiniProgram, OfficialAccount, SignedByWeChat, apps, client
from server.adapters.wechat.client import Client
from server.domains.access.ports import CodeRefused, VendorAway
from tests.vendors.sandboxed import sandboxed
from workers.sandbox import Fault, Sandbox
from workers.sandbox.signatures import jssdk_signature, wechat_server_signature

ROOT = Path(__file__).resolve().parents[2]
TOKEN, TICKET = "/cgi-bin/stable_token", "/cgi-bin/ticket/getticket"
NOBODY = "redis://127.0.0.1:1/0"
MESSAGE = {"touser": "o-li", "template_id": "T", "data": {"thing1": {"value": "牛奶"}}}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with sandboxed() as running:
        yield running


@pytest.fixture
def cache(valkey_url: str) -> Iterator["redis.Redis"]:
    opened = connect_blocking_cache(valkey_url, 40)
    opened.flushdb()
    yield opened
    opened.close()
    opened.connection_pool.disconnect()


@pytest.fixture
def make_client(sandbox: Sandbox, cache: "redis.Redis") -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def make(kept_in: "redis.Redis | None" = None) -> Client:
        own = sandbox.accounts
        made.append(Client(own.official_app_id, own.official_secret, sandbox.base_url, kept_in or cache))
        return made[-1]

    yield make
    for each in made:
        each._http.close()


@pytest.fixture
def threads() -> Iterator[Threads]:
    opened = Threads("vendors", 4)
    yield opened
    opened.close()


@pytest.fixture
def mini(sandbox: Sandbox, cache: "redis.Redis", threads: Threads) -> Iterator[MiniProgram]:
    own = sandbox.accounts
    app = MiniProgram(own.mini_app_id, own.mini_secret, base_url=sandbox.base_url, cache=cache, threads=threads)
    yield app
    app._client._http.close()


@pytest.fixture
def official(sandbox: Sandbox, cache: "redis.Redis", threads: Threads) -> Iterator[OfficialAccount]:
    own = sandbox.accounts
    app = OfficialAccount(
        own.official_app_id, own.official_secret, base_url=sandbox.base_url, cache=cache, threads=threads
    )
    yield app
    app._client._http.close()


async def test_a_mini_program_signs_in_by_one_call_without_a_token(sandbox: Sandbox, mini: MiniProgram) -> None:
    code = sandbox.wechat.code_for(mini.app_id, "o-li")
    assert await mini.identify(code) == "o-li"
    assert sandbox.wechat.calls == {"/sns/jscode2session": 1}
    with pytest.raises(CodeRefused):
        await mini.identify(code)


async def test_a_page_inside_wechat_signs_in(sandbox: Sandbox, official: OfficialAccount) -> None:
    url = official.authorize_url("https://trace.example.com/m/sign-in?a=1", "state1")
    assert "scope=snsapi_base" in url
    assert "state=state1" in url
    assert "redirect_uri=https%3A%2F%2Ftrace.example.com%2Fm%2Fsign-in%3Fa%3D1" in url
    assert await official.identify(sandbox.wechat.code_for(official.app_id, "o-wang")) == "o-wang"
    with pytest.raises(CodeRefused):
        await official.identify("never-issued")


@pytest.mark.parametrize(
    ("code", "problem"), [("40163", CodeRefused), ("40029", CodeRefused), ("45009", VendorAway), ("40125", VendorAway)]
)
async def test_refusals_are_of_two_kinds(
    sandbox: Sandbox, mini: MiniProgram, code: str, problem: type[Exception]
) -> None:
    sandbox.faults.arrange(Fault("/sns/jscode2session", code=code))
    with pytest.raises(problem):
        await mini.identify("sandbox-li-1")


async def test_who_does_not_answer_is_given_up_and_not_asked_again(
    sandbox: Sandbox, mini: MiniProgram, official: OfficialAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.2)
    sandbox.faults.arrange(Fault("*", delay_seconds=60, times=3))
    for asked in (mini.identify("c"), official.identify("c"), official.configure("https://a/")):
        with pytest.raises(VendorAway):
            await asked
    assert sandbox.wechat.calls == {"/sns/jscode2session": 1, "/sns/oauth2/access_token": 1, TOKEN: 1}


async def test_the_caller_waits_no_longer_than_the_limit(
    sandbox: Sandbox, mini: MiniProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apps, "LIMIT_SECONDS", 0.05)
    sandbox.faults.arrange(Fault("*", delay_seconds=60))
    with pytest.raises(VendorAway):
        await mini.identify("c")


async def test_a_full_pool_refuses_at_once(sandbox: Sandbox, cache: "redis.Redis") -> None:
    threads = Threads("full", 1, 1)
    own = sandbox.accounts
    app = MiniProgram(own.mini_app_id, own.mini_secret, base_url=sandbox.base_url, cache=cache, threads=threads)
    sandbox.faults.arrange(Fault("*", delay_seconds=0.3, times=2))
    answers = await asyncio.gather(*(app.identify(f"sandbox-li-{n}") for n in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["VendorAway", "str", "str"]
    threads.close()
    app._client._http.close()


def test_all_ask_at_once_and_one_fetches(sandbox: Sandbox, make_client: Callable[..., Client]) -> None:
    processes = [make_client() for _ in range(4)]
    with ThreadPoolExecutor(24) as pool:
        sent = list(pool.map(lambda n: processes[n % 4].post("message/template/send", data=MESSAGE), range(120)))
    assert [each["errcode"] for each in sent] == [0] * 120
    assert sandbox.wechat.calls[TOKEN] == 1


SCRIPT = """
import sys
from server.adapters.shared import connect_blocking_cache
from server.adapters.wechat.client import Client
app_id, secret, base_url, url = sys.stdin.read().split()
print(Client(app_id, secret, base_url, connect_blocking_cache(url, 4)).ticket.get())
"""


def test_processes_share_one_token_and_one_ticket(sandbox: Sandbox, cache: "redis.Redis", valkey_url: str) -> None:
    own = sandbox.accounts
    told = f"{own.official_app_id} {own.official_secret} {sandbox.base_url} {valkey_url}"
    running = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    said = [each.communicate(told, timeout=60)[0].strip() for each in running]
    assert set(said) == {sandbox.wechat.current_ticket(own.official_app_id)}
    assert sandbox.wechat.calls == {TOKEN: 1, TICKET: 1}


def test_a_refused_token_is_replaced_once_for_all(sandbox: Sandbox, make_client: Callable[..., Client]) -> None:
    first, second = make_client(), make_client()
    first.post("message/template/send", data=MESSAGE)
    sandbox.wechat.expire_tokens()
    for each in (first, second):
        assert each.post("message/template/send", data=MESSAGE)["errcode"] == 0
    assert sandbox.wechat.calls[TOKEN] == 2


def test_a_token_refused_for_good_costs_two_tries(sandbox: Sandbox, make_client: Callable[..., Client]) -> None:
    own = make_client()
    sandbox.faults.arrange(Fault("/cgi-bin/message/template/send", code="40001", times=9))
    with pytest.raises(Exception, match="40001"):
        own.post("message/template/send", data=MESSAGE)
    assert sandbox.wechat.calls == {TOKEN: 2, "/cgi-bin/message/template/send": 2}


def test_without_valkey_each_process_keeps_its_own(sandbox: Sandbox, make_client: Callable[..., Client]) -> None:
    away = connect_blocking_cache(NOBODY, 4)
    own = make_client(away)
    assert [own.ticket.get() for _ in range(3)] == [sandbox.wechat.current_ticket(sandbox.accounts.official_app_id)] * 3
    assert sandbox.wechat.calls == {TOKEN: 1, TICKET: 1}
    away.close()


def test_a_valkey_that_came_back_empty_is_told_what_is_still_good(
    sandbox: Sandbox, cache: "redis.Redis", make_client: Callable[..., Client]
) -> None:
    first, second = make_client(), make_client()
    ticket = first.ticket.get()
    cache.flushdb()
    assert first.ticket.get() == ticket == second.ticket.get()
    assert sandbox.wechat.calls == {TOKEN: 1, TICKET: 1}


def test_while_one_fetches_for_too_long_nobody_else_asks(
    sandbox: Sandbox, cache: "redis.Redis", make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "LOCK_WAIT_SECONDS", 0.05)
    own = make_client()
    with cache.lock(f"vendor:wechat:{own.appid}:token:lock", timeout=10), pytest.raises(TimeoutError):
        own.post("message/template/send", data=MESSAGE)
    assert sandbox.wechat.calls == {}


async def test_pages_are_signed_with_the_shared_ticket(sandbox: Sandbox, official: OfficialAccount) -> None:
    url = "https://trace.example.com/m/scan?lot=1"
    made = await official.configure(f"{url}#part")
    again = await official.configure(url)
    ticket = sandbox.wechat.current_ticket(official.app_id)
    assert made.app_id == official.app_id
    for each in (made, again):
        assert each.signature == jssdk_signature(ticket, each.nonce, each.timestamp, url)
    assert made.nonce != again.nonce
    assert sandbox.wechat.calls == {TOKEN: 1, TICKET: 1}


def test_messages_of_the_server() -> None:
    signed = SignedByWeChat("a-token")
    good = wechat_server_signature("a-token", "1700000000", "n1")
    assert signed.is_signed(good, "1700000000", "n1")
    assert not signed.is_signed(good, "1700000001", "n1")
    assert not signed.is_signed("汉", "1700000000", "n1")


async def test_no_secret_is_logged(
    sandbox: Sandbox, mini: MiniProgram, official: OfficialAccount, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.faults.arrange(Fault("*", code="40125", times=2))
    for asked in (mini.identify("the-code"), official.configure("https://a/")):
        with pytest.raises(VendorAway):
            await asked
    await official.configure("https://a/")
    own = sandbox.accounts
    hidden = (
        own.mini_secret,
        own.official_secret,
        "the-code",
        official._client.access_token,
        sandbox.wechat.current_ticket(official.app_id),
    )
    assert "WeChat refused: errcode=40125" in caplog.text
    assert not any(secret in caplog.text for secret in hidden)
