"""Promise: people brought in together come in all or none, each with a password of his own, under one entry."""

import pytest

from server.core import db
from server.core.errors import Forbidden
from server.core.ids import new_id
from server.domains.access import NewUser, create_users
from server.domains.access.problems import UsernameTaken
from tests.fixtures.api import Api


def rows(*names: str) -> list[NewUser]:
    return [
        NewUser(username=name, display_name=name, phone=None, roles=["operator"], workshop="一车间", shift="早班")
        for name in names
    ]


async def test_many_at_once_leave_one_entry(api: Api) -> None:
    plant, mark = await api.plant(), new_id().hex[-10:]
    actor = plant.actor("enterprise_admin")
    async with db.transaction(actor.scope()):
        created = await create_users(actor, rows(f"a{mark}", f"b{mark}", f"c{mark}"))
        entries = await db.fetch("SELECT action, after FROM audit_entry WHERE tenant_id = $1", plant.tenant_id)
    assert len({c.one_time_password for c in created}) == 3
    assert [e["action"] for e in entries] == ["user.imported"]
    assert [u["username"] for u in db.loads(entries[0]["after"])["users"]] == [f"a{mark}", f"b{mark}", f"c{mark}"]
    assert not any(str(c.one_time_password) in entries[0]["after"] for c in created)


async def test_a_name_that_somebody_else_has_stops_them_all(api: Api) -> None:
    plant, other, mark = await api.plant(), await api.plant(), new_id().hex[-10:]
    admin = plant.client("enterprise_admin")
    body = {"username": other.person("viewer").username, "display_name": "x", "roles": ["viewer"]}
    answer = await admin.post("/api/v1/users", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, UsernameTaken.code)
    found = (await admin.get("/api/v1/users", params={"limit": "500"})).json()["items"]
    assert mark not in str(found)


async def test_somebody_who_left_may_come_back_with_his_password(api: Api) -> None:
    plant = await api.plant()
    admin, person = plant.client("enterprise_admin"), plant.person("viewer")
    await admin.delete(f"/api/v1/users/{person.user_id}")
    body = {"username": person.username, "display_name": "x", "roles": ["inspector"]}
    back = await admin.post("/api/v1/users", json=body)
    assert back.status_code == 201, back.text
    assert back.json() == {"id": str(person.user_id), "username": person.username, "one_time_password": None}


async def test_only_an_admin_may(api: Api) -> None:
    plant = await api.plant()
    actor = plant.actor("quality_manager")
    with pytest.raises(Forbidden):
        async with db.transaction(actor.scope()):
            await create_users(actor, rows("x1"))


@pytest.mark.parametrize(
    "change", [{"tenant_id": str(new_id())}, {"roles": ["platform_admin"]}, {"state": "active"}, {"roles": []}]
)
async def test_nothing_is_assigned_that_was_not_offered(api: Api, change: dict[str, object]) -> None:
    plant = await api.plant()
    body = {"username": "someone-new", "display_name": "x", "roles": ["viewer"]} | change
    assert (await plant.client("enterprise_admin").post("/api/v1/users", json=body)).status_code == 422
