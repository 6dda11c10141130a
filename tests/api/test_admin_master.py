"""Promise: master data is kept in pages as over the API: listed, made, changed; what is refused is said at its field in
words, keeps what was typed, and changes nothing; a licence that ends soon or has ended is marked; keys are shown once."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from admin.wording import today
from server.core import db
from tests.fixtures.api import Api, Plant

MILK = {"name": "云岭纯牛奶", "sku": "MILK", "kind": "finished", "unit": "box"}


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


def shown(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main")[1])).split())


def error_of(html: str, field: str) -> str:
    """What stands beside a field, tied to it for who cannot see it."""
    said = re.search(rf'<p class="error" id="{field}-error">(.*?)</p>', html)
    assert said, f"nothing is said at {field}"
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"[^>]*aria-describedby="{field}-error', html) or (
        f'<fieldset id="f-{field}"' in html
    )
    return unescape(said[1])


async def rows(plant: Plant, table: str) -> int:
    async with db.transaction(plant.actor("viewer").scope()):
        return int(await db.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", plant.tenant_id))


async def test_a_product_is_made_shown_and_changed(plant: Plant) -> None:
    client = plant.client("quality_manager")
    more = {
        "label": "贮存条件：常温\n净含量: 250mL",
        "publish_allow": ["product", "lot"],
        "gtin": "6901234567892",
        "shelf_life_days": "180",
    }
    made = await client.post("/admin/products", data=MILK | more)
    assert made.status_code == 303, made.text
    page = made.headers["location"].partition("?")[0]
    api_view = (await client.get(page.replace("/admin/", "/api/v1/"))).json()
    assert api_view["label"] == [{"name": "贮存条件", "value": "常温"}, {"name": "净含量", "value": "250mL"}]
    assert api_view["publish_allow"] == ["product", "lot"]
    assert api_view["gtin"] == "06901234567892"
    form = (await client.get(f"{page}/edit")).text
    assert "贮存条件：常温" in form
    changed = await client.post(page, data=MILK | {"name": "云岭鲜牛奶", "retired_at": "1"})
    assert changed.status_code == 303
    after = (await client.get(page.replace("/admin/", "/api/v1/"))).json()
    assert (after["name"], after["gtin"], after["label"]) == ("云岭鲜牛奶", None, [])
    assert after["retired_at"] is not None
    assert "已停用" in shown((await client.get(page)).text)
    assert "没有符合条件的内容" in shown((await client.get("/admin/products?text=%25")).text)
    assert "云岭鲜牛奶" in shown((await client.get("/admin/products?text=MIL&kind=finished")).text)


async def test_every_bad_field_of_a_product_is_named_at_its_place_and_kept(plant: Plant) -> None:
    client = plant.client("quality_manager")
    bad = {"name": "好牛奶", "kind": "finished", "gtin": "12345", "shelf_life_days": "abc", "label": "贮存条件"}
    answer = await client.post("/admin/products", data=bad)
    assert answer.status_code == 422
    for field, words in (
        ("sku", "请填写"),
        ("unit", "请填写"),
        ("gtin", "校验位"),
        ("shelf_life_days", "整数"),
        ("label", "缺少冒号"),
    ):
        assert words in error_of(answer.text, field)
        assert f'href="#f-{field}"' in answer.text
    for kept in ('value="好牛奶"', 'value="12345"', 'value="abc"', ">贮存条件</textarea>"):
        assert kept in answer.text
    assert await rows(plant, "product") == 0


async def test_a_number_that_is_taken_is_said_at_the_number(plant: Plant) -> None:
    client = plant.client("quality_manager")
    await client.post("/admin/products", data=MILK)
    again = await client.post("/admin/products", data=MILK)
    assert again.status_code == 409
    assert "换一个" in error_of(again.text, "sku")
    supplier = {"name": "一号牧场", "code": "F1"}
    await client.post("/admin/suppliers", data=supplier)
    twice = await client.post("/admin/suppliers", data=supplier | {"origin": "和林格尔"})
    assert "换一个" in error_of(twice.text, "code")
    assert 'value="和林格尔"' in twice.text
    assert await rows(plant, "supplier") == 1


async def test_limits_stand_on_the_product_in_all_their_sets(plant: Plant) -> None:
    client = plant.client("quality_manager")
    made = await client.post("/admin/products", data=MILK)
    product = made.headers["location"].split("/")[3].partition("?")[0]
    lead = {"code": "Pb", "name": "铅", "unit": "mg/kg", "result_kind": "number"}
    lead_id = (await client.post("/api/v1/characteristics", json=lead)).json()["id"]
    limits = {"legal": {"high": "0.05"}, "internal": {"high": "0.04"}}
    body = {"characteristic_id": lead_id, "product_id": product, "limits": limits, "standard": "GB 2762"}
    assert (await client.post("/api/v1/specifications", json=body)).status_code == 201
    text = shown((await client.get(f"/admin/products/{product}")).text)
    assert "铅 mg/kg ≤ 0.05 — ≤ 0.04 — GB 2762" in text


async def test_licences_that_end_are_marked(plant: Plant) -> None:
    client = plant.client("quality_manager")
    made = await client.post("/admin/suppliers", data={"name": "一号牧场", "code": "F1"})
    page = made.headers["location"].partition("?")[0]
    supplier = page.rpartition("/")[2]
    assert "没有登记证照" in shown((await client.get("/admin/suppliers")).text)
    for number, days in (("P-1", -1), ("N-1", 0), ("N-2", 60), ("F-1", 61)):
        day = (today() + timedelta(days=days)).isoformat()
        data = {"owner": f"supplier:{supplier}", "kind": "营业执照", "number": number, "valid_to": day}
        assert (await client.post("/admin/certificates", data=data)).status_code == 303
    text = shown((await client.get(page)).text)
    assert (text.count("已过期"), text.count("将到期")) == (1, 2)
    overview = shown((await client.get("/admin/suppliers")).text)
    assert "已过期" in overview
    backwards = {"kind": "x", "number": "1", "valid_from": "2026-05-01", "valid_to": "2026-04-01"}
    refused = await client.post("/admin/certificates", data=backwards)
    assert "早于" in error_of(refused.text, "valid_to")
    assert await rows(plant, "certificate") == 4


async def test_a_licence_is_renewed_and_an_ended_supplier_kept(plant: Plant) -> None:
    client = plant.client("quality_manager")
    page = (
        (await client.post("/admin/suppliers", data={"name": "一号牧场", "code": "F1"}))
        .headers["location"]
        .partition("?")[0]
    )
    owner = f"supplier:{page.rpartition('/')[2]}"
    await client.post(
        "/admin/certificates", data={"owner": owner, "kind": "许可证", "number": "A", "valid_to": "2020-01-01"}
    )
    one = (await client.get("/api/v1/certificates")).json()["items"][0]
    renewed = {"kind": "许可证", "number": "B", "valid_to": "2099-01-01"}
    assert (await client.post(f"/admin/certificates/{one['id']}", data=renewed)).status_code == 303
    after = (await client.get("/api/v1/certificates")).json()["items"][0]
    assert (after["number"], after["valid_to"], after["supplier_id"]) == ("B", "2099-01-01", one["supplier_id"])
    await client.post(page, data={"name": "一号牧场", "code": "F1", "ended_at": "1"})
    assert "已停止合作" in shown((await client.get(page)).text)


async def test_customers_and_their_points_of_sale(plant: Plant) -> None:
    client = plant.client("quality_manager")
    made = await client.post("/admin/customers", data={"name": "城西超市", "code": "K1", "sales_areas": "33，3101"})
    page = made.headers["location"].partition("?")[0]
    assert (await client.get(page.replace("/admin/", "/api/v1/"))).json()["sales_areas"] == ["33", "3101"]
    wrong = await client.post(f"{page}/outlets", data={"name": "城西店", "division_code": "33"})
    assert wrong.status_code == 422
    assert error_of(wrong.text, "division_code")
    assert 'value="城西店"' in wrong.text
    assert (await client.post(f"{page}/outlets", data={"name": "城西店", "division_code": "330106"})).status_code == 303
    assert "城西店" in shown((await client.get(page)).text)
    areas = await client.post(page, data={"name": "城西超市", "code": "K1", "sales_areas": "浙江"})
    assert error_of(areas.text, "sales_areas")


async def test_a_key_is_shown_once_and_refused_once_revoked(api: Api, plant: Plant) -> None:
    admin = plant.client("enterprise_admin")
    made = await admin.post("/admin/api-keys", data={"name": "一号线赋码机", "roles": "operator"})
    found = re.search(r'<p class="code secret">(\S+)</p>', made.text)
    assert found
    machine = api.client(**{"x-api-key": found[1]})
    assert (await machine.get("/api/v1/lots")).status_code == 200
    listed = await admin.get("/admin/api-keys")
    assert found[1] not in listed.text
    assert "quality_manager" not in listed.text, "a role that its maker could not give is not offered"
    revoke = re.search(r'action="(/admin/api-keys/[^"]+/revoke)"', listed.text)
    assert revoke
    assert (await admin.post(revoke[1])).status_code == 303
    assert (await machine.get("/api/v1/lots")).status_code == 401
    assert "已吊销" in shown((await admin.get("/admin/api-keys")).text)


async def test_a_key_that_cannot_be_is_refused_at_its_field(plant: Plant) -> None:
    admin = plant.client("enterprise_admin")
    past = await admin.post("/admin/api-keys", data={"name": "一号线", "roles": "operator", "expires_at": "2020-01-01"})
    assert "已经过去" in error_of(past.text, "expires_at")
    none = await admin.post("/admin/api-keys", data={"name": "一号线"})
    assert "至少选择" in error_of(none.text, "roles")
    assert 'value="一号线"' in none.text
    above = await admin.post("/admin/api-keys", data={"name": "一号线", "roles": "releaser"})
    assert above.status_code == 403
    assert await rows(plant, "api_key") == 0


async def test_sites_and_places_are_kept_by_the_enterprise(plant: Plant) -> None:
    admin = plant.client("enterprise_admin")
    wrong = await admin.post("/admin/sites", data={"name": "一厂", "division_code": "33"})
    assert "六位" in error_of(wrong.text, "division_code")
    made = await admin.post("/admin/sites", data={"name": "一厂", "division_code": "330106", "address": "文三路 1 号"})
    site = made.headers["location"].partition("?")[0]
    assert (await admin.post(f"{site}/places", data={"name": "UHT 车间", "kind": "workshop"})).status_code == 303
    twice = await admin.post(f"{site}/places", data={"name": "UHT 车间", "kind": "workshop"})
    assert "换一个" in error_of(twice.text, "name")
    page = (await admin.get(site)).text
    place = re.search(r'href="(/admin/places/[^"]+)"', page)
    assert place
    assert (await admin.post(place[1], data={"name": "灌装车间", "kind": "workshop"})).status_code == 303
    blank = await admin.post(place[1], data={"name": " ", "kind": "workshop"})
    assert "请填写" in error_of(blank.text, "name")
    assert "灌装车间" in shown((await admin.get(site)).text)
    assert (await admin.post(site, data={"name": "第一工厂"})).status_code == 303
    assert "第一工厂" in shown((await admin.get("/admin/profile")).text)
    assert (await admin.post("/admin/profile", data={"address": "文三路 2 号"})).status_code == 303
    assert "文三路 2 号" in (await admin.get("/admin/profile")).text
    assert "请填写" in error_of((await admin.post("/admin/profile", data={})).text, "address")


FORM: dict[str, Any] = {
    "type": "object",
    "required": ["look"],
    "properties": {
        "look": {"type": "string", "enum": ["正常", "异常"], "title": "外观"},
        "temperature": {"type": "number", "minimum": 2, "maximum": 6, "title": "温度"},
        "probes": {"type": "array", "title": "探头", "items": {"type": "object", "properties": {"ph": {"type": "number", "title": "酸度"}}}},
    },
}  # fmt: skip


async def test_a_form_is_read_field_by_field(plant: Plant) -> None:
    client = plant.client("quality_manager")
    ui = {"fields": {"temperature": {"unit": "°C", "secret": True}}}
    body = {"code": "CHECK", "name": "出库检查", "stage": "logistics", "schema": FORM, "ui": ui}
    form_id = (await client.post("/api/v1/forms", json=body)).json()["id"]
    assert "出库检查" in shown((await client.get("/admin/forms?stage=logistics")).text)
    text = shown((await client.get(f"/admin/forms/{form_id}")).text)
    for part in ("外观 选项 正常 / 异常 — 是", "温度 °C 商业秘密 数字 2 – 6 否", "探头 多行", "› 酸度 数字 — 否"):
        assert part in text, (part, text)


async def test_the_trail_is_read_in_words(plant: Plant) -> None:
    client = plant.client("quality_manager")
    page = (await client.post("/admin/products", data=MILK)).headers["location"].partition("?")[0]
    await client.post(page, data=MILK | {"name": "云岭鲜牛奶", "show_investigation": "1"})
    html = (await client.get("/admin/audit?action=product.*")).text
    text = shown(html)
    assert "产品名称 云岭纯牛奶 → 云岭鲜牛奶" in text
    assert "核查时告知消费者 否 → 是" in text
    assert f'href="{page}"' in html
    assert "supplier.created" in html, "every act can be chosen"


async def test_what_was_typed_at_a_lot_stays_when_the_password_is_wrong(plant: Plant) -> None:
    client = plant.client("quality_manager")
    made = await client.post("/admin/products", data=MILK)
    product = made.headers["location"].split("/")[3].partition("?")[0]
    lot = (await client.post("/api/v1/lots", json={"kind": "finished", "product_id": product, "lot_no": "L1"})).json()[
        "id"
    ]
    for act in ("release", "reject"):
        refused = await client.post(f"/admin/lots/{lot}/{act}", data={"remark": "已逐项复核", "password": "falsch"})
        assert refused.status_code == 403
        assert refused.text.count('value="已逐项复核"') == 1
        assert "没有签名" in error_of(refused.text, "password")
    assert (await client.get(f"/api/v1/lots/{lot}")).json()["state"] == "pending"
