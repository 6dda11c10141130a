"""Promise: a supplier's link shows one delivery and does one thing; the gate completes what came and both sides sign; what is refused
at the gate never becomes stock, what was announced and did not come is told and may come later, what a carrier refuses is quarantined; a link that ended says nothing, whatever it once was."""

import base64
import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.core import db
from server.domains import chain
from server.domains.chain.deliveries.links import new_token, tenant_of_token
from tests.fixtures.api import Api, Plant
from tests.fixtures.floor import Floor
from tests.fixtures.sheets import text_of

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4 report"


async def upload(floor: Floor, body: bytes = PNG, name: str = "s.png") -> str:
    answer = await floor.manager.post("/api/v1/attachments", files={"file": (name, body)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def expected(floor: Floor, products: int = 1) -> tuple[str, list[str]]:
    """A delivery of so many materials in kg, and their ids."""
    supplier = (await floor.post("/api/v1/suppliers", {"code": "S1", "name": "嘉兴糖业"}))["id"]
    made = [
        (
            await floor.post(
                "/api/v1/products", {"kind": "material", "sku": f"M{n}", "name": f"白砂糖{n}", "unit": "kg"}
            )
        )["id"]
        for n in range(products)
    ]
    body = {"supplier_id": supplier, "purchase_order": "CG-1", "items": [{"product_id": product} for product in made]}
    return (await floor.post("/api/v1/deliveries", body, 201))["id"], made


async def link_of(floor: Floor, delivery: str) -> str:
    """The path of a fresh link."""
    made = await floor.post(f"/api/v1/deliveries/{delivery}/link", {}, 201)
    return "/s/" + made["url"].rsplit("/", 1)[1]


async def fill_in(api: Api, path: str, report: bytes | None = None, **fields: str) -> httpx.Response:
    given = {
        "supplier_lot_no": "T-0715",
        "quantity": "500",
        "produced_on": "2026-07-15",
        "expires_on": "2099-07-14",
    } | fields
    return await api.anonymous.post(path, data=given, files={"report": ("报告.pdf", report or b"")})


def handing(signature: str, **fields: Any) -> dict[str, Any]:
    return {
        "vehicle": "浙F·12345",
        "seal": "A7",
        "temperature": "4.5",
        "counterpart_name": "王师傅",
        "signature_id": signature,
    } | fields


async def test_from_the_link_to_the_material_lot(floor: Floor, api: Api) -> None:
    delivery, (sugar,) = await expected(floor)
    path = await link_of(floor, delivery)
    page = await api.anonymous.get(path)
    assert page.status_code == 200
    assert "嘉兴糖业" in page.text
    assert floor.plant.name in page.text
    number = (await floor.get(f"/api/v1/deliveries/{delivery}"))["delivery_no"]
    assert number not in page.text
    answer = await fill_in(api, path, PDF, product_id=sugar)
    assert answer.status_code == 303, answer.text
    assert number in (await api.anonymous.get(answer.headers["location"])).text
    found = (await floor.get("/api/v1/deliveries", delivery_no=number))["items"]
    assert [each["state"] for each in found] == ["announced"]
    line = (await floor.get(f"/api/v1/deliveries/{delivery}"))["lines"][0]
    assert (line["supplier_lot_no"], line["quantity"], line["source"]) == ("T-0715", "500", "supplier")
    body = handing(await upload(floor), lines=[{"line_id": line["id"], "quantity": "498", "core_temperature": "3.2"}])
    received = await floor.post(f"/api/v1/deliveries/{delivery}/receive", body, 201)
    lot = await floor.get(f"/api/v1/lots/{received['lot_ids'][0]}")
    assert (lot["state"], lot["supplier_lot_no"], lot["quantity"], lot["expires_on"]) == (
        "pending",
        "T-0715",
        "498",
        "2099-07-14",
    )
    assert lot["references"]["delivery_note"] == number
    files = (await floor.get(f"/api/v1/lots/{lot['id']}/attachments"))["items"]
    assert [each["kind"] for each in files] == ["incoming_report"]
    signed = (await floor.get("/api/v1/handovers", delivery_id=delivery))["items"][0]
    assert (signed["counterpart_name"], signed["seal"], signed["lines"][0]["core_temperature"]) == (
        "王师傅",
        "A7",
        "3.2",
    )
    assert signed["person_name"]
    assert (await api.anonymous.get(path)).status_code == 404
    assert (await floor.post(f"/api/v1/deliveries/{delivery}/receive", body, 409))["code"] == "delivery_closed"


async def test_every_link_that_does_not_hold_answers_alike(floor: Floor, api: Api, plant2: Plant) -> None:
    delivery, (sugar,) = await expected(floor)
    revoked = await link_of(floor, delivery)
    replaced = await link_of(floor, delivery)
    await floor.post(f"/api/v1/deliveries/{delivery}/link", {})
    assert (await api.anonymous.get(replaced)).status_code == 404
    await floor.post(f"/api/v1/deliveries/{delivery}/link/revoke", {}, 204)
    old = await link_of(floor, delivery)
    await expire(floor)
    key = api.settings.token_key
    never = "/s/" + new_token(floor.plant.tenant_id, key)
    foreign = "/s/" + new_token(plant2.tenant_id, key)
    forged = "/s/" + new_token(floor.plant.tenant_id, b"x" * 32)
    pages = {
        (await api.anonymous.get(path)).text
        for path in (revoked, replaced, old, never, foreign, forged, "/s/x", "/s/%E4%BD%A0")
    }
    assert len(pages) == 1
    for path in (revoked, old, never, forged):
        assert (await fill_in(api, path, product_id=sugar)).status_code == 404
    assert (await floor.get(f"/api/v1/deliveries/{delivery}"))["lines"] == []


@pytest.fixture
async def plant2(api: Api) -> Plant:
    return await api.plant()


async def expire(floor: Floor) -> None:
    actor = floor.plant.actor("operator")
    async with db.transaction(actor.scope()):
        await db.execute(
            "UPDATE delivery_link SET expires_at = now() - interval '1 s' WHERE tenant_id = $1", floor.plant.tenant_id
        )


async def test_a_link_may_do_that_one_thing(floor: Floor, api: Api) -> None:
    delivery, (sugar,) = await expected(floor)
    other = (await floor.post("/api/v1/deliveries", {"supplier_id": (await floor.get(f"/api/v1/deliveries/{delivery}"))["supplier_id"],
                                                    "items": [{"product_id": sugar}]}))["id"]  # fmt: skip
    token = (await link_of(floor, delivery)).removeprefix("/s/")
    tenant = tenant_of_token(token, api.settings.token_key)
    assert tenant == floor.plant.tenant_id
    async with db.transaction(db.Scope.tenant(tenant)):
        found = await chain.actor_of_link(tenant, token, "r", "zh_CN")
        assert found is not None
        actor, own = found
        assert (actor.kind, str(own), actor.roles) == ("link", delivery, frozenset())
        lot = chain.AnnouncedLot.model_validate({"product_id": sugar, "supplier_lot_no": "1", "quantity": "1"})
        with pytest.raises(Exception, match="forbidden"):
            await chain.announce_lot(actor, UUID(other), lot)
    for credentials in ({"Authorization": f"Bearer {token}"}, {"X-Api-Key": token}, {"Cookie": f"qt_session={token}"}):
        assert (await api.anonymous.get("/api/v1/lots", headers=credentials)).status_code == 401
    assert token not in str(await stored(floor))


async def stored(floor: Floor) -> list[Any]:
    actor = floor.plant.actor("operator")
    async with db.transaction(actor.scope()):
        return [dict(row) for row in await db.fetch("SELECT * FROM delivery_link")] + [
            dict(row) for row in await db.fetch("SELECT * FROM audit_entry")
        ]


async def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(floor: Floor, api: Api) -> None:
    delivery, (sugar, _) = await expected(floor, 2)
    path = await link_of(floor, delivery)
    answer = await fill_in(api, path, b"MZ not a report", product_id=sugar, supplier_lot_no='<b>"T&1')
    assert answer.status_code == 422
    assert 'id="report_wrong"' in answer.text
    assert "&lt;b&gt;&#34;T&amp;1" in answer.text
    answer = await fill_in(api, path, product_id="", quantity="viel", expires_on="2020-01-01")
    assert re.findall(r'id="(\w+)_wrong"', answer.text) == ["product_id", "quantity"]
    backwards = await fill_in(api, path, product_id=sugar, expires_on="2020-01-01")
    assert re.findall(r'id="(\w+)_wrong"', backwards.text) == ["expires_on"]
    strange = await fill_in(api, path, product_id=str(floor.plant.tenant_id))
    assert strange.status_code == 422
    assert (await floor.get(f"/api/v1/deliveries/{delivery}"))["lines"] == []


async def test_the_same_lot_again_corrects_the_entry_and_the_trail_says_who(floor: Floor, api: Api) -> None:
    delivery, (sugar,) = await expected(floor)
    path = await link_of(floor, delivery)
    for quantity in ("500", "480"):
        assert (await fill_in(api, path, product_id=sugar, quantity=quantity)).status_code == 303
    lines = (await floor.get(f"/api/v1/deliveries/{delivery}"))["lines"]
    assert [line["quantity"] for line in lines] == ["480"]
    trail = (await floor.get("/api/v1/audit", action="delivery.announced"))["items"]
    assert [(entry["actor_kind"], entry["actor_name"]) for entry in trail] == [("link", "嘉兴糖业")] * 2
    assert trail[0]["before"]["quantity"] == "500"


async def test_the_page_is_closed_to_scripts_and_in_both_languages(floor: Floor, api: Api) -> None:
    path = await link_of(floor, (await expected(floor))[0])
    page = await api.anonymous.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'self'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    english = await api.anonymous.get(path, headers={"Accept-Language": "en"})
    assert "Your lot number" in english.text
    assert "贵司批号" in page.text


async def test_an_address_is_slowed_down(floor: Floor, api: Api) -> None:
    path = await link_of(floor, (await expected(floor))[0])
    answers = [await api.anonymous.post(path, data={"quantity": "x"}) for _ in range(30)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_what_the_gate_refuses_never_becomes_a_lot(floor: Floor) -> None:
    delivery, (sugar, salt) = await expected(floor, 2)
    for product in (sugar, salt):
        body = {"product_id": product, "supplier_lot_no": "7", "quantity": "100"}
        await floor.post(f"/api/v1/deliveries/{delivery}/lines", body, 201)
    lines = (await floor.get(f"/api/v1/deliveries/{delivery}"))["lines"]
    signature = await upload(floor)
    too_much = handing(signature, lines=[{"line_id": lines[0]["id"], "refused_quantity": "101"}])
    assert (await floor.post(f"/api/v1/deliveries/{delivery}/receive", too_much, 422))[
        "code"
    ] == "refused_more_than_came"
    body = handing(signature, lines=[
        {"line_id": lines[0]["id"], "refused_quantity": "30", "core_temperature": "9.5"},
        {"line_id": lines[1]["id"], "accepted": False, "remark": "包装破损"},
        {"product_id": sugar, "supplier_lot_no": "8", "quantity": "20", "lot_no": "OWN-1"},
    ])  # fmt: skip
    received = await floor.post(f"/api/v1/deliveries/{delivery}/receive", body, 201)
    lots = (await floor.get("/api/v1/lots"))["items"]
    assert sorted(lot["id"] for lot in lots) == sorted(received["lot_ids"])
    assert sorted((lot["supplier_lot_no"], lot["quantity"], lot["state"]) for lot in lots) == [
        ("7", "70", "pending"),
        ("8", "20", "pending"),
    ]
    signed = (await floor.get("/api/v1/handovers", delivery_id=delivery))["items"][0]
    assert [(each["accepted"], each["quantity"], each["refused_quantity"]) for each in signed["lines"]] == [
        (True, "70", "30"), (False, "0", "100"), (True, "20", "0"),
    ]  # fmt: skip


async def test_both_sides_sign(floor: Floor, api: Api) -> None:
    delivery, (sugar,) = await expected(floor)
    line = {"product_id": sugar, "supplier_lot_no": "8", "quantity": "20"}
    path = f"/api/v1/deliveries/{delivery}/receive"
    report = await upload(floor, PDF, "a.pdf")
    assert (await floor.post(path, handing(report, lines=[line]), 422))["code"] == "signature_not_picture"
    key = (
        await floor.plant.client("enterprise_admin").post(
            "/api/v1/api-keys", json={"name": "WMS", "roles": ["operator"]}
        )
    ).json()["key"]
    machine = {"X-Api-Key": key}
    body = handing(await upload(floor), lines=[line])
    answer = await api.anonymous.post(path, json=body, headers=machine)
    assert answer.json()["code"] == "handover_needs_person"


async def loaded(floor: Floor) -> tuple[dict[str, Any], str, str]:
    """(shipment, lot, second lot): 60 kg and 10 kg."""
    first, second = await floor.lot("finished"), await floor.lot("finished")
    made = await floor.ship({"lot_id": first, "quantity": "60"}, {"lot_id": second, "quantity": "10"})
    return await floor.get(f"/api/v1/shipments/{made['id']}"), first, second


async def test_what_the_carrier_refuses_stays_and_is_quarantined(floor: Floor) -> None:
    shipment, first, second = await loaded(floor)
    by_lot = {line["lot_id"]: line["id"] for line in shipment["lines"]}
    lines = [
        {
            "line_id": by_lot[first],
            "accepted": True,
            "refused_quantity": "15",
            "core_temperature": "9.8",
            "remark": "温度超标",
        },
        {"line_id": by_lot[second], "accepted": False},
    ]
    body = handing(await upload(floor), stage="loading", lines=lines)
    await floor.post(f"/api/v1/shipments/{shipment['id']}/handover", body, 201)
    after = await floor.get(f"/api/v1/shipments/{shipment['id']}")
    assert after["departed_at"]
    assert after["vehicle"] == "浙F·12345"
    assert await floor.left(first) == "40"
    back = [line["returned_lot_id"] for line in after["lines"]]
    for lot in back:
        shown = await floor.get(f"/api/v1/lots/{lot}")
        assert [hold["kind"] for hold in shown["holds"]] == ["quarantined"]
    target = await floor.lot("finished", released=False)
    for lot in back:
        assert (await floor.link(lot, target, status=409, quantity="1"))["code"] == "lot_on_hold"
    signed = (await floor.get("/api/v1/handovers", shipment_id=shipment["id"]))["items"]
    assert sorted((each["accepted"], float(each["quantity"])) for each in signed[0]["lines"]) == [
        (False, 0),
        (True, 45),
    ]
    assert (await floor.post(f"/api/v1/shipments/{shipment['id']}/handover", body, 409))[
        "code"
    ] == "handed_over_already"


async def test_where_all_is_refused_nothing_departs(floor: Floor) -> None:
    shipment, _, _ = await loaded(floor)
    lines = [{"line_id": line["id"], "accepted": False} for line in shipment["lines"]]
    await floor.post(
        f"/api/v1/shipments/{shipment['id']}/handover", handing(await upload(floor), stage="loading", lines=lines), 201
    )
    assert (await floor.get(f"/api/v1/shipments/{shipment['id']}"))["departed_at"] is None
    nothing = handing(await upload(floor), stage="delivery", counterpart_name="门店收货员")
    refused = await floor.post(f"/api/v1/shipments/{shipment['id']}/handover", nothing, 409)
    assert refused["code"] == "nothing_to_hand_over"
    lot = (await floor.get(f"/api/v1/shipments/{shipment['id']}"))["lines"][0]["returned_lot_id"]
    assert "承运人拒装" in (await floor.get(f"/api/v1/lots/{lot}"))["holds"][0]["reason"]
    today = {"from": "2026-01-01", "to": "2026-12-31"}
    sold = await floor.manager.get("/api/v1/ledgers/sales", params=today)
    assert shipment["shipment_no"] not in sold.text


async def test_loading_and_delivery_are_two_handovers(floor: Floor) -> None:
    shipment, _, _ = await loaded(floor)
    path, signature = f"/api/v1/shipments/{shipment['id']}/handover", await upload(floor)
    await floor.post(path, handing(signature, stage="loading"), 201)
    await floor.post(path, handing(signature, stage="delivery", counterpart_name="门店收货员"), 201)
    after = await floor.get(f"/api/v1/shipments/{shipment['id']}")
    assert after["received_at"]
    assert after["receiver"] == "门店收货员"
    assert [each["kind"] for each in (await floor.get("/api/v1/handovers", shipment_id=shipment["id"]))["items"]] == [
        "loading",
        "delivery",
    ]


async def test_each_signs_for_what_was_refused_before_his_own_eyes(floor: Floor) -> None:
    shipment, _, _ = await loaded(floor)
    path, signature = f"/api/v1/shipments/{shipment['id']}/handover", await upload(floor)
    line = shipment["lines"][0]
    lines = [{"line_id": line["id"], "accepted": True, "refused_quantity": "5"}]
    await floor.post(path, handing(signature, stage="loading", lines=lines), 201)
    await floor.post(path, handing(signature, stage="delivery", counterpart_name="门店收货员"), 201)
    signed = (await floor.get("/api/v1/handovers", shipment_id=shipment["id"]))["items"]
    told = [
        next(
            (float(each["quantity"]), float(each["refused_quantity"]))
            for each in one["lines"]
            if each["lot_id"] == line["lot_id"]
        )
        for one in signed
    ]
    left = float(line["quantity"]) - 5
    assert told == [(left, 5), (left, 0)]
    note = await floor.post("/api/v1/documents", {"kind": "delivery_note", "subject_id": shipment["id"]}, 201)
    shown = text_of((await floor.manager.get(f"/api/v1/documents/{note['id']}/content.pdf")).content)
    assert f"{left:g}kg" in shown
    assert f"{float(line['quantity']):g}kg" not in shown


async def test_a_delivery_that_will_not_come_is_cancelled_with_its_reason(floor: Floor, api: Api) -> None:
    delivery, (sugar,) = await expected(floor)
    path, signature = await link_of(floor, delivery), await upload(floor)
    assert (await fill_in(api, path, PDF, product_id=sugar)).status_code == 303
    cancelled = await floor.post(f"/api/v1/deliveries/{delivery}/cancel", {"reason": "供应商停产"}, 200)
    assert (cancelled["state"], cancelled["cancel_reason"], cancelled["link_expires_at"]) == (
        "cancelled",
        "供应商停产",
        None,
    )
    assert cancelled["cancelled_at"]
    assert (await api.anonymous.get(path)).status_code == 404
    line = cancelled["lines"][0]["id"]
    for action, body in (
        ("receive", handing(signature, lines=[{"line_id": line}])),
        ("lines", {"product_id": sugar, "supplier_lot_no": "T-2", "quantity": "5"}),
        ("cancel", {"reason": "再次取消"}),
    ):
        refused = await floor.post(f"/api/v1/deliveries/{delivery}/{action}", body, 409)
        assert refused["code"] == "delivery_closed", action
    assert (await floor.get("/api/v1/deliveries", state="cancelled"))["items"][0]["id"] == delivery


async def test_what_was_received_is_not_cancelled_any_more(floor: Floor) -> None:
    delivery, (sugar,) = await expected(floor)
    lines = [{"product_id": sugar, "supplier_lot_no": "T-1", "quantity": "500"}]
    await floor.post(f"/api/v1/deliveries/{delivery}/receive", handing(await upload(floor), lines=lines), 201)
    refused = await floor.post(f"/api/v1/deliveries/{delivery}/cancel", {"reason": "不要了"}, 409)
    assert refused["code"] == "delivery_closed"
    for body in ({}, {"reason": " "}):
        await floor.post(f"/api/v1/deliveries/{delivery}/cancel", body, 422)


async def announced(floor: Floor, *numbers: str) -> tuple[str, dict[str, str]]:
    """A delivery with these lots announced, 500 kg each: its id, and the lines by the supplier's number."""
    delivery, (sugar,) = await expected(floor)
    for number in numbers:
        body = {"product_id": sugar, "supplier_lot_no": number, "quantity": "500", "produced_on": "2026-07-15"}
        await floor.post(f"/api/v1/deliveries/{delivery}/lines", body, 201)
    return delivery, await lines_of(floor, delivery, "id")


async def lines_of(floor: Floor, delivery: str, field: str) -> dict[str, Any]:
    lines = (await floor.get(f"/api/v1/deliveries/{delivery}"))["lines"]
    return {line["supplier_lot_no"]: line[field] for line in lines}


async def test_what_was_announced_and_did_not_come_is_told_and_may_come_later(floor: Floor) -> None:
    delivery, lines = await announced(floor, "T-1", "T-2", "T-3")
    path, signature = f"/api/v1/deliveries/{delivery}", await upload(floor)
    first = [{"line_id": lines["T-1"]}, {"line_id": lines["T-3"], "accepted": False, "remark": "潮湿"}]
    await floor.post(f"{path}/receive", handing(signature, lines=first), 201)
    shown = await floor.get(path)
    assert shown["state"] == "partial"
    assert await lines_of(floor, delivery, "outcome") == {"T-1": "received", "T-2": "absent", "T-3": "refused"}
    assert [each["id"] for each in (await floor.get("/api/v1/deliveries", state="partial"))["items"]] == [delivery]
    signed = (await floor.get("/api/v1/handovers", delivery_id=delivery))["items"]
    told = {each["supplier_lot_no"]: each for each in signed[0]["lines"]}
    assert {number: (each["accepted"], each["absent"]) for number, each in told.items()} == {
        "T-1": (True, False), "T-2": (False, True), "T-3": (False, False),
    }  # fmt: skip
    assert (told["T-2"]["announced_quantity"], told["T-2"]["quantity"], told["T-2"]["unit"]) == ("500", None, "kg")
    late = {"product_id": shown["items"][0]["product_id"], "supplier_lot_no": "T-9", "quantity": "1"}
    assert (await floor.post(f"{path}/lines", late, 409))["code"] == "delivery_closed"
    for number in ("T-1", "T-3"):
        again = await floor.post(f"{path}/receive", handing(signature, lines=[{"line_id": lines[number]}]), 409)
        assert (again["code"], again["errors"][0]["field"]) == ("delivery_line_came", "lines.0.line_id")
    second = handing(signature, vehicle="浙F·777", lines=[{"line_id": lines["T-2"], "quantity": "480"}])
    made = await floor.post(f"{path}/receive", second, 201)
    lot = await floor.get(f"/api/v1/lots/{made['lot_ids'][0]}")
    assert (lot["lot_no"], lot["quantity"], lot["state"]) == (f"{shown['delivery_no']}-3", "480", "pending")
    assert (await floor.get(path))["state"] == "received"
    assert await lines_of(floor, delivery, "outcome") == {"T-1": "received", "T-2": "received", "T-3": "refused"}
    both = (await floor.get("/api/v1/handovers", delivery_id=delivery))["items"]
    assert [(each["vehicle"], len(each["lines"])) for each in both] == [("浙F·12345", 3), ("浙F·777", 1)]
    assert (await floor.post(f"{path}/receive", second, 409))["code"] == "delivery_closed"


async def test_a_lot_refused_whole_and_in_part_is_asked_about(floor: Floor) -> None:
    delivery, lines = await announced(floor, "T-1", "T-2")
    path, signature = f"/api/v1/deliveries/{delivery}", await upload(floor)
    word = {"line_id": lines["T-2"], "accepted": False}
    for part in ("20", "0"):
        said = [{"line_id": lines["T-1"]}, word | {"refused_quantity": part}]
        both = await floor.post(f"{path}/receive", handing(signature, lines=said), 422)
        assert (both["code"], both["errors"][0]["field"]) == ("refused_in_part", "lines.1.accepted"), part
    assert (await floor.get(path))["state"] == "announced"
    assert (await floor.get("/api/v1/handovers", delivery_id=delivery))["items"] == []
    all_of_it = [{"line_id": lines["T-1"]}, word | {"refused_quantity": "500"}]
    await floor.post(f"{path}/receive", handing(signature, lines=all_of_it), 201)
    assert await lines_of(floor, delivery, "outcome") == {"T-1": "received", "T-2": "refused"}


async def test_the_rest_of_a_delivery_is_given_up_with_its_reason(floor: Floor) -> None:
    delivery, lines = await announced(floor, "T-1", "T-2")
    path, signature = f"/api/v1/deliveries/{delivery}", await upload(floor)
    await floor.post(f"{path}/receive", handing(signature, lines=[{"line_id": lines["T-1"]}]), 201)
    given_up = await floor.post(f"{path}/cancel", {"reason": "供应商断货"}, 200)
    assert (given_up["state"], given_up["cancel_reason"]) == ("received", "供应商断货")
    assert await lines_of(floor, delivery, "outcome") == {"T-1": "received", "T-2": "absent"}
    late = handing(signature, lines=[{"line_id": lines["T-2"]}])
    assert (await floor.post(f"{path}/receive", late, 409))["code"] == "delivery_closed"
    assert (await floor.post(f"{path}/cancel", {"reason": "再次"}, 409))["code"] == "delivery_closed"


def test_a_token_is_ours_or_it_is_none() -> None:
    tenant, key = UUID(int=7), b"k" * 32
    token = new_token(tenant, key)
    assert (len(token), tenant_of_token(token, key)) == (64, tenant)
    assert tenant_of_token(token, b"l" * 32) is None
    for wrong in (
        token[:-1],
        token + "A",
        token[:10] + ("A" if token[10] != "A" else "B") + token[11:],
        "",
        "你",
        token.replace("_", "/") + "=",
    ):
        assert tenant_of_token(wrong, key) is None
