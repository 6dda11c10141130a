"""The back office's session: cookies a script cannot read, renewed unseen, ended at sign-out; nobody is sent elsewhere."""

import httpx
import pytest

from admin.session import local
from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import PASSWORD, Api, Plant


async def sign_in(api: Api, username: str, **more: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    client = api.client(accept_language="zh-CN", origin=api.settings.base_url)
    answer = await client.post("/admin/sign-in", data={"username": username, "password": PASSWORD, **more})
    return client, answer


async def test_signing_in_sets_closed_cookies_and_opens_home(api: Api) -> None:
    plant = await api.plant()
    client, answer = await sign_in(api, plant.person("viewer").username)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin"
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert "HttpOnly" in cookies["qt_session"]
    assert "SameSite=Lax" in cookies["qt_session"]
    assert "Path=/admin/session" in cookies["qt_refresh"]
    assert "HttpOnly" in cookies["qt_refresh"]
    page = await client.get("/admin")
    assert page.status_code == 200
    assert "今日无事" in page.text
    assert "unsafe" not in page.headers["content-security-policy"]


async def test_a_wrong_password_says_no_more_than_an_unknown_name(api: Api) -> None:
    plant = await api.plant()
    client = api.client(origin=api.settings.base_url)
    texts = []
    for name in (plant.person("viewer").username, "nobody-of-that-name"):
        answer = await client.post("/admin/sign-in", data={"username": name, "password": "wrong wrong"})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        texts.append(answer.text.replace(name, ""))
    assert texts[0] == texts[1]


async def test_another_site_cannot_sign_somebody_in(api: Api) -> None:
    plant = await api.plant()
    client = api.client(origin="https://evil.example")
    answer = await client.post(
        "/admin/sign-in", data={"username": plant.person("viewer").username, "password": PASSWORD}
    )
    assert answer.status_code == 403


async def test_an_ended_access_token_is_renewed_unseen(api: Api) -> None:
    plant = await api.plant()
    client, _ = await sign_in(api, plant.person("viewer").username)
    client.cookies.delete("qt_session")
    answer = await client.get("/admin/lots?state=held", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == "/admin/lots"
    assert answer.url.query == b"state=held"
    assert "qt_session" in client.cookies


async def test_a_form_sent_with_an_ended_token_arrives_all_the_same(api: Api) -> None:
    plant = await api.plant()
    client, _ = await sign_in(api, plant.person("enterprise_admin").username)
    client.cookies.delete("qt_session")
    new = {"username": f"neu-{plant.tenant_id.hex[-8:]}", "display_name": "新人", "roles": "viewer"}
    answer = await client.post("/admin/users", data=new, follow_redirects=True)
    assert answer.status_code == 200
    assert new["username"] in answer.text


async def test_without_any_cookie_the_way_leads_to_sign_in(api: Api) -> None:
    answer = await api.anonymous.get("/admin/lots", follow_redirects=True)
    assert answer.url.path == "/admin/sign-in"
    assert answer.url.params["next"] == "/admin/lots"


async def test_sign_out_ends_the_session_itself(api: Api) -> None:
    plant = await api.plant()
    client, _ = await sign_in(api, plant.person("viewer").username)
    kept = client.cookies["qt_session"]
    answer = await client.post("/admin/sign-out")
    assert answer.headers["location"] == "/admin/sign-in"
    old = api.client(kept)
    assert (await old.get("/api/v1/lots")).status_code == 401


async def test_who_works_for_several_chooses(api: Api) -> None:
    one, two = await api.plant(), await api.plant()
    person = one.person("viewer")
    async with db.transaction(Scope.system()):
        await db.execute(
            "INSERT INTO membership (user_id, tenant_id, roles) VALUES ($1, $2, '{viewer}')",
            person.user_id,
            two.tenant_id,
        )
    _, asked = await sign_in(api, person.username)
    assert asked.status_code == 200
    assert one.name in asked.text
    assert two.name in asked.text
    client, answer = await sign_in(api, person.username, tenant=two.name)
    assert answer.status_code == 303
    assert two.name in (await client.get("/admin")).text


async def test_a_password_set_by_another_is_changed_first(api: Api) -> None:
    plant = await api.plant()
    person = plant.person("viewer")
    async with db.transaction(Scope.system()):
        await db.execute("UPDATE user_account SET must_change_password = true WHERE id = $1", person.user_id)
    client, answer = await sign_in(api, person.username)
    assert answer.headers["location"] == "/admin/password"
    assert (await client.get("/admin")).headers["location"] == "/admin/password"
    assert (await client.get("/admin/lots")).headers["location"] == "/admin/password"
    new = "graue wolken ziehen 7"
    form = {"current_password": PASSWORD, "new_password": new, "again": new}
    differ = await client.post("/admin/password", data=form | {"again": "other words 99"})
    assert differ.status_code == 422
    assert "不一致" in differ.text
    assert (await client.post("/admin/password", data=form)).headers["location"] == "/admin?done=password_changed"
    assert (await client.get("/admin")).status_code == 200


async def test_the_language_is_chosen_and_kept(api: Api) -> None:
    client = api.client()
    answer = await client.get("/admin/language", params={"to": "en", "next": "/admin/sign-in"}, follow_redirects=True)
    assert "Sign in" in answer.text
    assert '<html lang="en">' in answer.text


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/admin//evil.example", "/other", "/administrators",
     "/admin/../t/x", "/admin\r\nSet-Cookie: a=b", "/admin/session", "javascript:alert(1)", ""],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(address: str) -> None:
    assert local(address) == "/admin"


def test_own_addresses_are_kept() -> None:
    assert local("/admin/lots?state=held&text=%E4%B8%AD") == "/admin/lots?state=held&text=%E4%B8%AD"


async def _role_page(api: Api, plant: Plant, role: str, path: str) -> int:
    return (await plant.client(role).get(path)).status_code


async def test_pages_open_for_whom_they_are_meant(api: Api) -> None:
    plant = await api.plant()
    assert await _role_page(api, plant, "viewer", "/admin/audit") == 403
    assert await _role_page(api, plant, "viewer", "/admin/tenants") in (403, 405)
    assert await _role_page(api, plant, "enterprise_admin", "/admin/audit") == 200
    assert await _role_page(api, plant, "enterprise_admin", "/admin/authorities") == 403
    assert (await api.platform.client().get("/admin/authorities")).status_code == 200
