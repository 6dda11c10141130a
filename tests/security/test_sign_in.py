"""Promise: only the right name and password sign in, and a wrong try tells a stranger nothing."""

import pytest

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import PASSWORD, Api

LOGIN = "/api/v1/auth/login"
MALFORMED: tuple[object, ...] = (
    {},
    {"username": "a"},
    {"username": "a", "password": "b", "role": "platform_admin"},
    [],
    None,
)


@pytest.fixture(autouse=True)
async def nothing_counted(api: Api) -> None:
    async with db.transaction(Scope.system()):
        await db.execute("DELETE FROM sign_in_failure")


async def test_the_right_password_opens_a_session_that_works(api: Api) -> None:
    plant = await api.plant()
    person = plant.person("quality_manager")
    answer = await api.anonymous.post(LOGIN, json={"username": person.username.upper(), "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["roles"] == ["quality_manager"]
    assert (body["tenant"], body["tenant_id"], body["must_change_password"]) == (
        plant.name,
        str(plant.tenant_id),
        False,
    )
    me = (await api.client(body["access_token"]).get("/api/v1/auth/me")).json()
    assert (me["id"], me["tenant"], me["kind"]) == (str(person.user_id), plant.name, "user")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_everybody_signs_in_to_what_they_belong_to(api: Api) -> None:
    authority = await api.regulator()
    for office, role in ((authority, "regulator"), (api.platform, "platform_admin")):
        wanted = authority.name if office is authority else None
        for tenant in {None, wanted}:
            body = {"username": office.person(role).username, "password": PASSWORD, "tenant": tenant}
            answer = await api.anonymous.post(LOGIN, json=body)
            assert answer.status_code == 200, answer.text
            assert answer.json()["tenant"] == wanted


async def test_a_wrong_try_has_one_answer_whatever_is_wrong(api: Api) -> None:
    plant, other = await api.plant(), await api.plant()
    viewer, operator = plant.person("viewer").username, plant.person("operator")
    inspector = plant.person("inspector")
    async with db.transaction(Scope.system()):
        await db.execute("UPDATE user_account SET disabled_at = now() WHERE id = $1", operator.user_id)
        await db.execute("UPDATE membership SET ended_at = now() WHERE user_id = $1", inspector.user_id)
    tries = (
        {"username": viewer, "password": "wrong"},
        {"username": "nobody-at-all", "password": PASSWORD},
        {"username": operator.username, "password": PASSWORD},
        {"username": inspector.username, "password": PASSWORD},
        {"username": viewer, "password": PASSWORD, "tenant": other.name},
        {"username": viewer, "password": PASSWORD, "tenant": "nowhere"},
    )
    seen = set()
    for body in tries:
        answer = await api.anonymous.post(LOGIN, json=body, headers={"X-Request-Id": "the-same-id"})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        seen.add(answer.content)
    assert len(seen) == 1


async def test_several_memberships_are_listed_only_after_the_password_was_right(api: Api) -> None:
    first, second = await api.plant(), await api.plant()
    person = first.person("viewer")
    async with db.transaction(Scope.system()):
        await db.execute(
            "INSERT INTO membership (user_id, tenant_id, roles) VALUES ($1, $2, '{inspector}')",
            person.user_id,
            second.tenant_id,
        )
    wrong = await api.anonymous.post(LOGIN, json={"username": person.username, "password": "wrong"})
    assert wrong.status_code == 401
    asked = await api.anonymous.post(LOGIN, json={"username": person.username, "password": PASSWORD})
    assert (asked.status_code, asked.json()["code"]) == (409, "tenant_required")
    assert set(asked.json()["choices"]) == {first.name, second.name}
    for tenant in (second.name, second.credit_code, second.credit_code.lower()):
        body = {"username": person.username, "password": PASSWORD, "tenant": tenant}
        answer = await api.anonymous.post(LOGIN, json=body)
        assert answer.json()["tenant"] == second.name
        assert answer.json()["roles"] == ["inspector"]


@pytest.mark.parametrize("body", MALFORMED)
async def test_malformed_credentials_are_refused_politely(api: Api, body: object) -> None:
    answer = await api.anonymous.post(LOGIN, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_one_time_password_opens_nothing_but_its_change(api: Api) -> None:
    plant = await api.plant()
    admin = plant.client("enterprise_admin")
    made = (
        await admin.post(
            "/api/v1/users",
            json={"username": "新人 ".strip() + plant.credit_code, "display_name": "新人", "roles": ["viewer"]},
        )
    ).json()
    credentials = {"username": made["username"], "password": made["one_time_password"]}
    signed_in = (await api.anonymous.post(LOGIN, json=credentials)).json()
    assert signed_in["must_change_password"]
    client = api.client(signed_in["access_token"])
    assert (await client.get("/api/v1/sites")).json()["code"] == "password_change_required"
    weak = {"current_password": made["one_time_password"], "new_password": "password123"}
    assert (await client.post("/api/v1/auth/password", json=weak)).status_code == 422
    good = {"current_password": made["one_time_password"], "new_password": "牛奶与面包 2031 tea"}
    answer = await client.post("/api/v1/auth/password", json=good)
    assert answer.status_code == 204, answer.text
    assert (await client.get("/api/v1/sites")).status_code == 200
    again = await api.anonymous.post(LOGIN, json={"username": made["username"], "password": good["new_password"]})
    assert again.json()["must_change_password"] is False
