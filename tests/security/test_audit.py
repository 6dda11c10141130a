"""Promise: every change leaves one entry — who, when, what, before and after, request id — and the trail can be searched."""

from typing import Any

import asyncpg
import httpx
import pytest

from server.core import db
from server.core.scope import Scope
from tests.fixtures.api import PASSWORD, Api, Plant, new_credit_code
from tests.fixtures.cluster import Database
from tests.fixtures.imports import carry_out, send, xlsx
from tests.fixtures.office import workbook
from tests.security.strangers import stranger_row


async def entries(database: Database, request_id: str) -> "list[asyncpg.Record]":
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        return await connection.fetch("SELECT * FROM audit_entry WHERE request_id = $1 ORDER BY id", request_id)
    finally:
        await connection.close()


async def test_every_changing_route_of_access_leaves_one_entry(api: Api, database: Database) -> None:
    plant = await api.plant()
    for answer, owner in await all_changes(api, plant):
        assert answer.status_code < 300, (answer.request.url, answer.text)
        found = await entries(database, answer.headers["x-request-id"])
        where = f"{answer.request.method} {answer.request.url.path}"
        owners = [entry["tenant_id"] for entry in found]
        # What the platform does to an enterprise stands in both trails; everything else in one.
        assert len(owners) == len(set(owners)), where
        if owner == "plant":
            assert plant.tenant_id in owners, where
            assert set(owners) <= {plant.tenant_id, None}, where
        elif owner == "new":
            assert None in owners, where
            assert len(owners) == 2, where
        else:
            assert owners == [None], where
        assert found[0]["before"] or found[0]["after"] or found[0]["action"] == "password.reset", where
        assert PASSWORD not in str(dict(found[0])), where


async def test_uploads_and_the_handing_out_of_passwords_leave_one_entry(api: Api, database: Database) -> None:
    """An import leaves one when it is taken in, one for each set that a step stored, and one at its end."""
    plant = await api.plant()
    admin = plant.client("enterprise_admin")
    report = {"file": ("a.pdf", b"%PDF-1.4 tiny", "application/pdf")}
    attached = await plant.client("quality_manager").post("/api/v1/attachments", files=report)
    sheet = xlsx(["用户名", "姓名", "角色"], [[f"u-{plant.credit_code}", "王芳", "检验员"]])
    sent = await send(admin, "users", sheet)
    await carry_out(api)
    handed_out = await admin.post(f"/api/v1/imports/{sent.json()['id']}/passwords")
    for answer, actions in (
        (attached, ["attachment.stored"]),
        (handed_out, ["import.passwords_handed_out"]),
        (sent, ["import.submitted", "user.imported", "import.done"]),
    ):
        assert answer.status_code < 300, (answer.request.url, answer.text)
        found = await entries(database, answer.headers["x-request-id"])
        assert [entry["action"] for entry in found] == actions
        assert {entry["tenant_id"] for entry in found} == {plant.tenant_id}


async def all_changes(api: Api, plant: Plant) -> list[tuple[httpx.Response, str]]:
    """One good request of every route, and whose trail it belongs to."""
    admin, platform = plant.client("enterprise_admin"), api.platform.client()
    viewer, done = plant.person("viewer").user_id, []

    async def act(client: httpx.AsyncClient, method: str, path: str, body: Any = None, owner: str = "plant") -> Any:
        answer = await client.request(method, f"/api/v1/{path}", json=body)
        done.append((answer, owner))
        return answer.json() if answer.content else {}

    suffix = plant.credit_code
    user = await act(admin, "POST", "users", {"username": f"u-{suffix}", "display_name": "新人", "roles": ["viewer"]})
    await act(admin, "PATCH", f"users/{viewer}", {"roles": ["operator"], "workshop": "二车间"})
    await act(admin, "PUT", f"users/{viewer}/disabled", {"disabled": True})
    await act(admin, "PUT", f"users/{viewer}/disabled", {"disabled": False})
    await act(admin, "POST", f"users/{viewer}/password")
    await act(admin, "DELETE", f"users/{user['id']}")
    key = await act(admin, "POST", "api-keys", {"name": "LIMS", "roles": ["viewer"]})
    await act(admin, "DELETE", f"api-keys/{key['id']}")
    await act(admin, "PATCH", "enterprise", {"address": "文一西路 1 号"})
    site = await act(admin, "POST", "sites", {"name": "余杭工厂", "division_code": "330110"})
    await act(admin, "PATCH", f"sites/{site['id']}", {"name": "余杭一厂"})
    await act(admin, "PUT", f"sites/{site['id']}/division", {"division_code": "330106"})
    place = await act(admin, "POST", "places", {"site_id": site["id"], "kind": "line", "name": "一号线"})
    await act(admin, "PATCH", f"places/{place['id']}", {"name": "二号线"})
    inspector = plant.client("inspector")
    new = {"current_password": PASSWORD, "new_password": "青山绿水牛奶面包加一点糖"}
    await act(inspector, "POST", "auth/password", new)
    await act(inspector, "POST", "auth/logout")
    credentials = {"username": plant.person("releaser").username, "password": PASSWORD}
    token = (await act(api.anonymous, "POST", "auth/login", credentials))["access_token"]
    sessions = (await api.client(token).get("/api/v1/auth/sessions")).json()["items"]
    other = next(s["id"] for s in sessions if not s["current"])
    await act(api.client(token), "DELETE", f"auth/sessions/{other}")
    body = {"name": f"新企业{suffix}", "credit_code": new_credit_code(), "division_code": "330106"}
    made = await act(platform, "POST", "tenants", body, "new")
    await act(platform, "PATCH", f"tenants/{made['id']}", {"address": "某路"}, "new")
    await act(platform, "PUT", f"tenants/{plant.tenant_id}/division", {"division_code": "330110"})
    member = {"username": f"a-{suffix}", "display_name": "管理员", "roles": ["enterprise_admin"]}
    account = await act(platform, "POST", f"tenants/{made['id']}/users", member, "new")
    await act(platform, "PUT", f"accounts/{account['id']}/disabled", {"disabled": True}, "platform")
    await act(platform, "POST", f"accounts/{account['id']}/password", None, "platform")
    body = {"name": f"监管局{suffix}", "division_codes": ["330000"]}
    authority = await act(platform, "POST", "authorities", body, "platform")
    path = f"authorities/{authority['id']}"
    district = await act(platform, "POST", f"{path}/jurisdictions", {"division_code": "310000"}, "platform")
    await act(platform, "DELETE", f"{path}/jurisdictions/{district['id']}", None, "platform")
    await act(platform, "POST", f"{path}/users", {"username": f"r-{suffix}", "display_name": "监管员"}, "platform")
    await act(platform, "PUT", f"tenants/{plant.tenant_id}/state", {"state": "suspended"})
    return done


async def test_the_trail_is_searched_by_object_person_action_and_time_in_pages(api: Api) -> None:
    plant = await api.plant()
    admin, viewer = plant.client("enterprise_admin"), str(plant.person("viewer").user_id)
    for workshop in ("一车间", "二车间", "三车间"):
        await admin.patch(f"/api/v1/users/{viewer}", json={"workshop": workshop})
    await admin.post("/api/v1/api-keys", json={"name": "LIMS", "roles": ["viewer"]})

    async def found(**params: str) -> list[dict[str, Any]]:
        answer = await plant.client("quality_manager").get("/api/v1/audit", params=params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    assert [e["after"]["workshop"] for e in await found(object_type="user", object_id=viewer)] == [
        "三车间",
        "二车间",
        "一车间",
    ]
    assert [e["action"] for e in await found(action="api_key.*")] == ["api_key.created"]
    assert len(await found(actor_id=str(plant.person("enterprise_admin").user_id))) == 4
    assert await found(since="2999-01-01T00:00:00Z") == []
    assert await found(actor_id=viewer) == []
    pages, after = [], None
    while True:
        params = {"limit": "3"} | ({"after": after} if after else {})
        page = (await admin.get("/api/v1/audit", params=params)).json()
        pages.append(len(page["items"]))
        after = page["next"]
        if after is None:
            break
    assert pages == [3, 1]


async def test_a_trail_is_its_owner_s_alone(api: Api) -> None:
    plant, other = await api.plant(), await api.plant()
    await plant.client("enterprise_admin").patch("/api/v1/enterprise", json={"address": "只有我们知道"})
    assert "只有我们知道" not in (await other.client("enterprise_admin").get("/api/v1/audit")).text
    assert "只有我们知道" not in (await api.platform.client().get("/api/v1/audit")).text


@pytest.mark.parametrize(
    "bad", [{"after": "x"}, {"limit": "0"}, {"since": "yesterday"}, {"since": "2031-01-01"}, {"x": "1"}]
)
async def test_bad_questions_are_refused(api: Api, bad: dict[str, str]) -> None:
    plant = await api.plant()
    assert (await plant.client("enterprise_admin").get("/api/v1/audit", params=bad)).status_code == 422


async def test_a_change_that_fails_leaves_no_entry(api: Api, database: Database) -> None:
    plant = await api.plant()
    answer = await plant.client("enterprise_admin").post(
        "/api/v1/places", json={"site_id": str(plant.tenant_id), "kind": "line", "name": "x"}
    )
    assert answer.status_code == 422, answer.text
    assert await entries(database, answer.headers["x-request-id"]) == []


async def test_the_platform_leaves_its_marks_in_the_enterprise_s_trail(api: Api) -> None:
    plant = await api.plant()
    await api.platform.client().patch(f"/api/v1/tenants/{plant.tenant_id}", json={"address": "新址"})
    items = (await plant.client("enterprise_admin").get("/api/v1/audit")).json()["items"]
    assert [(e["action"], e["after"]) for e in items] == [("tenant.changed", {"address": "新址"})]


async def test_nobody_edits_the_trail_in_any_scope(api: Api) -> None:
    plant, authority = await api.plant(), await api.regulator()
    for scope in (Scope.tenant(plant.tenant_id), Scope.jurisdiction(authority.authority_id), Scope.system()):
        for table in ("audit_entry", "read_log"):
            for statement in (f"UPDATE {table} SET request_id = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with db.transaction(scope):
                        await db.execute(statement)


async def test_templates_and_links_that_are_taken_back_leave_one_entry(api: Api, database: Database) -> None:
    plant = await api.plant()
    manager = plant.client("quality_manager")
    file = {"file": ("report.xlsx", workbook([["{{lot.lot_no}}"]]))}
    sent = await manager.post("/api/v1/document-templates", data={"kind": "test_report"}, files=file)
    retired = await manager.post(f"/api/v1/document-templates/{sent.json()['id']}/retire")
    shipment = await stranger_row(database.superuser_dsn, "shipment", plant.tenant_id)
    link = await manager.post(f"/api/v1/shipments/{shipment}/receiver-links", json={"valid_days": 1})
    revoked = await manager.post(f"/api/v1/receiver-links/{link.json()['id']}/revoke")
    for answer, actions in (
        (sent, ["document_template.added"]),
        (retired, ["document_template.retired"]),
        (link, ["receiver_link.created"]),
        (revoked, ["receiver_link.revoked"]),
    ):
        assert answer.status_code < 300, (answer.request.url, answer.text)
        found = await entries(database, answer.headers["x-request-id"])
        assert [entry["action"] for entry in found] == actions
        assert link.json()["url"].rsplit("/", 1)[1] not in str([dict(entry) for entry in found])
