"""Promise: the sandbox refuses as the vendors do: wrong secrets and signatures, ended and used codes and tokens, old
timestamps, used nonces, and whatever was arranged. (The SDKs' side is in test_wechat.py, test_alipay.py, test_sms.py.)"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.vendors.sandboxed import Clock, sandboxed
from workers.sandbox import Fault, Sandbox
from workers.sandbox.accounts import CODE_TEMPLATE, SIGN_NAME
from workers.sandbox.signatures import alipay_string, aliyun_signature, aliyun_string_to_sign, rsa2_sign, rsa2_verifies


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with sandboxed(clock) as running:
        yield running


def get(sandbox: Sandbox, path: str, **params: str) -> Any:
    return httpx.get(f"{sandbox.base_url}{path}", params=params, trust_env=False).json()


def post(sandbox: Sandbox, path: str, body: dict[str, Any], **params: str) -> Any:
    return httpx.post(f"{sandbox.base_url}{path}", params=params, json=body, trust_env=False).json()


def stable(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    own = sandbox.accounts
    body = {"grant_type": "client_credential", "appid": own.mini_app_id, "secret": own.mini_secret, **more}
    return dict(post(sandbox, "/cgi-bin/stable_token", body))


def test_a_stable_token_stays_and_its_forerunner_lives_five_minutes(sandbox: Sandbox, clock: Clock) -> None:
    first = stable(sandbox)
    assert stable(sandbox) == first
    renewed = stable(sandbox, force_refresh=True)["access_token"]
    assert renewed != first["access_token"]
    for token, seconds, code in (
        (first["access_token"], 0, 0),
        (first["access_token"], 300, 42001),
        (renewed, 0, 0),
        (renewed, 7200, 42001),
        ("x", 0, 40001),
    ):
        clock.now += seconds
        assert get(sandbox, "/cgi-bin/ticket/getticket", access_token=token, type="jsapi")["errcode"] == code
    assert stable(sandbox, secret="wrong")["errcode"] == 40125
    assert stable(sandbox, appid="wx0")["errcode"] == 40013


def test_a_code_is_good_once_for_five_minutes_and_for_its_app(sandbox: Sandbox, clock: Clock) -> None:
    own = sandbox.accounts
    mini = {"appid": own.mini_app_id, "secret": own.mini_secret, "grant_type": "authorization_code"}
    code = sandbox.wechat.code_for(own.mini_app_id, "o-li")
    official = {"appid": own.official_app_id, "secret": own.official_secret, "grant_type": "authorization_code"}
    assert get(sandbox, "/sns/oauth2/access_token", code=code, **official)["errcode"] == 40029
    assert get(sandbox, "/sns/jscode2session", js_code=code, **mini)["openid"] == "o-li"
    assert get(sandbox, "/sns/jscode2session", js_code=code, **mini)["errcode"] == 40163
    late = sandbox.wechat.code_for(own.official_app_id, "o-li")
    clock.now += 300
    assert get(sandbox, "/sns/oauth2/access_token", code=late, **official)["errcode"] == 40029


def test_messages_of_wechat(sandbox: Sandbox) -> None:
    token = stable(sandbox)["access_token"]
    message: dict[str, Any] = {"touser": "o-li", "template_id": "T", "data": {"thing1": {"value": "牛奶"}}}
    sandbox.wechat.refusing.add("o-no")
    cases = [
        ("template", message, 0), ("subscribe", message, 0), ("subscribe", message | {"touser": "o-no"}, 43101),
        ("subscribe", message | {"data": {"thing1": {"value": "长" * 21}}}, 47003),
        ("template", message | {"touser": ""}, 40003), ("template", message | {"template_id": ""}, 40037), ("template", {"touser": "o"}, 47001),
    ]  # fmt: skip
    for kind, body, code in cases:
        assert post(sandbox, f"/cgi-bin/message/{kind}/send", body, access_token=token)["errcode"] == code, body
    assert [(each.to, each.parameters) for each in sandbox.inbox.all()] == [("o-li", {"thing1": "牛奶"})] * 2
    assert get(sandbox, "/sandbox/messages")[0]["template"] == "T"


@pytest.mark.parametrize("code", ["40001", "42001", "45009", "40163"])
def test_a_refusal_of_wechat_on_demand(sandbox: Sandbox, code: str) -> None:
    post(sandbox, "/sandbox/faults", {"operation": "/cgi-bin/stable_token", "code": code, "times": 2})
    assert [stable(sandbox).get("errcode") for _ in range(3)] == [int(code), int(code), None]


def alipay(sandbox: Sandbox, **changed: str) -> httpx.Response:
    own = sandbox.accounts
    asked = {
        "app_id": own.alipay_app_id, "method": "alipay.system.oauth.token", "charset": "utf-8", "sign_type": "RSA2",
        "timestamp": "2026-11-01 08:00:00", "version": "1.0", "grant_type": "authorization_code", "code": "sandbox-li-1",
    }  # fmt: skip
    key = own.own_key() if changed.pop("key", "") == "wrong" else own.app_key()
    asked |= {name: value for name, value in changed.items() if name != "after"}
    asked["sign"] = rsa2_sign(key, alipay_string(asked, drop_sign_type=False))
    if "after" in changed:
        asked["code"] = changed["after"]
    return httpx.get(f"{sandbox.base_url}/gateway.do", params=asked, trust_env=False)


def test_the_gateway_checks_and_signs(sandbox: Sandbox) -> None:
    answer = alipay(sandbox)
    name = "alipay_system_oauth_token_response"
    assert answer.json()[name]["open_id"] == "li"
    signed = answer.text.removeprefix(f'{{"{name}":').rpartition(',"sign":')[0]
    assert rsa2_verifies(sandbox.accounts.own_key().public_key(), signed, answer.json()["sign"])
    assert alipay(sandbox).json()["error_response"]["sub_code"] == "isv.code-invalid"
    for change, sub_code in (
        ({"key": "wrong"}, "isv.invalid-signature"), ({"after": "sandbox-li-2"}, "isv.invalid-signature"),
        ({"app_id": "2021"}, "isv.invalid-app-id"), ({"timestamp": "now"}, "isv.invalid-timestamp"), ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
    ):  # fmt: skip
        assert alipay(sandbox, **change).json()[name]["sub_code"] == sub_code


def sms(sandbox: Sandbox, *, secret: str | None = None, after: Any = None, **changed: Any) -> Any:
    own = sandbox.accounts
    asked = {
        "AccessKeyId": own.aliyun_key_id, "Action": "SendSms", "Version": "2017-05-25", "Format": "JSON", "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0", "SignatureNonce": "n1", "PhoneNumbers": "13800000001", "SignName": SIGN_NAME,
        "TemplateCode": CODE_TEMPLATE, "TemplateParam": '{"code": "123456"}', "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    } | changed  # fmt: skip
    text = aliyun_string_to_sign("POST", asked)
    asked["Signature"] = aliyun_signature(text, secret or own.aliyun_key_secret)
    answer = httpx.post(sandbox.base_url, data=asked | (after or {}), trust_env=False)
    return answer.status_code, answer.json()["Code"]


def test_aliyun_checks_key_signature_time_and_nonce(sandbox: Sandbox) -> None:
    assert sms(sandbox) == (200, "OK")
    assert sms(sandbox) == (400, "SignatureNonceUsed")
    assert sms(sandbox, SignatureNonce="n2", secret="wrong") == (400, "SignatureDoesNotMatch")
    assert sms(sandbox, SignatureNonce="n2", after={"PhoneNumbers": "13900000001"}) == (400, "SignatureDoesNotMatch")
    assert sms(sandbox, SignatureNonce="n2", AccessKeyId="LTAI") == (404, "InvalidAccessKeyId.NotFound")
    assert sms(sandbox, SignatureNonce="n2", Timestamp="2026-01-01T00:00:00Z") == (400, "InvalidTimeStamp.Expired")
    assert sms(sandbox, SignatureNonce="n2", SignatureMethod="HMAC-MD5") == (400, "InvalidParameter")


def test_aliyun_refuses_what_it_has_not_approved_and_too_much(sandbox: Sandbox, clock: Clock) -> None:
    for number, (change, code) in enumerate((
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"), ({"SignName": "别家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_2"}, "isv.SMS_TEMPLATE_ILLEGAL"), ({"TemplateParam": "{"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"), ({}, "OK"), ({}, "isv.BUSINESS_LIMIT_CONTROL"),
    )):  # fmt: skip
        assert sms(sandbox, SignatureNonce=f"n{number}", **change) == (200, code)
    clock.now += 61
    assert sms(sandbox, SignatureNonce="later") == (200, "OK")
    sandbox.faults.arrange(Fault("SendSms", code="isv.AMOUNT_NOT_ENOUGH"))
    assert sms(sandbox, SignatureNonce="poor") == (200, "isv.AMOUNT_NOT_ENOUGH")


def test_a_late_answer_may_have_done_its_work(sandbox: Sandbox) -> None:
    sandbox.faults.arrange(
        Fault("SendSms", delay_seconds=60, done_first=True), Fault("/cgi-bin/stable_token", delay_seconds=60)
    )
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(sandbox.base_url, data={"Action": "SendSms"}, trust_env=False, timeout=0.2)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{sandbox.base_url}/cgi-bin/stable_token", json={}, trust_env=False, timeout=0.2)
