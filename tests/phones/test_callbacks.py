"""Promise: what WeChat's server sends is taken if it is signed, fresh and new, and refused otherwise; pages of ours, and no
others, are signed for wx.scanQRCode, all with one ticket."""

import time
from typing import Any

import pytest

from server.core.ids import new_id
from tests.fixtures.api import Api
from tests.fixtures.phones import Phones
from workers.sandbox.signatures import jssdk_signature, wechat_server_signature

PATH = "/callbacks/wechat"


def signed(phones: Phones, *, seconds_ago: int = 0, **changed: str) -> dict[str, str]:
    timestamp, nonce = str(int(time.time()) - seconds_ago), new_id().hex
    token = phones.sandbox.accounts.callback_token
    return {
        "signature": wechat_server_signature(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        **changed,
    }


async def test_signed_fresh_and_new(api: Api, phones: Phones) -> None:
    answer = await api.anonymous.get(PATH, params=signed(phones, echostr="echo 12"))
    assert (answer.status_code, answer.text) == (200, "echo 12")
    answer = await api.anonymous.post(PATH, params=signed(phones), content=b"<xml></xml>")
    assert (answer.status_code, answer.text) == (200, "success")


@pytest.mark.parametrize(
    "changed", [{"signature": "0" * 40}, {"nonce": "another"}, {"timestamp": "1700000000"}, {"signature": "汉"}]
)
async def test_a_bad_signature(api: Api, phones: Phones, changed: Any) -> None:
    answer = await api.anonymous.post(PATH, params=signed(phones) | changed)
    assert (answer.status_code, answer.json()["code"]) == (403, "callback_refused")


@pytest.mark.parametrize("seconds_ago", [301, -310])
async def test_an_old_timestamp(api: Api, phones: Phones, seconds_ago: int) -> None:
    assert (await api.anonymous.post(PATH, params=signed(phones, seconds_ago=seconds_ago))).status_code == 403


async def test_a_used_nonce(api: Api, phones: Phones) -> None:
    once = signed(phones)
    assert [(await api.anonymous.post(PATH, params=once)).status_code for _ in range(2)] == [200, 403]


async def test_pages_are_configured_with_one_ticket(api: Api, phones: Phones) -> None:
    client = (await api.plant()).client("inspector")
    phones.sandbox.wechat.calls.clear()
    for page in ("/m/scan?a=1", f"{api.base_url}/m/scan?a=1#x"):
        made = (await client.get("/api/v1/wechat/page-configuration", params={"page": page})).json()
        ticket = phones.sandbox.wechat.current_ticket(made["appId"])
        expected = jssdk_signature(ticket, made["nonceStr"], made["timestamp"], f"{api.base_url}/m/scan?a=1")
        assert made["signature"] == expected
    assert phones.sandbox.wechat.calls["/cgi-bin/ticket/getticket"] <= 1
    answer = await client.get("/api/v1/wechat/page-configuration", params={"page": "https://evil.example/"})
    assert (answer.status_code, answer.json()["code"]) == (422, "redirect_elsewhere")
