"""Promise: the records page of a lot shows everything that was filled in: red values beside the range they left, what is
missing by name, and secrets to the authority as present only."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from server.core import db
from tests.fixtures.api import Api, Plant

SCHEMA = {
    "type": "object",
    "required": ["look", "temperature", "lead"],
    "properties": {
        "look": {"type": "string", "title": "外观"},
        "temperature": {"type": "number", "minimum": 0, "maximum": 10, "title": "出库温度"},
        "lead": {"type": "number", "maximum": 1, "title": "铅"},
        "clean": {"type": "boolean", "title": "清场"},
        "recipe": {"type": "string", "title": "配方"},
        "readings": {
            "type": "array",
            "title": "探头",
            "items": {
                "type": "object",
                "properties": {"ph": {"type": "number", "exclusiveMinimum": 6, "title": "酸度"}},
            },
        },
    },
}
FULL = {
    "look": "正常",
    "temperature": 15,
    "lead": "0.03",
    "clean": True,
    "recipe": "3 份奶",
    "readings": [{"ph": 6.6}, {"ph": 5}],
}


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


@pytest.fixture
async def entry(plant: Plant) -> dict[str, Any]:
    """A form and a lot, as the beginning of a record."""
    client = plant.client("quality_manager")
    lead = {"code": "Pb", "name": "铅", "unit": "mg/kg", "result_kind": "number"}
    lead_id = (await client.post("/api/v1/characteristics", json=lead)).json()["id"]
    fields = {
        "temperature": {"unit": "°C", "titles": {"en": "Temperature"}},
        "lead": {"characteristic_id": lead_id},
        "recipe": {"secret": True},
    }
    ui = {"order": ["temperature", "look"], "fields": fields}
    form = {"code": "CHECK", "name": "出库检查", "stage": "logistics", "schema": SCHEMA, "ui": ui}
    made = await client.post("/api/v1/forms", json=form)
    assert made.status_code == 201, made.text
    async with db.transaction(plant.actor("operator").scope()):
        product: UUID = await db.fetchval(
            "INSERT INTO product (tenant_id, kind, sku, name, unit) VALUES ($1, 'finished', 'M', '奶', 'kg') RETURNING id",
            plant.tenant_id,
        )
    lot = {"kind": "finished", "product_id": str(product), "lot_no": "L1"}
    made_lot = await client.post("/api/v1/lots", json=lot)
    return {"form_id": made.json()["id"], "lot_id": made_lot.json()["id"]}


async def page(plant: Plant, entry: dict[str, Any], values: dict[str, Any], path: str = "", **headers: str) -> str:
    """The text of the records page after this entry, blanks folded."""
    body = {**entry, "values": values, "incomplete": True}
    stored = await plant.client("inspector").post("/api/v1/records", json=body)
    assert stored.status_code == 201, stored.text
    answer = await plant.client("viewer", **headers).get(f"/admin/lots/{entry['lot_id']}/records{path}")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text.split("<main")[1])).split())


async def test_everything_filled_in_is_shown_and_what_is_red_beside_its_range(
    plant: Plant, entry: dict[str, Any]
) -> None:
    shown = await page(plant, entry, FULL)
    assert "✕ 超出 表单范围" in shown
    assert "内控标准" not in shown
    assert "出库温度 15 °C 表单范围 0 – 10 不合格 外观 正常 " in shown
    for part in ("清场 是", "配方 3 份奶", "探头 #1 › 酸度 6.6 表单范围 > 6", "探头 #2 › 酸度 5 表单范围 > 6 不合格"):
        assert part in shown
    assert shown.count("铅") == 1


async def test_a_measured_value_beyond_the_forms_range_shows_both(plant: Plant, entry: dict[str, Any]) -> None:
    shown = await page(plant, entry, {**FULL, "lead": 3})
    assert "铅 3 mg/kg" in shown
    assert "铅 3 表单范围 ≤ 1 不合格" in shown


async def test_what_is_missing_is_named_in_the_readers_language(plant: Plant, entry: dict[str, Any]) -> None:
    assert "! 缺 1 项：出库温度" in await page(plant, entry, {"look": "正常", "lead": "0.03"})
    english = await page(plant, entry, {"lead": "0.03"}, Accept_Language="en")
    assert "! 2 missing: Temperature, 外观" in english


async def test_a_secret_is_present_to_the_authority_not_shown(plant: Plant, entry: dict[str, Any]) -> None:
    shown = await page(plant, entry, FULL, "?as=authority")
    assert "3 份奶" not in shown
    assert "配方 商业秘密" in shown
