"""Promise: what was taken away is refused at the very next request."""

import asyncio
from uuid import UUID

import httpx
import pytest

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import PASSWORD, Api, Plant

LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"


@pytest.fixture(autouse=True)
async def nothing_counted(api: Api) -> None:
    async with db.transaction(Scope.system()):
        await db.execute("DELETE FROM sign_in_failure")


async def sign_in(api: Api, username: str, password: str = PASSWORD) -> dict[str, str]:
    answer = await api.anonymous.post(LOGIN, json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    body: dict[str, str] = answer.json()
    return body


async def status(client: httpx.AsyncClient, path: str = "/api/v1/sites", **params: str) -> int:
    return (await client.get(path, params=params)).status_code


async def test_a_role_taken_away_is_gone(api: Api) -> None:
    plant = await api.plant()
    person = plant.person("quality_manager")
    client = plant.client("quality_manager")
    assert await status(client, "/api/v1/audit") == 200
    answer = await plant.client("enterprise_admin").patch(f"/api/v1/users/{person.user_id}", json={"roles": ["viewer"]})
    assert answer.status_code == 200, answer.text
    assert await status(client, "/api/v1/audit") == 403
    assert await status(client) == 200


async def test_a_disabled_person_is_out_and_may_come_back(api: Api) -> None:
    plant = await api.plant()
    client, admin = plant.client("viewer"), plant.client("enterprise_admin")
    path = f"/api/v1/users/{plant.person('viewer').user_id}/disabled"
    tokens = await sign_in(api, plant.person("viewer").username)
    await admin.put(path, json={"disabled": True})
    assert await status(client) == 401
    assert (await api.anonymous.post(REFRESH, json={"refresh_token": tokens["refresh_token"]})).status_code == 401
    await admin.put(path, json={"disabled": False})
    assert await status(client) == 200


async def test_who_left_is_out(api: Api) -> None:
    plant = await api.plant()
    client = plant.client("viewer")
    answer = await plant.client("enterprise_admin").delete(f"/api/v1/users/{plant.person('viewer').user_id}")
    assert answer.status_code == 204
    assert await status(client) == 401


async def test_an_account_disabled_by_the_platform_is_out_everywhere(api: Api) -> None:
    plant = await api.plant()
    client = plant.client("viewer")
    path = f"/api/v1/accounts/{plant.person('viewer').user_id}/disabled"
    assert (await api.platform.client().put(path, json={"disabled": True})).status_code == 204
    assert await status(client) == 401


async def test_a_suspended_enterprise_stands_still_with_its_machines(api: Api) -> None:
    plant = await api.plant()
    key = (
        await plant.client("enterprise_admin").post("/api/v1/api-keys", json={"name": "LIMS", "roles": ["viewer"]})
    ).json()["key"]
    machine, client = api.client(x_api_key=key), plant.client("viewer")
    assert [await status(machine), await status(client)] == [200, 200]
    path = f"/api/v1/tenants/{plant.tenant_id}/state"
    await api.platform.client().put(path, json={"state": "suspended"})
    assert [await status(machine), await status(client)] == [401, 401]
    await api.platform.client().put(path, json={"state": "active"})
    assert [await status(machine), await status(client)] == [200, 200]


async def test_a_revoked_key_is_refused(api: Api) -> None:
    plant = await api.plant()
    admin = plant.client("enterprise_admin")
    made = (await admin.post("/api/v1/api-keys", json={"name": "MES", "roles": ["operator"]})).json()
    machine = api.client(x_api_key=made["key"])
    assert await status(machine) == 200
    await admin.delete(f"/api/v1/api-keys/{made['id']}")
    assert await status(machine) == 401
    assert made["key"] not in (await admin.get("/api/v1/api-keys")).text


async def test_a_key_does_no_more_than_its_maker_and_manages_nobody(api: Api) -> None:
    plant = await api.plant()
    admin = plant.client("enterprise_admin")
    refused = await admin.post("/api/v1/api-keys", json={"name": "x", "roles": ["quality_manager"]})
    assert refused.json()["code"] == "role_not_yours"
    key = (await admin.post("/api/v1/api-keys", json={"name": "x", "roles": ["enterprise_admin"]})).json()["key"]
    machine = api.client(x_api_key=key)
    more = await machine.post("/api/v1/api-keys", json={"name": "y", "roles": ["viewer"]})
    assert (more.status_code, more.json()["code"]) == (403, "people_only")


async def test_a_moved_enterprise_leaves_its_regulator(api: Api) -> None:
    plant, here, there = await api.plant("330106"), await api.regulator("330000"), await api.regulator("310000")
    enterprise = str(plant.tenant_id)
    assert [await status(r.client(), enterprise=enterprise) for r in (here, there)] == [200, 404]
    path = f"/api/v1/tenants/{enterprise}/division"
    assert (await api.platform.client().put(path, json={"division_code": "310101"})).status_code == 200
    assert [await status(r.client(), enterprise=enterprise) for r in (here, there)] == [404, 200]


async def test_a_jurisdiction_that_ended_shows_nothing(api: Api) -> None:
    plant, authority = await api.plant("330106"), await api.regulator("330000")
    platform, enterprise = api.platform.client(), str(plant.tenant_id)
    assert await status(authority.client(), enterprise=enterprise) == 200
    async with db.transaction(Scope.system()):
        district = await db.fetchval("SELECT id FROM jurisdiction WHERE authority_id = $1", authority.authority_id)
    await platform.delete(f"/api/v1/authorities/{authority.authority_id}/jurisdictions/{district}")
    assert await status(authority.client(), enterprise=enterprise) == 404
    added = {"division_code": "330106"}
    await platform.post(f"/api/v1/authorities/{authority.authority_id}/jurisdictions", json=added)
    assert await status(authority.client(), enterprise=enterprise) == 200


async def test_signing_out_ends_both_tokens(api: Api) -> None:
    plant = await api.plant()
    tokens = await sign_in(api, plant.person("viewer").username)
    client = api.client(tokens["access_token"])
    assert (await client.post("/api/v1/auth/logout")).status_code == 204
    assert await status(client) == 401
    assert (await api.anonymous.post(REFRESH, json={"refresh_token": tokens["refresh_token"]})).status_code == 401


async def test_sessions_are_listed_and_ended_one_by_one(api: Api) -> None:
    plant = await api.plant()
    client = plant.client("viewer")
    tokens = await sign_in(api, plant.person("viewer").username)
    sessions = (await client.get("/api/v1/auth/sessions")).json()["items"]
    assert [s["current"] for s in sessions].count(True) == 1
    other = next(s["id"] for s in sessions if not s["current"])
    assert (await client.delete(f"/api/v1/auth/sessions/{other}")).status_code == 204
    assert await status(api.client(tokens["access_token"])) == 401
    assert await status(client) == 200


async def test_a_changed_password_ends_the_other_sessions(api: Api) -> None:
    plant = await api.plant()
    person = plant.person("viewer")
    mine, other = await sign_in(api, person.username), await sign_in(api, person.username)
    client = api.client(mine["access_token"])
    body = {"current_password": "wrong", "new_password": "青山绿水牛奶面包加一点糖"}
    assert (await client.post("/api/v1/auth/password", json=body)).json()["code"] == "wrong_password"
    body["current_password"] = PASSWORD
    assert (await client.post("/api/v1/auth/password", json=body)).status_code == 204
    assert await status(client) == 200
    assert await status(api.client(other["access_token"])) == 401
    await sign_in(api, person.username, body["new_password"])


async def test_a_reset_password_ends_all_sessions(api: Api) -> None:
    plant = await api.plant()
    person, client = plant.person("viewer"), plant.client("viewer")
    made = (await plant.client("enterprise_admin").post(f"/api/v1/users/{person.user_id}/password")).json()
    assert await status(client) == 401
    assert (await sign_in(api, person.username, made["one_time_password"]))["must_change_password"]


async def test_an_enterprise_cannot_take_over_an_account_that_others_share(api: Api) -> None:
    first, second = await api.plant(), await api.plant()
    person = first.person("viewer")
    await join(second, person.user_id)
    answer = await first.client("enterprise_admin").post(f"/api/v1/users/{person.user_id}/password")
    assert (answer.status_code, answer.json()["code"]) == (409, "works_elsewhere")
    assert await status(first.client("viewer")) == 200
    admin = first.client("enterprise_admin")
    await admin.put(f"/api/v1/users/{person.user_id}/disabled", json={"disabled": True})
    elsewhere = await api.anonymous.post(LOGIN, json={"username": person.username, "password": PASSWORD})
    assert elsewhere.json()["tenant"] == second.name


async def join(plant: Plant, user_id: UUID) -> None:
    async with db.transaction(Scope.system()):
        await db.execute(
            "INSERT INTO membership (user_id, tenant_id, roles) VALUES ($1, $2, '{viewer}')", user_id, plant.tenant_id
        )


async def test_refresh_rotates_and_a_lost_answer_is_given_again(api: Api) -> None:
    plant = await api.plant()
    tokens = await sign_in(api, plant.person("viewer").username)
    once = await refresh(api, tokens["refresh_token"])
    again = await refresh(api, tokens["refresh_token"])
    assert once["refresh_token"] == again["refresh_token"] != tokens["refresh_token"]
    assert await status(api.client(once["access_token"])) == 200
    assert (await refresh(api, once["refresh_token"]))["access_token"]


async def refresh(api: Api, token: str) -> dict[str, str]:
    answer = await api.anonymous.post(REFRESH, json={"refresh_token": token})
    assert answer.status_code == 200, answer.text
    body: dict[str, str] = answer.json()
    return body


@pytest.mark.parametrize("late", [True, False], ids=["after the grace", "after the next was used"])
async def test_a_token_that_comes_back_ends_the_family(api: Api, late: bool) -> None:
    plant = await api.plant()
    first = (await sign_in(api, plant.person("viewer").username))["refresh_token"]
    second = await refresh(api, first)
    if late:
        async with db.transaction(Scope.system()):
            await db.execute("UPDATE refresh_token SET used_at = used_at - interval '11 seconds'")
    else:
        second = await refresh(api, second["refresh_token"])
    assert (await api.anonymous.post(REFRESH, json={"refresh_token": first})).status_code == 401
    assert await status(api.client(second["access_token"])) == 401
    stolen = await api.anonymous.post(REFRESH, json={"refresh_token": second["refresh_token"]})
    assert stolen.status_code == 401


async def test_many_refreshes_at_once_are_one(api: Api) -> None:
    plant = await api.plant()
    first = (await sign_in(api, plant.person("viewer").username))["refresh_token"]
    answers = await asyncio.gather(*(refresh(api, first) for _ in range(8)))
    assert len({answer["refresh_token"] for answer in answers}) == 1


async def test_somebody_must_remain_who_manages_the_enterprise(api: Api) -> None:
    plant = await api.plant()
    admin, me = plant.client("enterprise_admin"), plant.person("enterprise_admin").user_id
    for answer in (
        await admin.patch(f"/api/v1/users/{me}", json={"roles": ["viewer"]}),
        await admin.put(f"/api/v1/users/{me}/disabled", json={"disabled": True}),
        await admin.delete(f"/api/v1/users/{me}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_enterprise_admin")


async def test_two_admins_who_remove_each_other_leave_one(api: Api) -> None:
    plant = await api.plant()
    second = await api.person(plant, "enterprise_admin")
    first = plant.person("enterprise_admin")
    answers = await asyncio.gather(
        api.client(first.token).delete(f"/api/v1/users/{second.user_id}"),
        api.client(second.token).delete(f"/api/v1/users/{first.user_id}"),
    )
    assert sorted(a.status_code for a in answers) in ([204, 401], [204, 409])
