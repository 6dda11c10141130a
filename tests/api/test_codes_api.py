"""Promise: over HTTP codes are ordered, seen, printed and changed by the range, by those who may, in their own plant."""

import io
from typing import Any

import pytest
import zxingcpp
from httpx import AsyncClient
from PIL import Image

from server.core import db
from server.core.ids import new_id
from server.domains.codes import Classifier, Verdict
from tests.fixtures.api import Api, Plant

RULE = {"name": "防伪码", "unguessable": True, "segments": [{"kind": "minted"}]}


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


@pytest.fixture
async def lot_id(plant: Plant) -> str:
    async with db.transaction(plant.actor("quality_manager").scope()):
        product = await db.fetchval(
            "INSERT INTO product (tenant_id, kind, sku, name, unit, gtin)"
            " VALUES ($1, 'finished', 'YN250', '云岭纯牛奶', 'kg', '06901234567892') RETURNING id",
            plant.tenant_id,
        )
        lot = await db.fetchval(
            "INSERT INTO lot (tenant_id, kind, product_id, lot_no, produced_at, expires_at)"
            " VALUES ($1, 'finished', $2, 'A-1', '2026-03-07T02:00:00Z', '2026-09-06T16:00:00Z') RETURNING id",
            plant.tenant_id, product,
        )  # fmt: skip
    return str(lot)


async def ordered(client: AsyncClient, lot_id: str, count: int, rule: dict[str, Any] = RULE) -> dict[str, Any]:
    made = await client.post("/api/v1/code-rules", json=rule)
    assert made.status_code == 201, made.text
    answer = await client.post(
        "/api/v1/code-orders", json={"lot_id": lot_id, "rule_id": made.json()["id"], "count": count}
    )
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


async def test_a_small_order_is_ready_in_the_answer_and_its_codes_are_genuine(api, plant, lot_id):
    client = plant.client("quality_manager")
    order = await ordered(client, lot_id, 30)
    assert (order["state"], order["stored"], order["count"]) == ("ready", 30, 30)
    assert order["printed"] == {
        "lot_no": "A-1", "product_name": "云岭纯牛奶", "gtin": "06901234567892",
        "produced_on": "2026-03-07", "expires_on": "2026-09-06",
    }  # fmt: skip
    page = (await client.get(f"/api/v1/code-orders/{order['id']}/codes", params={"limit": 20})).json()
    assert (len(page["items"]), page["next"]) == (20, 21)
    rest = (await client.get(f"/api/v1/code-orders/{order['id']}/codes", params={"first": 21})).json()
    texts = [item["text"] for item in page["items"] + rest["items"]]
    assert rest["next"] is None
    keys = {each.version: each.key for each in api.settings.code_keys}
    assert {Classifier(keys).classify(text).verdict for text in texts} == {Verdict.MINTED}
    listed = (await client.get("/api/v1/code-orders", params={"lot_id": lot_id})).json()
    assert [each["id"] for each in listed["items"]] == [order["id"]]
    assert (await client.get("/api/v1/code-orders", params={"lot_id": str(new_id())})).json()["items"] == []
    first = await client.get("/api/v1/code-orders", params={"limit": 1})
    after = await client.get("/api/v1/code-orders", params={"limit": 1, "after": first.json()["next"]})
    assert after.json() == {"items": [], "next": None}


async def test_activating_and_voiding_take_one_call_each_and_leave_history(plant, lot_id):
    client = plant.client("quality_manager")
    order = await ordered(client, lot_id, 10)
    base = f"/api/v1/code-orders/{order['id']}"
    assert (await client.post(f"{base}/activate", json={})).json() == {"first": 1, "last": 10, "changed": 10}
    voided = await client.post(f"{base}/void", json={"first": 4, "last": 6, "reason": "标签破损"})
    assert voided.json() == {"first": 4, "last": 6, "changed": 3}
    items = (await client.get(f"{base}/codes")).json()["items"]
    assert [item["serial"] for item in items if item["state"] == "voided"] == [4, 5, 6]
    history = (await client.get(f"{base}/history", params={"serial": 5})).json()["items"]
    assert [(row["change"], row["detail"]) for row in history] == [
        ("voided", {"reason": "标签破损"}),
        ("activated", {}),
    ]
    seen = (await client.get(f"/api/v1/codes/{items[4]['text'].lower()}")).json()
    assert (seen["serial"], seen["state"], seen["scan_count"], len(seen["history"])) == (5, "voided", 0, 2)
    assert seen["url"].endswith(f"/t/{items[4]['text']}")
    outside = await client.post(f"{base}/activate", json={"first": 5, "last": 11})
    assert (outside.status_code, outside.json()["code"]) == (422, "code_range_outside_order")
    beyond = await client.get(f"{base}/labels.pdf", params={"last": 11})
    assert (beyond.status_code, beyond.json()["code"]) == (422, "code_range_outside_order")  # never cut short silently
    upside_down = await client.post(f"{base}/print", json={"first": 6, "last": 5})
    assert upside_down.status_code == 422


async def test_symbols_and_labels_scan_back(plant, lot_id):
    client = plant.client("quality_manager")
    order = await ordered(client, lot_id, 3)
    text = (await client.get(f"/api/v1/code-orders/{order['id']}/codes")).json()["items"][1]["text"]
    for form, ending in (("short", f"/t/{text}"), ("digital_link", f"/01/06901234567892/10/A-1/21/{text}")):
        png = await client.get(f"/api/v1/codes/{text}/symbol.png", params={"form": form, "level": "Q"})
        assert png.headers["content-type"] == "image/png"
        assert zxingcpp.read_barcode(Image.open(io.BytesIO(png.content))).text.endswith(ending)
    svg = await client.get(f"/api/v1/codes/{text}/symbol.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.text.startswith("<svg")
    pdf = await client.get(f"/api/v1/code-orders/{order['id']}/labels.pdf", params={"first": 2})
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    wrong = await client.get(f"/api/v1/codes/{text}/symbol.svg", params={"level": "Z"})
    assert wrong.status_code == 422


async def test_a_large_order_waits_for_the_worker_and_long_sheets_are_refused(plant, lot_id):
    client = plant.client("quality_manager")
    order = await ordered(client, lot_id, 5_001)
    assert (order["state"], order["stored"]) == ("minting", 0)
    early = await client.post(f"/api/v1/code-orders/{order['id']}/activate", json={})
    assert (early.status_code, early.json()["code"]) == (409, "code_order_not_ready")
    long = await client.get(f"/api/v1/code-orders/{order['id']}/labels.pdf")
    assert long.status_code == 422, long.text
    fault = long.json()["errors"][0]
    assert (fault["field"], fault["code"]) == ("last", "too_many_labels")
    assert "2400" in fault["text"]
    assert "first" in fault["text"]
    part = await client.get(f"/api/v1/code-orders/{order['id']}/labels.pdf", params={"first": 1, "last": 24})
    assert (part.status_code, part.json()["code"]) == (409, "code_order_not_ready")  # never a sheet that lacks some


async def test_an_order_of_any_size_is_printed_in_parts(plant, lot_id):
    client = plant.client("quality_manager")
    order = await ordered(client, lot_id, 2_410)
    path = f"/api/v1/code-orders/{order['id']}/labels.pdf"
    assert (await client.get(path)).status_code == 422
    for first, last in ((1, 2), (2_401, 2_410), (2_410, None)):
        asked = {"first": first} | ({"last": last} if last else {})
        assert (await client.get(path, params=asked)).content.startswith(b"%PDF")
    outside = await client.get(path, params={"first": 2_411})
    assert (outside.status_code, outside.json()["code"]) == (422, "code_range_outside_order")


async def test_rules_are_tried_out_and_refused_with_reasons_in_the_readers_language(plant):
    client = plant.client("quality_manager")
    good = await client.post(
        "/api/v1/code-rules/preview",
        json={"segments": [{"kind": "enterprise"}, {"kind": "product"}, {"kind": "serial", "width": 6}], "count": 5},
    )
    assert (good.status_code, good.json()["enough"], good.json()["distinct"]) == (200, True, "999999")
    assert good.json()["texts"][0] == f"{plant.credit_code}P001000001"
    guessable = {"name": "x", "unguessable": True, "segments": [{"kind": "enterprise"}, {"kind": "serial", "width": 6}]}
    english = plant.client("quality_manager", Accept_Language="en")
    for who, word in ((client, "不可猜测"), (english, "unguessable")):
        refused = await who.post("/api/v1/code-rules", json=guessable)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "code_rule_guessable")
        assert word in refused.json()["errors"][0]["text"]
    made = (await client.post("/api/v1/code-rules", json=RULE)).json()
    next_version = await client.post(
        f"/api/v1/code-rules/{made['id']}/versions", json={"segments": [{"kind": "minted"}]}
    )
    assert next_version.json() == {"id": made["id"], "version": 2}
    shown = (await client.get(f"/api/v1/code-rules/{made['id']}")).json()
    assert (shown["version"], shown["segments"]) == (2, [{"kind": "minted"}])
    assert [rule["id"] for rule in (await client.get("/api/v1/code-rules")).json()["items"]] == [made["id"]]
    again = await client.post("/api/v1/code-rules", json=RULE)
    assert (again.status_code, again.json()["code"]) == (409, "code_rule_name_taken")


async def test_strangers_find_nothing_and_roles_do_only_what_they_may(api, plant, lot_id):
    order = await ordered(plant.client("quality_manager"), lot_id, 2)
    text = (await plant.client("viewer").get(f"/api/v1/code-orders/{order['id']}/codes")).json()["items"][0]["text"]
    stranger = (await api.plant()).client("enterprise_admin")
    for path in (
        f"/api/v1/code-orders/{order['id']}",
        f"/api/v1/codes/{text}",
        f"/api/v1/code-rules/{order['rule_id']}",
    ):
        assert (await stranger.get(path)).status_code == 404
    foreign = await stranger.post(
        "/api/v1/code-orders", json={"lot_id": lot_id, "rule_id": order["rule_id"], "count": 1}
    )
    assert foreign.status_code == 404
    assert (await plant.client("viewer").post(f"/api/v1/code-orders/{order['id']}/void", json={})).status_code == 403
    assert (await plant.client("operator").post("/api/v1/code-orders", json={})).status_code == 403
    regulator = (await api.regulator()).client()
    seen = await regulator.get(f"/api/v1/codes/{text}", params={"enterprise": str(plant.tenant_id)})
    assert seen.status_code == 200
