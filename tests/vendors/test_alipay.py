"""Promise: python-alipay-sdk talks to the sandbox unchanged: what it signs is accepted, what is not Alipay's is refused;
whatever goes wrong ends in time, as one of two problems."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.adapters import alipay
from server.adapters.alipay import AlipayApp
from server.adapters.threads import Threads
from server.domains.access.ports import CodeRefused, VendorAway
from tests.vendors.sandboxed import accounts, sandboxed
from workers.sandbox import Accounts, Fault, Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with sandboxed() as running:
        yield running


@pytest.fixture
def threads() -> Iterator[Threads]:
    opened = Threads("vendors", 4)
    yield opened
    opened.close()


def app(sandbox: Sandbox, threads: Threads, of: Accounts | None = None) -> AlipayApp:
    told = (of or sandbox.accounts).environment(sandbox.base_url)
    return AlipayApp(
        told["TRACE_ALIPAY_APP_ID"], told["TRACE_ALIPAY_APP_KEY"], told["TRACE_ALIPAY_PUBLIC_KEY"],
        gateway=told["TRACE_ALIPAY_GATEWAY"], threads=threads,
    )  # fmt: skip


async def test_a_code_tells_who_it_is_once(sandbox: Sandbox, threads: Threads) -> None:
    own = app(sandbox, threads)
    code = sandbox.alipay.code_for("074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5")
    assert await own.identify(code) == "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"
    with pytest.raises(CodeRefused):
        await own.identify(code)


async def test_a_wrong_key_of_either_side_is_found_out(
    sandbox: Sandbox, threads: Threads, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Accounts.make()
    ours_wrong = replace(accounts(), alipay_app_key=stranger.alipay_app_key)
    theirs_wrong = replace(accounts(), alipay_own_key=stranger.alipay_own_key)
    for wrong in (ours_wrong, theirs_wrong):
        with pytest.raises(VendorAway):
            await app(sandbox, threads, wrong).identify("sandbox-li-1")
    assert "isv.invalid-signature" in caplog.text
    assert "AliPayValidationError" in caplog.text
    assert "sandbox-li-1" not in caplog.text


async def test_refusals_on_demand(sandbox: Sandbox, threads: Threads) -> None:
    own = app(sandbox, threads)
    for sub_code, problem in (
        ("isv.code-invalid", CodeRefused),
        ("isp.unknow-error", VendorAway),
        ("isv.invalid-app-id", VendorAway),
    ):
        sandbox.faults.arrange(Fault("alipay.system.oauth.token", code=sub_code))
        with pytest.raises(problem):
            await own.identify("sandbox-li-2")


async def test_who_does_not_answer_is_given_up(
    sandbox: Sandbox, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alipay, "ANSWER_SECONDS", 0.2)
    sandbox.faults.arrange(Fault("*", delay_seconds=60))
    with pytest.raises(VendorAway):
        await app(sandbox, threads).identify("sandbox-li-3")
    assert sandbox.alipay.calls == {"alipay.system.oauth.token": 1}
