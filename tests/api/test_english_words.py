"""Promise: a characteristic and a form that were made with Chinese words alone get their English ones later; only the words
change, in the pages too, and the change leaves who, before and after."""

from tests.fixtures.api import Api

OPTION = {"code": "SENSE", "name": "感官", "result_kind": "option", "options": ["正常", "异常"]}
FORM = {
    "code": "LOOK", "name": "外观检查", "stage": "testing",
    "schema": {"type": "object", "properties": {"SENSE": {"title": "感官"}}},
}  # fmt: skip


async def test_words_of_a_characteristic(api: Api) -> None:
    plant = await api.plant()
    manager = plant.client("quality_manager")
    made = (await manager.post("/api/v1/characteristics", json=OPTION)).json()["id"]
    words = {"name_en": "Appearance", "options_en": ["Normal", "Off"]}
    changed = (await manager.patch(f"/api/v1/characteristics/{made}", json=words)).json()
    assert {**changed, **words, **OPTION} == changed
    (row,) = (await manager.get("/api/v1/characteristics")).json()["items"]
    assert row == changed
    entries = (
        await plant.client("enterprise_admin").get("/api/v1/audit", params={"action": "characteristic.changed"})
    ).json()
    (entry,) = [each for each in entries["items"] if each["action"] == "characteristic.changed"]
    assert entry["before"] == {"name_en": None, "options_en": []}
    assert entry["after"] == words


async def test_one_word_for_each_option(api: Api) -> None:
    manager = (await api.plant()).client("quality_manager")
    made = (await manager.post("/api/v1/characteristics", json=OPTION)).json()["id"]
    refused = await manager.patch(f"/api/v1/characteristics/{made}", json={"options_en": ["Normal"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "options_en_count"
    assert (await manager.patch(f"/api/v1/characteristics/{made}", json={"unit": "kg"})).status_code == 422
    assert (await manager.get("/api/v1/characteristics")).json()["items"][0]["options_en"] == []


async def test_words_in_the_back_office(api: Api) -> None:
    """The English page of a lot shows the option's English word, the Chinese page the Chinese one."""
    plant = await api.plant()
    manager = plant.client("quality_manager")
    sense = (await manager.post("/api/v1/characteristics", json=OPTION)).json()["id"]
    ui = {"fields": {"SENSE": {"characteristic_id": sense}}}
    form = (await manager.post("/api/v1/forms", json=FORM | {"ui": ui})).json()["id"]
    product = (
        await manager.post("/api/v1/products", json={"kind": "finished", "sku": "P", "name": "糕", "unit": "kg"})
    ).json()["id"]
    lot = (await manager.post("/api/v1/lots", json={"kind": "finished", "product_id": product, "lot_no": "L1"})).json()[
        "id"
    ]
    entry = {"form_code": "LOOK", "lot_id": lot, "values": {"SENSE": "正常"}}
    assert (await plant.client("inspector").post("/api/v1/records", json=entry)).status_code == 201
    await manager.patch(
        f"/api/v1/characteristics/{sense}", json={"name_en": "Appearance", "options_en": ["Normal", "Off"]}
    )
    assert (await manager.patch(f"/api/v1/forms/{form}", json={"name_en": "Appearance check"})).json()[
        "name_en"
    ] == "Appearance check"
    page = f"/admin/lots/{lot}/records"
    english = (await plant.client("quality_manager", accept_language="en").get(page)).text
    assert "Normal" in english
    assert "Appearance check" in english
    assert "Normal" not in (await manager.get(page)).text
