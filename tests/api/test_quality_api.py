"""Promise: over HTTP a record is named, judged and answered as its sender and its reader may see it."""

import asyncio
from typing import Any

import orjson
import pytest
from httpx import AsyncClient

from server.core import db
from server.core.ids import new_id
from tests.fixtures.api import Api, Plant

PDF = b"%PDF-1.7\n" + b"report" * 50
SCHEMA = {
    "type": "object",
    "required": ["lead", "clean"],
    "properties": {
        "lead": {"type": "number", "title": "铅"},
        "clean": {"enum": ["yes", "no"], "title": "清场"},
        "recipe": {"type": "string", "title": "配方"},
    },
}


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


async def created(client: AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def ground(plant: Plant) -> dict[str, Any]:
    """Ids of a lot, and of a form of its product that measures lead (legal ≤ 0.05, internal ≤ 0.03) as a secret."""
    actor = plant.actor("quality_manager")
    async with db.transaction(actor.scope()):
        product = await db.fetchval(
            "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', 'M', '奶', 'kg') RETURNING id",
            plant.tenant_id,
        )
        lot = await db.fetchval(
            "INSERT INTO lot (tenant_id, kind, product_id, lot_no) VALUES ($1, 'finished', $2, 'L1') RETURNING id",
            plant.tenant_id, product,
        )  # fmt: skip
    manager = plant.client("quality_manager")
    lead = await created(
        manager, "/api/v1/characteristics", {"code": "Pb", "name": "铅", "unit": "mg/kg", "result_kind": "number"}
    )
    limits = {"legal": {"high": "0.05"}, "internal": {"high": "0.03"}}
    specification = {"characteristic_id": lead["id"], "product_id": str(product), "limits": limits}
    await created(manager, "/api/v1/specifications", specification)
    fields = {
        "lead": {"characteristic_id": lead["id"], "titles": {"en": "Lead"}, "secret": True},
        "recipe": {"secret": True},
    }
    form = await created(
        manager,
        "/api/v1/forms",
        {
            "code": "QC",
            "name": "出厂检验",
            "stage": "testing",
            "product_id": str(product),
            "schema": SCHEMA,
            "ui": {"fields": fields},
        },
    )
    return {"lot": str(lot), "form": form["id"], "lead": lead["id"]}


def record(ground: dict[str, Any], **values: Any) -> dict[str, Any]:
    filled = {"lead": "0.01", "clean": "Yes ", **values}
    return {"entry_id": str(new_id()), "form_id": ground["form"], "lot_id": ground["lot"], "values": filled}


async def test_a_record_is_stored_and_read_back(plant: Plant, ground: dict[str, Any]) -> None:
    inspector = plant.client("inspector")
    stored = await created(inspector, "/api/v1/records", record(ground))
    assert (stored["verdict"], stored["warnings"]) == ("pass", [])
    read = (await inspector.get(f"/api/v1/records/{stored['id']}")).json()
    assert read["values"] == {"lead": "0.01", "clean": "yes"}
    assert read["measurements"][0]["result"] == "0.01"
    assert read["measurements"][0]["limits"]["legal"] == {"high": "0.05"}
    listed = (await inspector.get("/api/v1/records", params={"lot_id": ground["lot"], "limit": 1})).json()
    assert [each["id"] for each in listed["items"]] == [stored["id"]]
    quality = (await inspector.get(f"/api/v1/lots/{ground['lot']}/quality")).json()
    assert (quality["verdict"], quality["records"]) == ("pass", 1)


@pytest.mark.parametrize(
    ("language", "named"),
    [("zh-CN", "必填项“铅”未填写，请补录"), ("en", "Required field “Lead” is empty; please complete it")],
)
async def test_what_is_missing_is_named(plant: Plant, ground: dict[str, Any], language: str, named: str) -> None:
    client = plant.client("inspector", Accept_Language=language)
    answer = await client.post("/api/v1/records", json=record(ground, lead=" "))
    assert answer.status_code == 422
    assert [(each["field"], each["text"]) for each in answer.json()["errors"]] == [("values.lead", named)]


async def test_out_of_limits_is_accepted_with_a_warning(plant: Plant, ground: dict[str, Any]) -> None:
    stored = await created(plant.client("inspector"), "/api/v1/records", record(ground, lead=0.06))
    assert stored["verdict"] == "fail"
    assert stored["failed_sets"] == ["legal", "internal"]
    assert [each["text"] for each in stored["warnings"]] == ["“铅”不符合法定限值、内控标准"]


async def test_the_impossible_is_refused(plant: Plant, ground: dict[str, Any]) -> None:
    client = plant.client("inspector")
    for values in ({"clean": "maybe"}, {"lead": "abc"}, {"lead": {"value": 1, "unit": "furlong"}}, {"extra": 1}):
        answer = await client.post("/api/v1/records", json=record(ground, **values))
        assert answer.status_code == 422, values
        assert answer.json()["errors"][0]["text"]


@pytest.mark.parametrize("depth", [20, 300, 900])
async def test_hostile_nesting_is_refused(plant: Plant, ground: dict[str, Any], depth: int) -> None:
    body = orjson.dumps(record(ground, recipe="@")).replace(b'"@"', b"[" * depth + b"1" + b"]" * depth)
    answer = await plant.client("inspector").post("/api/v1/records", content=body)
    assert answer.status_code == 422, answer.text
    schema = orjson.dumps({**SCHEMA, "properties": {"a": "@"}}).replace(
        b'"@"', b'{"items":' * depth + b"{}" + b"}" * depth
    )
    form = b'{"code":"H","name":"H","stage":"testing","schema":' + schema + b"}"
    answer = await plant.client("quality_manager").post("/api/v1/forms", content=form)
    assert answer.status_code == 422, answer.text


async def test_a_replay_is_one_row_and_another_body_a_conflict(plant: Plant, ground: dict[str, Any]) -> None:
    client = plant.client("inspector")
    body = record(ground)
    first, again = await created(client, "/api/v1/records", body), await created(client, "/api/v1/records", body)
    assert again == {**first, "replayed": True}
    changed = {**body, "values": {**body["values"], "lead": "0.02"}}
    assert (await client.post("/api/v1/records", json=changed)).status_code == 409


async def test_secrets_are_present_but_not_shown_to_the_authority(
    api: Api, plant: Plant, ground: dict[str, Any]
) -> None:
    stored = await created(plant.client("inspector"), "/api/v1/records", record(ground, recipe="3 parts milk"))
    regulator = await api.regulator("330000")
    path = f"/api/v1/records/{stored['id']}"
    theirs = await regulator.client().get(path, params={"enterprise": str(plant.tenant_id)})
    ours = await plant.client("viewer").get(path, params={"as": "authority"})
    for answer in (theirs, ours):
        assert answer.status_code == 200, answer.text
        assert "3 parts" not in answer.text
        assert answer.json()["values"] == {"lead": {"present": True}, "clean": "yes", "recipe": {"present": True}}
        measured = answer.json()["measurements"][0]
        assert (measured["result"], measured["limits"], measured["present"]) == (None, None, True)
    stranger = await api.regulator("440000")
    assert (await stranger.client().get(path, params={"enterprise": str(plant.tenant_id)})).status_code == 404


async def test_a_strangers_record_is_missing(api: Api, plant: Plant, ground: dict[str, Any]) -> None:
    stored = await created(plant.client("inspector"), "/api/v1/records", record(ground))
    other = (await api.plant()).client("quality_manager")
    theirs = await other.get(f"/api/v1/records/{stored['id']}")
    none = await other.get(f"/api/v1/records/{new_id()}")
    assert theirs.status_code == none.status_code == 404
    assert theirs.json()["code"] == none.json()["code"]


@pytest.mark.parametrize("what", ["quality", "releases", "attachments"])
async def test_a_strangers_lot_is_missing_not_empty(api: Api, ground: dict[str, Any], what: str) -> None:
    other = (await api.plant()).client("quality_manager")
    for lot in (ground["lot"], str(new_id())):
        assert (await other.get(f"/api/v1/lots/{lot}/{what}")).status_code == 404


async def test_a_file_comes_back_as_it_was(plant: Plant, ground: dict[str, Any]) -> None:
    client = plant.client("inspector")
    answer = await client.post(
        "/api/v1/attachments", files={"file": ("检验报告.pdf", PDF, "text/html")}, data={"title": "报告"}
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["media_type"], made["file_name"], made["title"]) == ("application/pdf", "检验报告.pdf", "报告")
    body = await client.get(f"/api/v1/attachments/{made['id']}/content")
    assert (body.content, body.headers["content-type"]) == (PDF, "application/pdf")
    hung = await client.post(f"/api/v1/lots/{ground['lot']}/attachments", json={"attachment_id": made["id"]})
    assert hung.status_code == 204
    await client.post(f"/api/v1/lots/{ground['lot']}/attachments", json={"attachment_id": made["id"]})
    listed = (await client.get(f"/api/v1/lots/{ground['lot']}/attachments")).json()["items"]
    assert [each["digest"] for each in listed] == [made["digest"]]
    assert (await client.get(f"/api/v1/lots/{ground['lot']}/quality")).json()["documents"] == 1


async def test_a_stored_file_is_sealed(plant: Plant, ground: dict[str, Any]) -> None:
    await plant.client("inspector").post("/api/v1/attachments", files={"file": ("a.pdf", PDF)})
    async with db.transaction(plant.actor("inspector").scope()):
        sealed = await db.fetchval("SELECT sealed FROM blob WHERE tenant_id = $1", plant.tenant_id)
    assert b"report" not in sealed


@pytest.mark.parametrize("content", [b"", b"<html>", b"MZ\x90", b"GIF89a"])
async def test_other_files_are_refused(plant: Plant, content: bytes) -> None:
    answer = await plant.client("inspector").post("/api/v1/attachments", files={"file": ("a.pdf", content)})
    assert (answer.status_code, answer.json()["code"]) == (422, "file_type_refused")


async def test_a_viewer_defines_and_records_nothing(plant: Plant, ground: dict[str, Any]) -> None:
    viewer = plant.client("viewer")
    assert (await viewer.post("/api/v1/records", json=record(ground))).status_code == 403
    body = {"code": "X", "name": "X", "result_kind": "number"}
    assert (await viewer.post("/api/v1/characteristics", json=body)).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/characteristics", {"code": "A", "name": "A", "result_kind": "number", "comparison_rule": "rounded"}),
        ("/api/v1/characteristics", {"code": "A", "name": "A", "result_kind": "option"}),
        ("/api/v1/characteristics", {"code": "A", "name": "A", "result_kind": "number", "unit": "furlong"}),
        ("/api/v1/forms", {"code": "F", "name": "F", "stage": "testing", "schema": {"$ref": "http://x.invalid"}}),
        (
            "/api/v1/forms",
            {"code": "F", "name": "F", "stage": "testing", "schema": SCHEMA, "ui": {"fields": {"no": {}}}},
        ),
    ],
)
async def test_definitions_that_cannot_work_are_refused(plant: Plant, path: str, body: dict[str, Any]) -> None:
    answer = await plant.client("quality_manager").post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["text"]


async def test_definitions_are_listed(plant: Plant, ground: dict[str, Any]) -> None:
    viewer = plant.client("viewer")
    assert [each["id"] for each in (await viewer.get("/api/v1/characteristics")).json()["items"]] == [ground["lead"]]
    (form,) = (await viewer.get("/api/v1/forms")).json()["items"]
    assert (form["id"], form["schema"]["required"], form["ui"]["order"]) == (
        ground["form"],
        ["lead", "clean"],
        ["lead", "clean", "recipe"],
    )
    (specification,) = (await viewer.get("/api/v1/specifications")).json()["items"]
    assert specification["limits"]["legal"] == {"high": "0.05"}
    assert (await viewer.get(f"/api/v1/forms/{form['id']}")).json()["version"] == 1


async def test_two_senders_of_one_entry_make_one_row(plant: Plant, ground: dict[str, Any]) -> None:
    client, body = plant.client("inspector"), record(ground)
    answers = await asyncio.gather(*(client.post("/api/v1/records", json=body) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await client.get(f"/api/v1/lots/{ground['lot']}/quality")).json()["records"] == 1


async def test_two_corrections_of_one_record_do_not_both_count(plant: Plant, ground: dict[str, Any]) -> None:
    client = plant.client("inspector")
    wrong = await created(client, "/api/v1/records", record(ground, lead="0.9"))
    bodies = [{**record(ground), "corrects": wrong["id"], "correction_reason": "录错"} for _ in range(4)]
    answers = await asyncio.gather(*(client.post("/api/v1/records", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    quality = (await client.get(f"/api/v1/lots/{ground['lot']}/quality")).json()
    assert (quality["records"], quality["fails"], quality["legal_fails"]) == (1, 0, 0)
