"""Promise: publishing shows consumers what the product's allow-list names, never an internal limit, and every correction."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from server.core import db
from server.core.actor import worker
from server.core.ids import new_id
from server.domains.quality import (
    FieldHints,
    FormUi,
    Limits,
    LimitSet,
    NewCharacteristic,
    NewForm,
    NewSpecification,
    define_characteristic,
    define_form,
    define_specification,
)
from server.wiring import SUBSCRIPTIONS
from tests.fixtures.api import PASSWORD, Api, Plant
from tests.fixtures.scans import mint_codes

ALL = ["product", "producer", "lot", "materials", "inspections", "reports", "certificates", "logistics"]


class Dairy:
    """A plant that makes milk from a farm's raw milk and tests it for lead: 0.05 by law, 0.03 by its own rule."""

    def __init__(self, api: Api, plant: Plant) -> None:
        self.api, self.plant = api, plant
        self.client = plant.client("quality_manager")
        self.actor = plant.actor("quality_manager")

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        return dict(answer.json()) if answer.content else {}

    async def make(self, allow: list[str] | None = None, *, release_raw: bool = True, **product: Any) -> "Dairy":
        milk = {
            "kind": "finished",
            "sku": "M1",
            "name": "纯牛奶",
            "unit": "kg",
            "publish_allow": ALL if allow is None else allow,
        }
        self.product = (await self.post("/api/v1/products", milk | product))["id"]
        raw_milk = {"kind": "material", "sku": "R1", "name": "生牛乳", "name_en": "Raw milk", "unit": "kg"}
        raw = (await self.post("/api/v1/products", raw_milk))["id"]
        farm = await self.post(
            "/api/v1/suppliers", {"code": "F1", "name": "一号牧场", "origin": "和林格尔", "contact": "张三 13800000000"}
        )
        await self.post(
            "/api/v1/certificates",
            {"kind": "食品生产许可证", "kind_en": "Food production licence", "number": "SC10515012300018"},
        )
        self.raw = (
            await self.post(
                "/api/v1/lots",
                {"kind": "material", "product_id": raw, "lot_no": "RM-1", "supplier_id": farm["id"], "supplier_lot_no": "F-77",
                 "quantity": "1000", "received_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()},
            )
        )["id"]  # fmt: skip
        if release_raw:
            await self.release(self.raw)
            await self.produce()
        async with db.transaction(self.actor.scope()):
            lead = NewCharacteristic(
                code="Pb", name="铅", name_en="Lead", unit="mg/kg", result_kind="number", method="GB 5009.12"
            )
            self.lead = await define_characteristic(self.actor, lead)
            limits = Limits(legal=LimitSet(high=Decimal("0.05")), internal=LimitSet(high=Decimal("0.03")))
            await define_specification(
                self.actor, NewSpecification(characteristic_id=self.lead, limits=limits, standard="GB 2762")
            )
            taste = NewCharacteristic(
                code="Taste", name="滋味", result_kind="option", options=("正常", "微酸", "异常"),
                options_en=("Normal", "Slightly sour", "Off"),
            )  # fmt: skip
            self.taste = await define_characteristic(self.actor, taste)
            allowed = Limits(legal=LimitSet(allowed=("正常", "微酸")))
            await define_specification(
                self.actor, NewSpecification(characteristic_id=self.taste, limits=allowed, required=False)
            )
            lead_field = {"type": "string", "title": "铅"}
            schema = {
                "type": "object",
                "properties": {"lead": lead_field, "taste": {"type": "string", "title": "滋味"}},
            }
            bound = {"lead": self.lead, "taste": self.taste}
            ui = FormUi(fields={name: FieldHints(characteristic_id=id) for name, id in bound.items()})
            form = NewForm(code="L", name="出厂检验", name_en="Release test", stage="testing", schema=schema, ui=ui)
            self.form, _ = await define_form(self.actor, form)
        return self

    async def produce(self) -> None:
        """The milk, of all of the raw milk."""
        self.made_at = datetime.now(UTC)
        self.lot = (
            await self.post(
                "/api/v1/lots",
                {"kind": "finished", "product_id": self.product, "lot_no": "QH-1", "quantity": "900",
                 "produced_at": self.made_at.isoformat(), "production_ended_at": self.made_at.isoformat(),
                 "expires_at": "2099-12-31", "remark": "INTERNAL REMARK"},
            )
        )["id"]  # fmt: skip
        link = {"from_lot": self.raw, "to_lot": self.lot, "kind": "consumed", "quantity": "900"}
        await self.post("/api/v1/links", link | {"at": self.made_at.isoformat()})

    async def record(self, value: str, corrects: str | None = None, **more: str) -> str:
        body = {
            "form_id": str(self.form), "lot_id": self.lot, "values": {"lead": value, **more}, "source": "web",
            "captured_at": self.made_at.isoformat(),
        }  # fmt: skip
        if corrects:
            body |= {"corrects": corrects, "correction_reason": "笔误"}
        return str((await self.post("/api/v1/records", body))["id"])

    async def release(self, lot: str) -> None:
        releaser = self.plant.client("releaser")
        answer = await releaser.post("/api/v1/releases", json={"lot_ids": [lot], "password": PASSWORD})
        assert answer.status_code == 201, answer.text

    async def publish(self) -> httpx.Response:
        return await self.client.post(f"/api/v1/lots/{self.lot}/publish")

    async def code(self) -> str:
        """An active item code of the lot, written straight in: ordering is tested elsewhere."""
        (code,) = mint_codes(self.api.settings, 1)
        async with db.transaction(self.actor.scope()):
            await db.execute(
                "INSERT INTO code (text, tenant_id, order_id, lot_id, serial, kind, state) VALUES ($1, $2, $3, $4, 1, 1, 3)",
                code, self.actor.tenant, new_id(), UUID(self.lot),
            )  # fmt: skip
        return code


@pytest.fixture
async def plant(api: Api) -> Plant:
    return await api.plant()


async def test_from_records_to_the_consumers_page(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    await dairy.record("0.01")
    await dairy.release(dairy.lot)
    published = await dairy.publish()
    assert published.status_code == 201, published.text
    assert published.json()["version"] == 1
    code = await dairy.code()
    page = (await api.anonymous.get(f"/t/{code}")).text
    for shown in (
        "纯牛奶",
        "QH-1",
        "0.01",
        "mg/kg",
        "≤ 0.05",
        "GB 2762",
        "铅",
        "生牛乳",
        "和林格尔",
        "一号牧场",
        plant.name,
        "SC10515012300018",
        "2099-12-31",
    ):
        assert shown in page, shown
    for hidden in ("0.03", "INTERNAL", "13800000000", "RM-1", str(plant.tenant_id), "internal"):
        assert hidden not in page, hidden


@pytest.mark.parametrize("allow", [ALL, ["product.category", "materials.name", "inspections"]])
async def test_a_reader_of_english_sees_english_names(api: Api, plant: Plant, allow: list[str]) -> None:
    """Of product, category, materials, forms and what was measured; the Chinese name where there is no other."""
    dairy = await Dairy(api, plant).make(allow, category="灭菌乳", category_en="Sterilised milk")
    await dairy.record("0.01")
    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    code = await dairy.code()
    english = (await api.anonymous.get(f"/t/{code}", headers={"Accept-Language": "en"})).text
    chinese = (await api.anonymous.get(f"/t/{code}")).text
    for zh, en in (("灭菌乳", "Sterilised milk"), ("生牛乳", "Raw milk"), ("出厂检验", "Release test"), ("铅", "Lead")):
        assert (en in english, zh in english) == (True, False), en
        assert (en in chinese, zh in chinese) == (False, True), zh
    assert "纯牛奶" in english
    records = await plant.client("viewer", accept_language="en").get(f"/admin/lots/{dairy.lot}/records")
    assert "Release test" in records.text
    assert "出厂检验" not in records.text
    for path in ("records", "forms"):
        (row,) = (await dairy.client.get(f"/api/v1/{path}")).json()["items"]
        assert "Release test" in (row.get("name_en"), row.get("form_name_en"))


async def test_a_reader_of_english_sees_options_and_certificates_in_english(api: Api, plant: Plant) -> None:
    """Options that were found and that are allowed, not detected, the kinds of certificates; a machine that reads the list
    of characteristics gets both."""
    dairy = await Dairy(api, plant).make()
    await dairy.record("未检出(<0.005)", taste="微酸")
    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    code = await dairy.code()
    english = (await api.anonymous.get(f"/t/{code}", headers={"Accept-Language": "en"})).text
    chinese = (await api.anonymous.get(f"/t/{code}")).text
    for zh, en in (("微酸", "Slightly sour"), ("正常、微酸", "Normal, Slightly sour"), ("未检出", "Not detected"),
                   ("食品生产许可证", "Food production licence")):  # fmt: skip
        assert (en in english, zh in english) == (True, False), en
        assert (en in chinese, zh in chinese) == (False, True), zh
    listed = (await dairy.client.get("/api/v1/characteristics")).json()["items"]
    assert [each["options_en"] for each in listed if each["code"] == "Taste"] == [["Normal", "Slightly sour", "Off"]]


async def test_english_options_are_for_each_option_or_none(api: Api, plant: Plant) -> None:
    body = {
        "code": "Smell",
        "name": "气味",
        "result_kind": "option",
        "options": ["正常", "异味"],
        "options_en": ["Normal"],
    }
    answer = await plant.client("quality_manager").post("/api/v1/characteristics", json=body)
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("options_en", "options_en_count")]


async def test_rejected_goods_never_scan_as_fine(api: Api, plant: Plant) -> None:
    """Whether they were published before or not; released after all, they are what they were."""
    dairy = await Dairy(api, plant).make()
    code = await dairy.code()
    manager = plant.client("quality_manager")

    async def status() -> str:
        return str((await api.anonymous.get(f"/api/v1/public/codes/{code}")).json()["status"])

    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    assert await status() == "genuine"
    answer = await manager.post(
        "/api/v1/rejections", json={"lot_ids": [dairy.lot], "password": PASSWORD, "remark": "x"}
    )
    assert answer.status_code == 201, answer.text
    assert await status() == "under_investigation"
    again = {"form_id": str(dairy.form), "lot_id": dairy.lot, "values": {"lead": "0.01"}, "source": "web"}
    await dairy.post("/api/v1/records", again)
    await dairy.release(dairy.lot)
    assert await status() == "genuine"


async def test_the_digest_is_of_the_stored_content(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    await dairy.release(dairy.lot)
    published = (await dairy.publish()).json()
    version = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"][0]
    body = orjson.dumps(version["content"], option=orjson.OPT_SORT_KEYS)
    assert hashlib.sha256(body).hexdigest() == published["digest"] == version["digest"]


async def test_the_answer_holds_exactly_the_allow_listed_fields(api: Api, plant: Plant) -> None:
    """T25: a new field that leaves shows up here first."""
    dairy = await Dairy(api, plant).make(allow=["inspections", "materials.name"])
    await dairy.record("0.01")
    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    answer = (await api.anonymous.get(f"/api/v1/public/codes/{await dairy.code()}")).json()
    assert set(answer) == {
        "kind", "status", "reason", "title", "explain", "advice", "recall", "publication", "digital_label",
        "checked", "not_checked", "all_passed", "compare", "about_site", "tail", "notes", "blocks",
        "official_host", "product", "scan_count", "first_scanned_at",
    }  # fmt: skip
    filled = sorted(path for path, value in leaves(answer["publication"]) if value not in (None, [], ""))
    assert filled == [
        "inspections.inspected_at", "inspections.items.limit", "inspections.items.limit_en", "inspections.items.limit_set",
        "inspections.items.name", "inspections.items.name_en", "inspections.items.standard", "inspections.items.unit", "inspections.items.value",
        "inspections.items.value_en", "inspections.items.verdict",
        "inspections.method", "inspections.name", "inspections.name_en", "lot.expires_at", "lot.lot_no", "materials.name",
            "materials.name_en", "product.name",
        "published_at", "version",
    ]  # fmt: skip


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in leaves(inner, f"{path}.{key}".lstrip("."))]
    if isinstance(value, list) and value:
        return [each for inner in value for each in leaves(inner, path)]
    return [(path, value)]


async def test_a_correction_is_a_new_version_and_its_difference_visible(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    first = await dairy.record("0.01")
    await dairy.release(dairy.lot)
    await dairy.publish()
    await dairy.record("0.02", corrects=first)
    assert (await dairy.publish()).json()["version"] == 2
    newest, oldest = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"]
    assert (newest["version"], oldest["version"]) == (2, 1)
    change = next(each for each in newest["changes"] if each["path"][-1] == "value")
    assert (change["old"], change["new"]) == ("0.01", "0.02")
    page = (await api.anonymous.get(f"/t/{await dairy.code()}")).text
    assert "<del>0.01</del>" in page
    assert "<ins>0.02</ins>" in page


async def correct(dairy: Dairy, record: str, **body: Any) -> str:
    """A correction that says nothing of when, received after the release; what hears of it, twice."""
    wanted = {"form_id": str(dairy.form), "source": "web", "corrects": record, "correction_reason": "笔误"} | body
    corrected = (await dairy.post("/api/v1/records", wanted))["id"]
    actor = worker("dispatcher", dairy.plant.tenant_id, "test")
    payload = {"lot_id": wanted["lot_id"], "record_id": corrected}
    for _ in range(2):
        async with db.transaction(actor.scope()):
            await SUBSCRIPTIONS["RecordCorrected"](actor, payload)
    return str(corrected)


async def test_a_correction_after_the_release_is_of_the_day_of_the_inspection_and_published(
    api: Api, plant: Plant
) -> None:
    dairy = await Dairy(api, plant).make()
    first = await dairy.record("0.01")
    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    second = await correct(dairy, first, lot_id=dairy.lot, values={"lead": "0.02"})
    told = [(await dairy.client.get(f"/api/v1/records/{each}")).json()["captured_at"] for each in (first, second)]
    assert told[0] == told[1] is not None
    items = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"]
    assert [item["version"] for item in items] == [2, 1]
    page = (await api.anonymous.get(f"/t/{await dairy.code()}")).text
    assert "<del>0.01</del>" in page
    assert "<ins>0.02</ins>" in page
    assert (await dairy.publish()).status_code == 201
    third = await correct(dairy, second, lot_id=dairy.lot, values={"lead": "0.03"})
    assert (await dairy.client.get(f"/api/v1/records/{third}")).json()["captured_at"] == told[0]
    preview = await dairy.client.get(f"/api/v1/lots/{dairy.lot}/publish/preview")
    assert preview.json()["content"]["inspections"][0]["items"][0]["value"] == "0.03"


async def test_a_corrected_record_of_a_material_stops_no_product_made_of_it(api: Api, plant: Plant) -> None:
    """Where nobody ever said when, the receipt of the first record counts: it is stored before the material is released."""
    dairy = await Dairy(api, plant).make(release_raw=False)
    schema = {"type": "object", "properties": {"lead": {"type": "string", "title": "铅"}}}
    ui = FormUi(fields={"lead": FieldHints(characteristic_id=dairy.lead)})
    async with db.transaction(dairy.actor.scope()):
        form, _ = await define_form(
            dairy.actor, NewForm(code="I", name="进货检验", stage="material", schema=schema, ui=ui)
        )
    body = {"form_id": str(form), "lot_id": dairy.raw, "values": {"lead": "0.01"}, "source": "web"}
    first = (await dairy.post("/api/v1/records", body))["id"]
    await dairy.release(dairy.raw)
    await dairy.produce()
    await dairy.record("0.01")
    await dairy.release(dairy.lot)
    assert (await dairy.publish()).status_code == 201
    for _ in range(2):
        first = await correct(dairy, first, form_id=str(form), lot_id=dairy.raw, values={"lead": "0.02"})
        assert (await dairy.client.get(f"/api/v1/lots/{dairy.lot}/publish/preview")).status_code == 200
        assert (await dairy.publish()).status_code == 201
    change = {"expires_at": "2098-12-31", "reason": "录入时年份颠倒"}
    corrected = await dairy.client.patch(f"/api/v1/lots/{dairy.lot}", json=change)
    assert corrected.status_code == 200, corrected.text


async def test_a_preview_shows_the_same_and_writes_nothing(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    await dairy.record("0.01")
    refused = await dairy.client.get(f"/api/v1/lots/{dairy.lot}/publish/preview")
    assert (refused.status_code, refused.json()["code"]) == (409, "publish_not_released")
    await dairy.release(dairy.lot)
    content = (await dairy.client.get(f"/api/v1/lots/{dairy.lot}/publish/preview")).json()["content"]
    assert content["inspections"][0]["items"][0]["value"] == "0.01"
    assert (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"] == []


async def test_an_impossible_order_is_refused_and_both_records_named(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    await dairy.release(dairy.lot)
    async with db.transaction(dairy.actor.scope()):
        later = datetime.now(UTC) + timedelta(days=1)
        await db.execute("UPDATE lot SET production_ended_at = $2 WHERE id = $1", UUID(dairy.lot), later)
        await db.execute("UPDATE link SET at = $2 WHERE to_lot = $1", UUID(dairy.lot), later + timedelta(days=1))
        link = await db.fetchval("SELECT id FROM link WHERE to_lot = $1", UUID(dairy.lot))
    refused = await dairy.publish()
    assert (refused.status_code, refused.json()["code"]) == (409, "publish_chronology")
    told = " ".join(error["text"] for error in refused.json()["errors"])
    assert str(link) in told
    assert dairy.lot in told


async def test_a_stranger_publishes_nothing(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    await dairy.release(dairy.lot)
    stranger = (await api.plant()).client("quality_manager")
    assert (await stranger.post(f"/api/v1/lots/{dairy.lot}/publish")).status_code == 404
    assert (await plant.client("viewer").post(f"/api/v1/lots/{dairy.lot}/publish")).status_code == 403


async def test_published_files_are_public_and_no_others(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make()
    files = []
    for number, kind in enumerate(("inspection_report", "other")):
        body = b"%PDF-1.7\n" + str(number).encode() + new_id().bytes
        answer = await dairy.client.post("/api/v1/attachments", files={"file": ("r.pdf", body, "application/pdf")})
        assert answer.status_code == 201, answer.text
        await dairy.post(f"/api/v1/lots/{dairy.lot}/attachments", {"attachment_id": answer.json()["id"], "kind": kind})
        files.append(body)
    await dairy.release(dairy.lot)
    address = [f"/files/{dairy.lot}/{hashlib.sha256(body).hexdigest()}" for body in files]
    assert (await api.anonymous.get(address[0])).status_code == 404
    await dairy.publish()
    found = await api.anonymous.get(address[0])
    assert (found.status_code, found.content) == (200, files[0])
    assert (await api.anonymous.get(address[1])).status_code == 404
    assert address[0] in (await api.anonymous.get(f"/t/{await dairy.code()}")).text


async def test_a_product_may_publish_on_release_and_twice_told_is_once_done(api: Api, plant: Plant) -> None:
    dairy = await Dairy(api, plant).make(publish_on_release=True)
    await dairy.release(dairy.lot)
    actor = worker("dispatcher", plant.tenant_id, "test")
    for _ in range(2):
        async with db.transaction(actor.scope()):
            await SUBSCRIPTIONS["LotReleased"](actor, {"lot_id": dairy.lot})
    items = (await dairy.client.get(f"/api/v1/publications/{dairy.lot}")).json()["items"]
    assert [item["version"] for item in items] == [1]
