"""The plant's day in a real browser: a delivery taken in with a signature drawn on the glass; every page of procedures fits a
phone and a desk in both languages, empty and full, its controls named, its tables captioned, nothing the policy forbids."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from server.core import db
from server.core.actor import worker
from server.core.clock import now
from server.domains.quality import events
from tests.browser.test_admin_pages import BARE_TABLES, UNTOLD, opened, pytestmark, too_wide
from tests.fixtures.api import Api
from tests.fixtures.back_office import Dairy, make_dairy

__all__ = ["pytestmark"]

EMPTY = ["/deliveries", "/recipes", "/samples", "/gauges", "/plans", "/sampling", "/rules", "/templates", "/ledgers",
         "/recipes/new", "/plans/new"]  # fmt: skip


async def procedures(dairy: Dairy) -> list[str]:
    """The pages of a plant where each procedure was used once."""
    products, lots = dairy.products, dairy.lots
    client = dairy.plant.client("quality_manager")
    supplier = (await client.get("/api/v1/suppliers")).json()["items"][0]["id"]
    shipment = (await client.get("/api/v1/shipments")).json()["items"][0]["id"]
    expected = {
        "supplier_id": supplier, "expected_on": "2026-01-02", "items": [{"product_id": products["raw"], "quantity": "900"}],
    }  # fmt: skip
    delivery = (await dairy.post("/api/v1/deliveries", expected))["id"]
    announced = {
        "product_id": products["raw"],
        "supplier_lot_no": "A-VERY-LONG-NUMBER-OF-THE-SUPPLIER",
        "quantity": "12.5",
    }
    await dairy.post(f"/api/v1/deliveries/{delivery}/lines", announced)
    line = {"product_id": products["raw"], "quantity": "95", "below_percent": "2", "above_percent": "3"}
    body: dict[str, Any] = {"product_id": products["mix"], "name": "标准配方", "batch_quantity": "100", "lines": [line]}
    recipe = (await dairy.post("/api/v1/recipes", body))["id"]
    sample = {"quantity": "2", "keep_until": "2026-01-31", "observe_on": ["2026-01-05"], "conditions": "2–8 °C"}
    retained = (await dairy.post(f"/api/v1/lots/{lots['P1']}/retained-samples", sample))["id"]
    device = {"code": "JT-03", "name": "金属检测机", "kind": "金检", "calibration_required": True}
    gauge = (await dairy.post("/api/v1/devices", device))["id"]
    used = {"name": "金检", "lots_out": [lots["P1"]], "device_ids": [gauge], "started_at": "2026-11-03T08:00:00+08:00"}
    await dairy.post("/api/v1/operations", used)
    failed = {
        "certificate_no": "JZ-1",
        "calibrated_at": "2026-11-20T09:00:00+08:00",
        "valid_to": "2027-01-01",
        "passed": False,
    }
    await dairy.post(f"/api/v1/devices/{gauge}/calibrations", failed)
    plan = {
        "code": "P1",
        "name": "巡检",
        "trigger": "hours",
        "every_hours": 2,
        "form_id": products["form:milk"],
        "within_minutes": 60,
    }
    planned = (await dairy.post("/api/v1/inspection-plans", plan))["id"]
    return [
        *EMPTY, f"/deliveries/{delivery}", f"/deliveries/{delivery}/receive", f"/shipments/{shipment}", f"/shipments/{shipment}/handover",
        f"/recipes/{recipe}", f"/recipes/{recipe}/versions/new", f"/lots/{lots['M1']}/charging", f"/lots/{lots['P1']}/samples",
        f"/samples/{retained}", f"/gauges/{gauge}", f"/gauges/{gauge}/results", f"/plans/{planned}", f"/plans/{planned}/versions/new",
        "/placeholders/test_report", "/days", f"/days/{await working_day(dairy, client)}", await other_day(client), f"/lots/{await case(dairy)}", f"/lots/{lots['P1']}/nonconformity", f"/lots/{lots['P1']}/inspections",
        f"/lots/{lots['P1']}/records", f"/records/{(await client.get('/api/v1/records')).json()['items'][0]['id']}", f"/shipments/{shipment}/receipt",
    ]  # fmt: skip


async def case(dairy: Dairy) -> str:
    """A package with something inside, and something that still runs on it."""
    packed = {"lot_no": "BOX-1", "contents": [{"lot_id": dairy.lots["M1"], "quantity": "1"}]}
    made: str = (await dairy.post("/api/v1/packages", packed))["id"]
    await dairy.post(
        "/api/v1/operations", {"name": "码垛", "lots_in": [made], "started_at": "2026-11-03T08:00:00+08:00"}
    )
    return made


async def other_day(client: httpx.AsyncClient) -> str:
    """A day that no plan lists."""
    forms = (await client.get("/api/v1/forms")).json()["items"]
    form_id = next(form["id"] for form in forms if form["subject_kind"] == "working_day")
    return f"/days/new?form_id={form_id}&working_day=2026-01-02"


async def working_day(dairy: Dairy, client: httpx.AsyncClient) -> str:
    """A day that its record is missing of: the inspection that it is."""
    schema = {"type": "object", "required": ["found"], "properties": {"found": {"type": "string", "title": "检查情况"}}}
    form = {
        "code": "RK",
        "name": "每日食品安全检查记录",
        "stage": "production",
        "subject_kind": "working_day",
        "schema": schema,
    }
    form_id = (await dairy.post("/api/v1/forms", form))["id"]
    since = (now() - timedelta(days=3)).isoformat()
    plan = {
        "code": "RK",
        "name": "日管控",
        "trigger": "daily",
        "form_id": form_id,
        "within_minutes": 60,
        "in_force_from": since,
    }
    await dairy.post("/api/v1/inspection-plans", plan)
    async with db.transaction(dairy.plant.actor("operator").scope()):
        await events.tick(worker("test", dairy.plant.tenant_id, ""), now())
    days = (await client.get("/api/v1/working-days", params={"missing_only": "true"})).json()["items"]
    return str(days[0]["inspection_id"])


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_the_pages_of_procedures_fit_and_are_told(api: Api, locale: str) -> None:
    dairy = await make_dairy(api)
    pages = await procedures(dairy)
    async with opened(api, dairy.plant.person("quality_manager").username, locale=locale) as page:
        for path in pages:
            answer = await page.goto(f"{api.base_url}/admin{path}")
            assert answer is not None
            assert answer.status == 200, path
            for summary in await page.query_selector_all("main details:not([open]) > summary"):
                await summary.click()
            assert await too_wide(page) == {}, path
            assert await page.locator("h1").count() == 1, path
            assert await page.evaluate(UNTOLD) == [], path
            assert await page.evaluate(BARE_TABLES) == 0, path
            assert "admin." not in await page.inner_text("main"), path


async def test_a_plant_that_begins_is_told_what_to_do(api: Api) -> None:
    plant = await api.plant()
    async with opened(api, plant.person("enterprise_admin").username, width=320) as page:
        for path in EMPTY:
            answer = await page.goto(f"{api.base_url}/admin{path}")
            assert answer is not None
            assert answer.status == 200, path
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path


async def test_a_delivery_is_signed_for_on_the_glass(api: Api) -> None:
    dairy = await make_dairy(api)
    await procedures(dairy)
    async with opened(api, dairy.plant.person("operator").username, width=375) as page:
        await page.goto(f"{api.base_url}/admin/deliveries?state=announced")
        await page.click("main a.code")
        assert "还缺什么" in await page.inner_text("main")
        await page.click("main .head a.button")
        await page.fill("[name=vehicle]", "浙A·12345")
        await page.fill("[name='lines.0.core_temperature']", "3.8")
        await page.fill("[name=counterpart_name]", "王师傅")
        await page.locator("canvas.pad").scroll_into_view_if_needed()
        box = await page.locator("canvas.pad").bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + 20, box["y"] + 30)
        await page.mouse.down()
        await page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
        await page.mouse.up()
        signed = page.locator("[data-sign] input")
        while not await signed.evaluate("input => input.files.length"):
            await page.evaluate("() => new Promise(requestAnimationFrame)")
        await page.click("main form .actions button")
        await page.wait_for_url("**/deliveries/*?done=delivery_received")
        text = await page.inner_text("main")
        assert "王师傅" in text
        assert "3.8 °C" in text
        assert await page.locator("img.signature").evaluate("image => image.complete && image.naturalWidth") > 0
