"""Promise: from a phone one signs in as the employee to whom an invitation of the enterprise has bound one's WeChat, Alipay
or number, and as nobody else; what the enterprise takes back ends at once; every step stands in the trail."""

import asyncio
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import Api
from tests.fixtures.phones import Phones, new_number
from workers.sandbox import Fault

PAGE = "/api/v1/auth/wechat/official-account"


async def test_an_unbound_identity_can_do_nothing(phones: Phones) -> None:
    answer = await phones.in_wechat("o-nobody")
    assert (answer.status_code, answer.json()["code"]) == (401, "identity_unbound")
    assert "set-cookie" not in answer.headers


async def test_an_invitation_binds_and_from_then_on_the_phone_is_enough(api: Api, phones: Phones) -> None:
    plant = await api.plant()
    person = plant.person("inspector")
    token = await phones.bound(plant, "o-li")
    for shown in (token, (await phones.in_wechat("o-li")).json()["access_token"]):
        me = (await api.client(shown).get("/api/v1/auth/me")).json()
        assert (me["id"], me["tenant"], me["roles"]) == (str(person.user_id), plant.name, ["inspector"])
    again = await phones.in_wechat("o-wang", invitation="x" * 43)
    assert (again.status_code, again.json()["code"]) == (422, "invitation_over")


async def test_alipay_and_a_page_inside_wechat(api: Api, phones: Phones) -> None:
    plant, own = await api.plant(), phones.sandbox.accounts
    code = phones.sandbox.alipay.code_for("a-li")
    answer = await phones.post("alipay", code=code, invitation=await phones.invitation(plant))
    assert answer.status_code == 200, answer.text
    assert (await phones.post("alipay", code=phones.sandbox.alipay.code_for("a-li"))).json()["tenant"] == plant.name
    browser = api.anonymous
    state = await authorization_state(browser)
    code = phones.sandbox.wechat.code_for(own.official_app_id, "page-li")
    body = {"code": code, "state": state, "invitation": await phones.invitation(plant)}
    answer = await browser.post(PAGE, json=body)
    assert answer.status_code == 200, answer.text


async def authorization_state(browser: httpx.AsyncClient, page: str = "/m/sign-in") -> str:
    answer = await browser.get("/api/v1/auth/wechat/authorization", params={"page": page})
    assert answer.status_code == 200, answer.text
    query = parse_qs(urlsplit(answer.json()["url"]).query)
    assert query["redirect_uri"] == [str(browser.base_url.join(page))]
    assert query["scope"] == ["snsapi_base"]
    assert query["state"][0].isalnum()
    assert len(query["state"][0]) <= 128
    return query["state"][0]


async def test_a_page_inside_alipay_goes_there_and_back(api: Api, phones: Phones) -> None:
    """The page's app is another than the mini-program's: what one is bound to opens nothing in the other."""
    plant, own, browser = await api.plant(), phones.sandbox.accounts, api.anonymous

    async def come_back(**more: str) -> httpx.Response:
        asked = await browser.get("/api/v1/auth/alipay/authorization", params={"page": "/phone/"})
        there = await browser.get(asked.json()["url"])
        back = urlsplit(there.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == f"{api.base_url}/phone/"
        told = {name: value for name, (value,) in parse_qs(back.query).items()}
        assert (told["app_id"], told["scope"]) == (own.alipay_page_app_id, "auth_base")
        assert len(told["state"]) <= 100
        body = {"code": told["auth_code"], "state": told["state"], **more}
        return await browser.post("/api/v1/auth/alipay/page", json=body)

    assert (await come_back()).json()["code"] == "identity_unbound"
    assert (await come_back(invitation=await phones.invitation(plant))).status_code == 200
    assert (await come_back()).json()["tenant"] == plant.name
    code = phones.sandbox.alipay.code_for("a-page", on_page=True)
    assert (await phones.post("alipay", code=code)).json()["code"] == "sign_in_code_refused"
    assert (await phones.post("alipay/page", code=code, state="x")).json()["code"] == "callback_refused"


@pytest.mark.parametrize(
    "page", ["https://evil.example/m", "//evil.example/m", "/\\evil.example", "javascript:alert(1)"]
)
async def test_the_browser_comes_back_to_us_alone(api: Api, page: str) -> None:
    answer = await api.anonymous.get("/api/v1/auth/wechat/authorization", params={"page": page})
    if answer.status_code == 200:  # a path of ours, however odd
        assert parse_qs(urlsplit(answer.json()["url"]).query)["redirect_uri"][0].startswith(f"{api.base_url}/")
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "redirect_elsewhere")


async def test_a_state_is_ours_fresh_used_once_and_this_browsers(
    api: Api, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, browser = phones.sandbox.accounts, api.anonymous
    state = await authorization_state(browser)

    async def back(state: str, browser: httpx.AsyncClient = browser) -> str:
        code = phones.sandbox.wechat.code_for(own.official_app_id, "page-wang")
        return str((await browser.post(PAGE, json={"code": code, "state": state})).json()["code"])

    assert await back(state, api.anonymous) == "callback_refused"
    forged = state[:-1] + ("0" if state[-1] != "0" else "1")
    assert await back(forged) == "callback_refused"
    assert await back(forged, api.client(cookie=f"qt_state={forged}")) == "callback_refused"
    assert await back(state) == "identity_unbound"
    assert await back(state) == "callback_refused"
    late = await authorization_state(browser)
    real = time.time
    monkeypatch.setattr("server.domains.access.callbacks.time.time", lambda: real() + 601)
    assert await back(late) == "callback_refused"


async def test_an_invitation_is_used_once_even_by_two_at_once(api: Api, phones: Phones) -> None:
    plant = await api.plant()
    token = await phones.invitation(plant)
    answers = await asyncio.gather(
        *(phones.in_wechat(f"o-{plant.credit_code}-{n}", invitation=token) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]


async def test_one_person_one_identity_of_a_kind(api: Api, phones: Phones) -> None:
    plant = await api.plant()
    mine = f"o-{plant.credit_code}"
    await phones.bound(plant, mine, "inspector")
    taken = await phones.in_wechat(mine, invitation=await phones.invitation(plant, "operator"))
    assert (taken.status_code, taken.json()["code"]) == (409, "identity_taken")
    second = await phones.in_wechat(f"{mine}-2", invitation=await phones.invitation(plant, "inspector"))
    assert (second.status_code, second.json()["code"]) == (409, "identity_of_that_kind_bound")
    assert (
        await phones.in_wechat(f"{mine}-2", invitation=await phones.invitation(plant, "operator"))
    ).status_code == 200


async def test_what_one_enterprise_binds_opens_no_other(api: Api, phones: Phones) -> None:
    """Somebody works for two; the second one's invitation, in whoever's hands, leads into the second one alone."""
    first, second = await api.plant(), await api.plant()
    person = first.person("inspector")
    async with db.transaction(Scope.system()):
        await db.execute(
            "INSERT INTO membership (user_id, tenant_id, roles) VALUES ($1, $2, '{viewer}')",
            person.user_id,
            second.tenant_id,
        )
    openid = f"o-{first.credit_code}"
    admin = second.client("enterprise_admin")
    invitation = (await admin.post(f"/api/v1/users/{person.user_id}/invitations")).json()["token"]
    answer = await phones.in_wechat(openid, invitation=invitation)
    assert (answer.json()["tenant"], answer.json()["roles"]) == (second.name, ["viewer"])
    elsewhere = await phones.in_wechat(openid, tenant=first.name)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (401, "sign_in_failed")
    await phones.bound(first, openid)
    choose = await phones.in_wechat(openid)
    assert (choose.status_code, choose.json()["choices"]) == (409, [second.name, first.name])
    assert (await phones.in_wechat(openid, tenant=first.credit_code)).json()["tenant"] == first.name


@pytest.mark.parametrize(
    "ending",
    [
        "UPDATE membership SET disabled_at = now() WHERE user_id = $1",
        "UPDATE membership SET ended_at = now() WHERE user_id = $1",
        "UPDATE user_account SET disabled_at = now() WHERE id = $1",
        "UPDATE tenant SET state = 'suspended' WHERE id = (SELECT tenant_id FROM membership WHERE user_id = $1)",
    ],
)
async def test_who_may_not_come_in_does_not_by_phone(api: Api, phones: Phones, ending: str) -> None:
    plant = await api.plant()
    openid = f"o-{plant.credit_code}"
    token, invitation = await phones.bound(plant, openid), await phones.invitation(plant)
    async with db.transaction(Scope.system()):
        await db.execute(ending, plant.person("inspector").user_id)
    assert (await phones.in_wechat(openid)).json()["code"] == "identity_unbound"
    assert (await phones.in_wechat(f"{openid}-2", invitation=invitation)).json()["code"] == "invitation_over"
    assert (await api.client(token).get("/api/v1/auth/me")).status_code == 401


async def test_what_is_taken_back_ends_at_once(api: Api, phones: Phones) -> None:
    plant, other = await api.plant(), await api.plant()
    openid, admin = f"o-{plant.credit_code}", plant.client("enterprise_admin")
    token = await phones.bound(plant, openid)
    waiting = await phones.invitation(plant)
    path = f"/api/v1/users/{plant.person('inspector').user_id}/identities"
    bound = (await admin.get(path)).json()
    assert [each["way"] for each in bound["identities"]] == ["wechat_mini"]
    assert openid not in str(bound)
    identity, invitation = bound["identities"][0]["id"], bound["invitations"][0]["id"]
    assert (await other.client("enterprise_admin").delete(f"/api/v1/identities/{identity}")).status_code == 404
    assert (await plant.client("quality_manager").delete(f"/api/v1/identities/{identity}")).status_code == 403
    for _ in range(2):
        codes = [
            (await admin.delete(f"/api/v1/{each}")).status_code
            for each in (f"identities/{identity}", f"invitations/{invitation}")
        ]
    assert codes == [404, 404]
    assert (await api.client(token).get("/api/v1/auth/me")).status_code == 401
    assert (await phones.in_wechat(openid)).json()["code"] == "identity_unbound"
    assert (await phones.in_wechat(openid, invitation=waiting)).json()["code"] == "invitation_over"
    assert (await admin.get(path)).json() == {"identities": [], "invitations": []}
    assert (await plant.client("inspector").get("/api/v1/auth/me")).status_code == 200  # by password: not touched


async def test_every_step_stands_in_the_trail(api: Api, phones: Phones) -> None:
    plant = await api.plant()
    admin, number = plant.client("enterprise_admin"), new_number()
    invitation = await phones.invitation(plant)
    request_id = await phones.ask(number, invitation=invitation)
    code = await phones.bring(request_id)
    assert (await phones.post("phone", request_id=request_id, code=code, invitation=invitation)).status_code == 200
    identity = (await admin.get(f"/api/v1/users/{plant.person('inspector').user_id}/identities")).json()["identities"][
        0
    ]
    assert identity["known_as"] == f"139****{number[-4:]}"
    await admin.delete(f"/api/v1/identities/{identity['id']}")
    trail = (await admin.get("/api/v1/audit")).json()["items"]
    assert [each["action"] for each in trail][:4] == [
        "identity.ended",
        "session.opened",
        "identity.bound",
        "invitation.issued",
    ]
    assert trail[1]["after"]["by"] == "phone"
    assert not any(secret in str(trail) for secret in (number, invitation, code))


async def test_a_used_code_and_an_absent_vendor(phones: Phones) -> None:
    code = phones.wechat_code("o-any")
    for expected in ("identity_unbound", "sign_in_code_refused"):
        answer = await phones.post("wechat/mini-program", code=code)
        assert (answer.status_code, answer.json()["code"]) == (401, expected)
    phones.sandbox.faults.arrange(
        Fault("/sns/jscode2session", code="45009"), Fault("alipay.system.oauth.token", code="isp.unknow-error")
    )
    for path in ("wechat/mini-program", "alipay"):
        answer = await phones.post(path, code="sandbox-any-1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_ways(api: Api, phones: Phones) -> None:
    ways = (await api.anonymous.get("/api/v1/auth/ways")).json()["items"]
    assert {each["way"] for each in ways} == {"wechat_mini", "wechat_official", "alipay", "alipay_page", "phone"}
    assert phones.sandbox.accounts.mini_secret not in str(ways)
