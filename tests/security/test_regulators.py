"""Promise: a regulator reads the enterprises of its district and nothing else, each reading is in the enterprise's log,
and the enterprise can open exactly what its authority sees."""

import re

import pytest

from server.core import db
from server.core.scope import Scope
from server.domains.access.permissions import ROLES
from tests.fixtures.api import Api
from tests.fixtures.cluster import Database
from tests.security.strangers import stranger_row
from tests.security.test_route_matrix import EXPECTED, OWN_ROOMS, ROUTES

READABLE = sorted(
    key
    for key, route in ROUTES.items()
    if route.method == "GET" and not route.is_page and EXPECTED.get(key, ["?"])[0] not in OWN_ROOMS
    and route.permission in ROLES["regulator"]
)  # fmt: skip


async def test_the_district_is_listed_by_register_data_only(api: Api) -> None:
    inside, outside = await api.plant("330106"), await api.plant("310101")
    authority = await api.regulator("330100")
    items, after = [], None
    while True:
        params = {"limit": "50"} | ({"after": after} if after else {})
        page = (await authority.client().get("/api/v1/regulator/enterprises", params=params)).json()
        items += page["items"]
        after = page["next"]
        if after is None:
            break
    listed = {item["id"]: item for item in items}
    assert str(outside.tenant_id) not in listed
    assert listed[str(inside.tenant_id)] == {
        "id": str(inside.tenant_id),
        "name": inside.name,
        "credit_code": inside.credit_code,
        "division_code": "330106",
    }


async def test_each_reading_is_in_the_enterprise_s_log(api: Api) -> None:
    plant, authority = await api.plant("330106"), await api.regulator("330000")
    answer = await authority.client().get("/api/v1/sites", params={"enterprise": str(plant.tenant_id)})
    assert answer.status_code == 200
    log = (await plant.client("quality_manager").get("/api/v1/read-log")).json()["items"]
    assert len(log) == 1
    entry = log[0]
    assert (entry["authority_name"], entry["user_name"]) == (authority.name, authority.person("regulator").username)
    assert (entry["route"], entry["object_type"], entry["division_codes"]) == ("/api/v1/sites", "sites", ["330106"])
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert entry["query"] == {"enterprise": [str(plant.tenant_id)]}


async def test_a_refused_reading_leaves_no_entry_and_a_foreign_log_is_not_seen(api: Api) -> None:
    plant, stranger = await api.plant("330106"), await api.regulator("310000")
    other = await api.plant("330106")
    await stranger.client().get("/api/v1/sites", params={"enterprise": str(plant.tenant_id)})
    neighbour = await api.regulator("330000")
    await neighbour.client().get("/api/v1/sites", params={"enterprise": str(other.tenant_id)})
    assert (await plant.client("quality_manager").get("/api/v1/read-log")).json()["items"] == []


async def test_a_site_in_another_district_is_seen_by_that_district_too(api: Api) -> None:
    plant, elsewhere = await api.plant("330106"), await api.regulator("310000")
    params = {"enterprise": str(plant.tenant_id)}
    assert (await elsewhere.client().get("/api/v1/sites", params=params)).status_code == 404
    body = {"name": "上海仓库", "division_code": "310101"}
    made = await plant.client("enterprise_admin").post("/api/v1/sites", json=body)
    assert made.status_code == 201, made.text
    assert (await elsewhere.client().get("/api/v1/sites", params=params)).status_code == 200
    path = f"/api/v1/sites/{made.json()['id']}/division"
    moved = await plant.client("enterprise_admin").put(path, json={"division_code": "330110"})
    assert moved.json()["division_code"] == "330110"
    assert (await elsewhere.client().get("/api/v1/sites", params=params)).status_code == 404


@pytest.mark.parametrize("key", READABLE)
async def test_the_enterprise_opens_exactly_what_its_authority_sees(api: Api, database: Database, key: str) -> None:
    """The same bytes, for a list as for an object made of the table's own description where the route takes one."""
    plant, authority = await api.plant("330106"), await api.regulator("330000")
    path = ROUTES[key].path
    if len(EXPECTED[key]) > 1:
        path = path.replace("{id}", str(await stranger_row(database.superuser_dsn, EXPECTED[key][1], plant.tenant_id)))
    path = re.sub(r"{\w+}", "00000000-0000-7000-8000-000000000000", path)
    theirs = await authority.client().get(path, params={"enterprise": str(plant.tenant_id)})
    ours = await plant.client("viewer").get(path, params={"as": "authority"})
    assert ours.status_code == theirs.status_code
    assert ours.status_code < 500, ours.text
    assert settled(ours.text) == settled(theirs.text)


def settled(body: str) -> str:
    """Without what differs between any two requests."""
    body = re.sub(r"[?&](enterprise=[0-9a-f-]{36}|as=authority)", "", body)
    body = re.sub(r'"took_ms":[0-9.]+|"at":"[^"]*"', "", body)
    return re.sub(r'"request_id":"[^"]*"', "", body)


async def test_with_its_authority_s_eyes_nothing_is_written_and_no_colleague_seen(api: Api) -> None:
    plant = await api.plant()
    admin = plant.client("enterprise_admin")
    body = {"name": "余杭工厂", "division_code": "330110"}
    assert (await admin.post("/api/v1/sites", params={"as": "authority"}, json=body)).status_code == 403
    assert (await admin.get("/api/v1/users", params={"as": "authority"})).status_code == 403


async def test_a_regulator_writes_nothing_into_an_enterprise(api: Api) -> None:
    plant, authority = await api.plant("330106"), await api.regulator("330000")
    body, params = {"name": "x", "division_code": "330110"}, {"enterprise": str(plant.tenant_id)}
    assert (await authority.client().post("/api/v1/sites", params=params, json=body)).status_code == 403


async def test_the_log_keeps_the_codes_of_then(api: Api) -> None:
    plant, authority = await api.plant("330106"), await api.regulator("330000")
    await authority.client().get("/api/v1/sites", params={"enterprise": str(plant.tenant_id)})
    path = f"/api/v1/tenants/{plant.tenant_id}/division"
    await api.platform.client().put(path, json={"division_code": "310101"})
    entries = (await plant.client("enterprise_admin").get("/api/v1/read-log")).json()["items"]
    assert [e["division_codes"] for e in entries] == [["330106"]]


async def test_a_district_changes_hands_at_midnight_in_shanghai(api: Api) -> None:
    async with db.transaction(Scope.system()):
        row = await db.fetchrow("SELECT edge_today() AS edge, (now() AT TIME ZONE 'Asia/Shanghai')::date AS shanghai")
    assert row is not None
    assert row["edge"] == row["shanghai"]
